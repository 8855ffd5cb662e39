"""The Python types of a model's inputs and output, as source text and as objects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, NamedTuple, Union, cast

from replicatekit._base.signatures import resolvable
from replicatekit._domain.json_values import json_equal, type_name
from replicatekit._domain.openapi_nodes import (
    IMPLIED,
    Node,
    SchemaDocument,
    allows_null,
    dict_of,
    is_secret,
    is_uri,
    list_of,
    named_types_of,
    types_of,
)
from replicatekit.typed.annotations import Length, Range
from replicatekit.typed.source import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replicatekit._domain.input_schema import InputField

__all__ = ["Type", "input_type", "is_literal", "output_type", "parts_of"]

_DEEPEST = 8


class Type(NamedTuple):
    """A type."""

    source: str
    """As it is written in an annotation."""
    value: Any
    """As an object."""
    choices: tuple[Any, ...] = ()
    """The members of a `Literal`."""
    fields: tuple[Field, ...] = ()
    """The keys of a dict of which the schema names each, with their types."""
    container: str = ""
    """What `item` stands in: `list[`, `Sequence[` or `dict[str, `."""
    item: Type | None = None
    parts: tuple[Type, ...] = ()
    """The types of a union."""


class Field(NamedTuple):
    """A key of a dict."""

    name: str
    type: Type
    required: bool


ANY = Type("Any", Any)
NONE = Type("None", None)
_MAPPING = Type("Mapping[str, Any]", Mapping[str, Any])
_PLAIN = {
    "string": Type("str", str),
    "integer": Type("int", int),
    "number": Type("float", float),
    "boolean": Type("bool", bool),
    "null": NONE,
}


class Reader:
    """Reads the types of a schema.

    Args:
        document: The schema.
        file: What a file is: one type for inputs, another for outputs.
        is_output: Whether lists and dicts are those of an output.
    """

    def __init__(self, document: SchemaDocument, file: Type, *, is_output: bool) -> None:
        self.document = document
        self.file = file
        self.is_output = is_output

    def read(self, nodes: Iterable[object], around: frozenset[int] = frozenset()) -> Type:
        """The type of a value of which these schemas hold; `around` has those of what it stands in."""
        branches = self.document.branches(nodes, certain=True)
        if len(around) > _DEEPEST or any(id(node) in around for node in branches):
            return ANY  # it contains itself
        found = self._known(branches, around | {id(node) for node in branches})
        return union([found, NONE]) if any(map(allows_null, branches)) else found

    def _known(self, branches: list[Node], around: frozenset[int]) -> Type:
        for node in branches:
            choices = node.get("enum")
            if isinstance(choices, list) and choices and not any(map(is_secret, branches)):
                return _literal(cast("list[Any]", choices))
        named = list(dict.fromkeys(name for node in branches for name in types_of(node)))
        for node in branches:
            for key in ("anyOf", "oneOf"):
                some = node.get(key)
                if isinstance(some, list) and some and (len(cast("list[object]", some)) > 1 or not named):
                    return union([self.read([one], around) for one in cast("list[object]", some)])
        if not named:
            named = [name for key, name in IMPLIED.items() if any(key in node for node in branches)]
        if not named:
            return NONE if any(named_types_of(node) == ["null"] for node in branches) else ANY
        return union([self._of_type(name, branches, around) for name in named])

    def _of_type(self, name: str, branches: list[Node], around: frozenset[int]) -> Type:
        match name:
            case "string" if any(map(is_uri, branches)):
                return self.file
            case "string" if not self.is_output:
                limits = _first(branches, "minLength"), _first(branches, "maxLength")
                return _limited(_PLAIN[name], Length, *limits)
            case "integer" | "number" if not self.is_output:
                return _limited(_PLAIN[name], Range, _first(branches, "minimum"), _first(branches, "maximum"))
            case "array":
                item = self.read(self.document.items(branches, 0), around)
                return _of("list[", list, item) if self.is_output else _of("Sequence[", Sequence, item)
            case "object":
                return self._object(branches, around)
            case _:
                return _PLAIN.get(name, ANY)

    def _object(self, branches: list[Node], around: frozenset[int]) -> Type:
        if not self.is_output:
            return _MAPPING
        names = {str(key): None for node in branches for key in dict_of(node.get("properties"))}
        if "" in names:
            return Type("dict[str, Any]", dict[str, Any])  # a `TypedDict` cannot have such a key
        if names:
            required = {key for node in branches for key in list_of(node.get("required"))}
            fields = tuple(
                Field(name, self.read(self.document.properties(branches, name), around), name in required)
                for name in names
            )
            return Type("dict[str, Any]", dict[str, Any], fields=fields)
        value = self.read([node.get("additionalProperties") for node in branches], around)
        kind: Any = value.value
        return Type(f"dict[str, {value.source}]", dict[str, kind], container="dict[str, ", item=value)


def _of(container: str, kind: Any, item: Type) -> Type:
    return Type(f"{container}{item.source}]", kind[item.value], container=container, item=item)


def input_type(field: InputField) -> Type:
    """The type of an input: what the model takes, None where it may be left out, and its default whatever that is."""
    found = Reader(field.document, _input_file(), is_output=False).read(field.certain)
    if field.shows_default and not _accepts(found, field.default):
        found = union([found, _type_of(field.default)])
    return union([found, NONE]) if field.nullable or field.may_be_omitted else found


def output_type(schema: object, *, is_async: bool = False) -> Type:
    """The type of a model's output as `run` returns it."""
    from replicatekit._domain.output_schema import OutputShape

    document = SchemaDocument(schema)
    output = document.component("Output")
    if output is None:
        return ANY
    if OutputShape.of(schema).is_text_stream:
        return _PLAIN["string"]
    return Reader(document, _output_file(is_async=is_async), is_output=True).read([output])


