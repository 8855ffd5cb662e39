"""The data of the model templates: a class and its fields."""

from __future__ import annotations

import keyword
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from pipeline.errors import GenerationFailed
from pipeline.property_types import Kind, Kinds, dict_name, is_nullable, only_value, properties_of
from pipeline.text import literal, literals, paragraph, raw

if TYPE_CHECKING:
    from openapi_python_client.parser.properties.model_property import ModelProperty
    from openapi_python_client.parser.properties.protocol import PropertyProtocol

__all__ = ["DEFAULT", "Field", "Shape", "Shapes", "unset"]

DEFAULT = "x-default"
"""The key that holds a schema's default: the generator would validate and send `default`."""

_MAX_LENGTH = 60  # characters of a default in a signature

# Names that the annotations in a class use.
_RESERVED = {"frozenset", "list"}


@frozen
class Field:
    """One field of a model."""

    name: str
    key: str
    read: str
    written: str
    in_dict: str
    """Its type in a dict in place of the model."""
    body: tuple[str, ...]
    """The body of the property that reads it."""
    enum_table: str
    """The table of the values of an open enum, else empty; the body calls it `_words_of_` and the name."""
    required: bool
    description: str


@frozen
class Shape:
    """A model."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    fixed: str
    """The keys with a constant value, as a Python literal."""
    secret: str
    """The keys that a repr must not show, as a Python literal."""
    dict_name: str

    @property
    def has_plain_keys(self) -> bool:
        """Whether every key can be declared in a class body."""
        return all(
            each.key.isidentifier() and not keyword.iskeyword(each.key) and each.key[:2] != "__" for each in self.fields
        )

    @property
    def needs_uuid(self) -> bool:
        """Whether a field is a UUID."""
        return any("UUID" in f"{each.read} {each.written}" for each in self.fields)

    @property
    def fields_for_init(self) -> tuple[Field, ...]:
        """The fields, those without a default first."""
        return tuple(sorted(self.fields, key=lambda each: not each.required))


@frozen
class Shapes:
    """Builds the template data of a document's models."""

    kinds: Kinds
    document: dict[str, Any]

    def of(self, model: ModelProperty) -> Shape:
        """Return the template data of a model."""
        name = str(model.class_info.name)
        properties = properties_of(model)
        defaults = self._defaults(model)
        fields = tuple(self._field(name, prop, defaults.get(raw(prop.name))) for prop in properties)
        _check_names(name, fields)
        fixed = {raw(prop.name): only_value(prop) for prop in properties}
        constants = {key: value for key, value in fixed.items() if value is not None}
        secret = sorted(self._secret_keys(model))
        description = paragraph(model.description) or f"What the API calls {name}."
        return Shape(
            name,
            description.split(". ")[0].rstrip("."),
            description,
            fields,
            repr(constants) if constants else "",
            f"{{{literals(secret)}}}" if secret else "",
            dict_name(name, self.kinds.models),
        )

    def _field(self, model: str, prop: PropertyProtocol, default: object) -> Field:
        kind = self.kinds.of(prop)
        always = prop.required and kind.empty is not None
        name = unicodedata.normalize("NFKC", prop.python_name)  # as Python normalizes identifiers
        name = f"{name}_" if name in _RESERVED else name
        empty = str(kind.empty) if always else "None"
        enum_table = f"_read.words(lambda: _models.{kind.name}, {empty})" if _is_one_enum(kind) else ""
        constant = self._constant(model, prop)
        return Field(
            name,
            raw(prop.name),
            kind.read if always or kind.read == "Any" else f"{kind.read} | None",
            _written(prop, kind, default) if constant is None else f"{_literal_type(kind, constant)} = {constant!r}",
            _in_dict(prop, kind, constant),
            tuple(
                _table_body(name, raw(prop.name), empty)
                if enum_table
                else _body(raw(prop.name), kind, empty, always=always)
            ),
            enum_table,
            prop.required and constant is None,
            paragraph(prop.description) or f"The field `{raw(prop.name)}`.",
        )

    def _constant(self, model: str, prop: PropertyProtocol) -> object:
        """Return the value that a required field has in all objects of this model, or None."""
        if not prop.required or is_nullable(prop):
            return None
        tag = self.kinds.tag_of(model)
        return tag[1] if tag is not None and tag[0] == raw(prop.name) else only_value(prop)

    def _defaults(self, model: ModelProperty) -> dict[str, object]:
        """Return the API's default of each optional field."""
        schema = model.data.model_dump(mode="json", by_alias=True, exclude_none=True)
        found = {key: field.get(DEFAULT) for each in self._parts(schema) for key, field in each.items()}
        return {key: default for key, default in found.items() if default is not None}

    def _secret_keys(self, model: ModelProperty) -> set[str]:
        schema = model.data.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key for each in self._parts(schema) for key in each if self._is_secret(each[key], [])}

    def _parts(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the properties of an object, and those of its `allOf` parts."""
        parts = [each for each in map(self._resolve, schema.get("allOf", [])) if each is not schema]
        return [schema.get("properties", {}), *(found for part in parts for found in self._parts(part))]

    def _is_secret(self, schema: Any, above: list[Any]) -> bool:
        """Whether a value is or contains a password."""
        if not isinstance(schema, dict) or schema in above:
            return False
        known = self._resolve(cast("dict[str, Any]", schema))
        inner = [known.get("items"), known.get("additionalProperties"), *known.get("properties", {}).values()]
        inner += [each for key in ("allOf", "anyOf", "oneOf") for each in known.get(key, [])]
        return known.get("format") == "password" or any(
            self._is_secret(each, [*above, cast("Any", schema)]) for each in inner
        )

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        found: Any = self.document.get("components", {}).get("schemas", {}).get(name)
        return cast("dict[str, Any]", found) if name and isinstance(found, dict) else schema


def _check_names(model: str, fields: tuple[Field, ...]) -> None:
    for name, count in Counter(field.name for field in fields).items():
        if count > 1:
            keys = ", ".join(literal(field.key) for field in fields if field.name == name)
            raise GenerationFailed(f"{model}: the fields {keys} would all be named {name}")


def _written(prop: PropertyProtocol, kind: Kind, default: object) -> str:
    null = " | None" if (is_nullable(prop) or not prop.required) and kind.written != "Any" else ""
    return kind.written + null + ("" if prop.required else unset(default))


def unset(default: object) -> str:
    """Return the end of an optional argument's annotation, with the document's default if it is short."""
    # Long strings and control characters would make a signature unreadable.
    text = repr(default)
    is_plain = isinstance(default, (bool, int, float)) or (isinstance(default, str) and text.isprintable())
    return f" | Unset = Default({text})" if is_plain and len(text) <= _MAX_LENGTH else " | Unset = UNSET"


def _in_dict(prop: PropertyProtocol, kind: Kind, constant: object) -> str:
    null = " | None" if (is_nullable(prop) or not prop.required) and kind.written != "Any" else ""
    text = " | str" if kind.read in {"datetime", "date"} else ""
    written = _literal_type(kind, constant) if constant is not None else f"{kind.written}{text}{null}"
    return written if prop.required else f"NotRequired[{written}]"


def _literal_type(kind: Kind, constant: object) -> str:
    literal_type = f"Literal[{constant!r}]" if isinstance(constant, (str, int)) else kind.written
    return f"{kind.written.partition(' | ')[0]} | {literal_type}" if kind.is_string_enum else literal_type


def _is_one_enum(kind: Kind) -> bool:
    return kind.is_string_enum and kind.reader == f"_read.choice(_models.{kind.name})"


def _table_body(name: str, key: str, empty: str) -> list[str]:
    return ["try:", f"    return _words_of_{name}[self._data.get({key!r})]", "except TypeError:", f"    return {empty}"]


# Inlined for speed: a call would take as long as the check itself.
_CHECKED = {"_read.text": "str", "_read.mapping": "dict", "_read.boolean": "bool"}


def _body(key: str, kind: Kind, empty: str, *, always: bool) -> list[str]:
    if kind.reader in _CHECKED:
        declared = ": dict[str, Any] | None" if kind.reader == "_read.mapping" else ""
        return [
            f"value{declared} = self._data.get({key!r})",
            f"return value if isinstance(value, {_CHECKED[kind.reader]}) else {empty}",
        ]
    if kind.reader == "_read.anything":
        return [f"return self._data.get({key!r})"]
    if kind.reader == "_read.instant" and not always:
        return [f"return self._instant({key!r})"]
    if kind.reader == f"_models.{kind.name}.from_dict" and not always:
        return [f"return self._part({key!r}, _models.{kind.name})"]
    reader = f"lambda: {kind.reader}" if kind.cached else kind.reader
    once = "_once" if kind.cached else ""
    if always:
        return [f"return self._need{once}({key!r}, {reader}, {empty})"]
    return [f"return self.{once or '_read'}({key!r}, {reader})"]
