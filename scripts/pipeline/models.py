"""What the templates of the models place: a class and its fields."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from pipeline.errors import GenerationFailed
from pipeline.property_types import Imports, Kind, Kinds, is_nullable, only_value
from pipeline.text import literal, literals, paragraph, raw

if TYPE_CHECKING:
    from openapi_python_client.parser.properties.model_property import ModelProperty
    from openapi_python_client.parser.properties.protocol import PropertyProtocol

__all__ = ["Field", "Shape", "Shapes"]

# Names that a class's own annotations use.
_TAKEN = {"frozenset", "list", "types"}


@frozen
class Field:
    """One field of a model."""

    name: str
    key: str
    read: str
    written: str
    body: tuple[str, ...]
    """The lines that read it."""
    imports: Imports
    """Classes that the lines need, and their modules."""
    words: str
    """What reads its words, where it is an open enum; the lines have it as `_words_of_` and its name."""
    needed: bool
    description: str


@frozen
class Shape:
    """A model."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    fixed: str
    """The keys with one value, as a Python literal."""
    secret: str
    """The keys that no repr shows, as a Python literal."""
    imports: Imports

    @property
    def fields_for_init(self) -> tuple[Field, ...]:
        """The fields, those without a default first."""
        return tuple(sorted(self.fields, key=lambda each: not each.needed))


@frozen
class Shapes:
    """How the models of a document look."""

    kinds: Kinds
    document: dict[str, Any]

    def of(self, model: ModelProperty) -> Shape:
        """What the template needs of a model."""
        name = str(model.class_info.name)
        properties = _properties(model)
        fields = tuple(self._field(prop) for prop in properties)
        _check_names(name, fields)
        fixed = {raw(prop.name): only_value(prop) for prop in properties}
        given = {key: value for key, value in fixed.items() if value is not None}
        secret = sorted(self._secret_keys(model))
        words = paragraph(model.description) or f"What the API calls {name}."
        return Shape(
            name,
            words.split(". ")[0].rstrip("."),
            words,
            fields,
            repr(given) if given else "",
            f"{{{literals(secret)}}}" if secret else "",
            tuple(sorted({pair for each in fields for pair in each.imports if pair[0] != name})),
        )

    def _field(self, prop: PropertyProtocol) -> Field:
        kind = self.kinds.of(prop)
        always = prop.required and kind.empty is not None
        name = unicodedata.normalize("NFKC", prop.python_name)  # as Python reads a name
        name = f"{name}_" if name in _TAKEN else name
        empty = str(kind.empty) if always else "None"
        words = f"_read.words(_get_{kind.imports[0][1]}, {empty})" if _is_one_enum(kind) else ""
        return Field(
            name,
            raw(prop.name),
            kind.read if always or kind.read == "Any" else f"{kind.read} | None",
            _written(prop, kind),
            tuple(_table(name, raw(prop.name), empty) if words else _body(raw(prop.name), kind, empty, always=always)),
            kind.imports,
            words,
            prop.required,
            paragraph(prop.description) or f"The field `{raw(prop.name)}`.",
        )

    def _secret_keys(self, model: ModelProperty) -> set[str]:
        schema = model.data.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key for each in self._parts(schema) for key in each if self._is_secret(each[key], [])}

    def _parts(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """The properties of an object, and of all that it is made of."""
        parts = [each for each in map(self._resolved, schema.get("allOf", [])) if each is not schema]
        return [schema.get("properties", {}), *(found for part in parts for found in self._parts(part))]

    def _is_secret(self, schema: Any, above: list[Any]) -> bool:
        """Whether a value is a password, or holds one."""
        if not isinstance(schema, dict) or schema in above:
            return False
        known = self._resolved(cast("dict[str, Any]", schema))
        inner = [known.get("items"), known.get("additionalProperties"), *known.get("properties", {}).values()]
        inner += [each for key in ("allOf", "anyOf", "oneOf") for each in known.get(key, [])]
        return known.get("format") == "password" or any(
            self._is_secret(each, [*above, cast("Any", schema)]) for each in inner
        )

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        found: Any = self.document.get("components", {}).get("schemas", {}).get(name)
        return cast("dict[str, Any]", found) if name and isinstance(found, dict) else schema


def _properties(model: ModelProperty) -> list[PropertyProtocol]:
    found = [*(model.required_properties or []), *(model.optional_properties or [])]
    return cast("list[PropertyProtocol]", found)


def _check_names(model: str, fields: tuple[Field, ...]) -> None:
    for name, count in Counter(field.name for field in fields).items():
        if count > 1:
            keys = ", ".join(literal(field.key) for field in fields if field.name == name)
            raise GenerationFailed(f"{model}: the fields {keys} would all be called {name}")


def _written(prop: PropertyProtocol, kind: Kind) -> str:
    null = " | None" if (is_nullable(prop) or not prop.required) and kind.written != "Any" else ""
    return kind.written + null + ("" if prop.required else " | Unset = UNSET")


def _is_one_enum(kind: Kind) -> bool:
    return kind.words and kind.reader == f"_read.choice({kind.name})"


def _table(name: str, key: str, empty: str) -> list[str]:
    return ["try:", f"    return _words_of_{name}[self._data.get({key!r})]", "except TypeError:", f"    return {empty}"]


# Written out where it is short: a call costs as much as what it does.
_CHECKED = {"_read.text": "str", "_read.mapping": "dict", "_read.boolean": "bool"}


def _body(key: str, kind: Kind, empty: str, *, always: bool) -> list[str]:
    if kind.reader in _CHECKED:
        return [
            f"value = self._data.get({key!r})",
            f"return value if isinstance(value, {_CHECKED[kind.reader]}) else {empty}",
        ]
    if kind.reader == "_read.anything":
        return [f"return self._data.get({key!r})"]
    if kind.reader == "_read.instant" and not always:
        return [f"return self._instant({key!r})"]
    if kind.reader == f"_read.view({kind.name})" and not always:
        return [f"return self._part({key!r}, {kind.name})"]
    reader = f"lambda: {kind.reader}" if kind.dear else kind.reader
    once = "_once" if kind.dear else ""
    if always:
        return [f"return self._need{once}({key!r}, {reader}, {empty})"]
    return [f"return self.{once or '_read'}({key!r}, {reader})"]