def _input_file() -> Type:
    from pathlib import Path

    parts = [Type("Path", Path), _PLAIN["string"], Type("BinaryIO", BinaryIO), _output_file(is_async=False)]
    return union(parts)


def _output_file(*, is_async: bool) -> Type:
    from replicatekit.outputs import AsyncFileOutput, FileOutput

    return Type("AsyncFileOutput", AsyncFileOutput) if is_async else Type("FileOutput", FileOutput)


def union(types: Iterable[Type]) -> Type:
    """One of several types; None last."""
    parts: dict[str, Type] = {}
    for given in types:
        for one in parts_of(given):
            parts.setdefault(one.source, one)
    if "Any" in parts:
        return ANY
    if "float" in parts:
        parts.pop("int", None)  # for a type checker a float may be an int
    if "None" in parts:
        parts["None"] = parts.pop("None")
    literals = [one for one in parts.values() if one.choices]
    if len(literals) > 1:
        together = _literal([choice for one in literals for choice in one.choices])
        parts = {one.source: one for one in [together, *(one for one in parts.values() if not one.choices)]}
    known = list(parts.values())
    if len(known) == 1:
        return known[0]
    source, value = " | ".join(one.source for one in known), Union[tuple(one.value for one in known)]  # noqa: UP007 (of any number)
    return Type(source, value, parts=tuple(known))


def parts_of(given: Type) -> tuple[Type, ...]:
    """The types of a union; of another type, itself."""
    return given.parts or (given,)


def is_literal(value: object) -> bool:
    """Whether a value can stand in a `Literal`."""
    return value is None or isinstance(value, (str, bool)) or (isinstance(value, int) and abs(value) < 2**63)


def _literal(choices: list[Any]) -> Type:
    if not all(map(is_literal, choices)):
        return union([_type_of(one) for one in choices])
    unique = list({(type(cast("object", one)), one): one for one in choices}.values())
    rest = [one for one in unique if one is not None]
    if not rest:
        return NONE
    found = Type(f"Literal[{', '.join(map(literal, rest))}]", Literal[tuple(rest)], tuple(rest))
    return union([found, NONE]) if len(rest) < len(unique) else found


def _is_same(one: Any, other: Any) -> bool:
    return type_name(one) == type_name(other) and json_equal(one, other)


def _type_of(value: object) -> Type:
    match type_name(value):
        case "array":
            return _of("Sequence[", Sequence, ANY)
        case "object":
            return _MAPPING
        case name:
            return _PLAIN.get(name, ANY)


def _accepts(given: Type, value: object) -> bool:
    """Whether a default is of a type, as a type checker sees it."""
    for one in parts_of(given):
        source = one.source
        if one.choices:
            if any(_is_same(choice, value) for choice in one.choices):
                return True
        elif source == "Any" or (value is None and source == "None"):
            return True
        elif isinstance(value, list):
            if one.item and all(_accepts(one.item, part) for part in cast("list[object]", value)):
                return True
        elif _NAMED.get(type(value), _never)(source):
            return True
    return False


def _never(source: str) -> bool:
    del source
    return False


def _is_base(*names: str) -> Callable[[str], bool]:
    return lambda source: any(source == name or source.startswith(f"Annotated[{name},") for name in names)


_NAMED: dict[type, Callable[[str], bool]] = {
    str: _is_base("str", "Path"),
    bool: _is_base("bool", "int", "float"),
    int: _is_base("int", "float"),
    float: _is_base("float"),
    dict: lambda source: source.startswith("Mapping["),
}


def _limited(base: Type, limits: type[Range | Length], low: Any, high: Any) -> Type:
    if low is None and high is None:
        return base
    mark = limits(low, high)
    return Type(f"Annotated[{base.source}, {mark!r}]", Annotated[base.value, mark])


def _first(branches: list[Node], key: str) -> Any:
    for node in branches:
        value = node.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and _is_short(value):
            return value
    return None


def _is_short(value: float) -> bool:
    return abs(value) < 10**30 if isinstance(value, int) else math.isfinite(value)


resolvable(__name__)
