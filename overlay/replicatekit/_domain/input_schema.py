"""The inputs of a model as its schema describes them: for signatures, help texts and validation before billing."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from replicatekit._domain.json_values import type_name
from replicatekit._domain.openapi_nodes import (
    IMPLIED,
    Node,
    SchemaDocument,
    allows_null,
    dict_of,
    is_secret,
    is_uri,
    list_of,
    number_of,
    types_of,
)
from replicatekit._domain.schema_validator import Problem, SchemaValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from replicatekit._domain.schema_validator import Check, Place

_NULL = {"type": "null"}
_LONGEST = 2000  # characters of a default, or items, that are written out


class InputField:
    """One input of a model. Parts of its schema that cannot be read are ignored."""

    def __init__(self, document: SchemaDocument, name: str, node: object, *, required: bool) -> None:
        certain = document.branches([node], certain=True)
        possible = document.branches([node])
        node_with_default = next((node for node in certain if "default" in node), None)
        self.name = name
        self.document = document
        self.certain = certain
        """The schemas that apply to every value."""
        self.possible = possible
        """The schemas that may apply to a value: all alternatives too."""
        self.required = required
        """Whether it must be given."""
        self.has_default = node_with_default is not None
        self.default: Any = node_with_default["default"] if node_with_default else None
        self.enum: tuple[Any, ...] = tuple(_first(certain, "enum", _is_list) or ())
        """The only values it may have; empty if the schema does not list them."""
        self.types = _types(possible, self.enum)
        """The JSON types it may have, without null; empty for any."""
        self.minimum: float | None = _first(certain, "minimum", _is_number)
        self.maximum: float | None = _first(certain, "maximum", _is_number)
        self.min_length: int | None = _first(certain, "minLength", _is_count)
        self.max_length: int | None = _first(certain, "maxLength", _is_count)
        self.description: str = _first(certain, "description", lambda value: isinstance(value, str)) or ""
        self.order: float = _order(certain)
        self.is_deprecated = any(branch.get("deprecated") is True for branch in certain)
        self.is_secret = any(map(is_secret, document.reachable(possible)))
        """Whether its value must not be shown."""
        self.nullable = (
            any(map(allows_null, possible))
            or _allows_null(certain)
            or None in self.enum
            or not (self.types or self.enum)
        )

    @property
    def items(self) -> list[Node]:
        """The schemas of an item, if it is a list."""
        return self.document.branches(self.document.items(self.possible, 0))

    @property
    def is_file(self) -> bool:
        """Whether it, or each of its items, is a file."""
        return any(map(is_uri, self.possible)) or any(map(is_uri, self.items))

    @property
    def shows_default(self) -> bool:
        """Whether its default can be shown, and written in one line or a few."""
        return self.has_default and not self.is_secret and _is_plain(self.default)

    @property
    def may_be_omitted(self) -> bool:
        """Whether None means that it is omitted: it is optional, shows no default, and does not accept null."""
        return not (self.required or self.shows_default or self.nullable)


class InputSchema:
    """The inputs of a model, and their validation. No schema makes this raise.

    Args:
        schema: The version's `openapi_schema`.
        component: The component that describes the input; `TrainingInput` for trainings.
    """

    def __init__(self, schema: object, component: str = "Input") -> None:
        self.document = SchemaDocument(schema)
        root = self.document.component(component)
        self._root = root
        branches = self.document.branches([root])
        required = {key for node in branches for key in list_of(node.get("required")) if isinstance(key, str)}
        properties: dict[str, object] = {}
        for node in branches:
            for key, value in dict_of(node.get("properties")).items():
                properties.setdefault(key, value)
        fields = [InputField(self.document, key, node, required=key in required) for key, node in properties.items()]
        self.fields: tuple[InputField, ...] = tuple(sorted(fields, key=lambda field: field.order))
        """The inputs in the order of their `x-order`."""
        self.by_name: dict[str, InputField] = {field.name: field for field in self.fields}
        self.is_open = _is_open(branches)
        """Whether the schema accepts inputs that it does not name."""

    @cached_property
    def _check(self) -> Check | None:
        """Compiled at the first validation: many schemas are read for their signature alone."""
        # Unknown names are reported once, with the nearest name, and not by `additionalProperties` as well.
        root = self._root
        if root is not None and root.get("additionalProperties") is False:
            root = {**root, "additionalProperties": True}
        try:
            return SchemaValidator(self.document).compile(root)
        except RecursionError:
            return None

    def problems(self, values: Mapping[str, Any]) -> list[Problem]:
        """Everything that is wrong with an input of JSON values; empty if it fits the schema."""
        place: Place = (None, "input")
        unknown = [] if self.is_open else [name for name in values if name not in self.by_name]
        found = [self._unknown(name, place, values) for name in unknown]
        try:
            if self._check is not None:
                self._check(values, place, found)
        except RecursionError:
            return []
        return found

    def _unknown(self, name: str, place: Place, values: Mapping[str, Any]) -> Problem:
        from difflib import get_close_matches

        if not self.by_name:
            return Problem((place, name), "there is no such input: this model takes none")
        unused = [known for known in self.by_name if known not in values]
        near = next(filter(None, (get_close_matches(name.lower(), names, 1) for names in (unused, self.by_name))), None)
        hint = f"did you mean {near[0]!r}?" if near else f"the inputs are {_join(self.by_name)}"
        return Problem((place, name), f"there is no such input; {hint}")


def _is_open(branches: list[Node]) -> bool:
    """Whether a schema accepts inputs that it does not name: it says so, or names none at all."""
    if not branches:
        return True
    for node in branches:
        more = node.get("additionalProperties")
        if more is True or (isinstance(more, dict) and "additionalProperties" in node) or node.get("patternProperties"):
            return True
    return not any("properties" in node or node.get("title") == "Input" for node in branches)


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, cast("list[object]", value))) and len(cast("list[object]", value)) <= _LONGEST
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < 2**64)


def _join(names: Collection[str]) -> str:
    return ", ".join(islice(names, 20)) + (", …" if len(names) > 20 else "")


def _types(branches: Iterable[Node], enum: tuple[Any, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in branches:
        named = types_of(node)
        found.update(dict.fromkeys(named or [kind for key, kind in IMPLIED.items() if key in node]))
    names = list(found) or list(dict.fromkeys(map(type_name, enum)))
    return tuple(name for name in names if name not in ("null", "any"))


def _allows_null(branches: Iterable[Node]) -> bool:
    return any(_NULL in list_of(node.get(key)) for node in branches for key in ("anyOf", "oneOf"))


def _order(branches: Iterable[Node]) -> float:
    order = _first(branches, "x-order", _is_number)
    return math.inf if order is None else order


def _first(branches: Iterable[Node], key: str, fits: Callable[[Any], bool]) -> Any:
    return next((node[key] for node in branches if key in node and fits(node[key])), None)


def _is_number(value: object) -> bool:
    return number_of(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_list(value: object) -> bool:
    return isinstance(value, list)
