"""Map the generator's properties to Python: how a value is read from a response, and which arguments are accepted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from attrs import evolve, field, frozen
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from pipeline.text import literals, raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi_python_client.parser.properties.protocol import PropertyProtocol

    Property: TypeAlias = PropertyProtocol

__all__ = ["Kind", "Kinds", "Tags", "dict_name", "has_class", "is_nullable", "members", "only_value", "properties_of"]


@frozen
class Kind:
    """How a property is read and written."""

    read: str
    """The type of the value in a response, if it is there and valid."""
    written: str
    """The type of an argument."""
    reader: str
    """The expression that reads it from JSON."""
    empty: str | None = None
    """The value, as code, for a required field that is missing."""
    cached: bool = False
    """Whether the value is cached once it is read."""
    name: str = ""
    """The class of an object with fields or of a string enum."""
    is_string_enum: bool = False
    """Whether it is an enum of strings."""


_ANYTHING = Kind("Any", "Any", "_read.anything")
_TEXT = Kind("str", "str", "_read.text", '""')
_INTEGER = Kind("int", "int", "_read.integer")
_NUMBER = Kind("float", "float", "_read.number")
_BOOLEAN = Kind("bool", "bool", "_read.boolean")
_CONSTANTS: dict[type[Any], Kind] = {str: _TEXT, bool: _BOOLEAN, int: _INTEGER, float: _NUMBER}
_PLAIN: dict[type[Any], Kind] = {
    StringProperty: _TEXT,
    UuidProperty: Kind("UUID", "UUID | str", "_read.uuid"),
    BooleanProperty: _BOOLEAN,
    IntProperty: _INTEGER,
    FloatProperty: _NUMBER,
    DateTimeProperty: Kind("datetime", "datetime", "_read.instant"),
    DateProperty: Kind("date", "date", "_read.day"),
    FileProperty: Kind("Any", "_types.File | IO[bytes] | bytes", "_read.anything"),
}


@frozen
class Tags:
    """How the value of one key selects the model of a union."""

    key: str
    models: tuple[tuple[str | int, str], ...]
    """The value of the key, and the class."""
    by_fields: bool = False
    """Whether an object without the key is read as the best matching model."""
    otherwise: str = ""
    """The class of an object if the key is missing or has another value."""

    @property
    def reader(self) -> str:
        """The expression that reads the union."""
        models = ", ".join(f"{value!r}: _models.{name}" for value, name in self.models)
        more = ", by_fields=True" if self.by_fields else ""
        more += f", otherwise=_models.{self.otherwise}" if self.otherwise else ""
        return f"_read.tagged({self.key!r}, {{{models}}}{more})"


@frozen
class Kinds:
    """How each property of a document is read and written."""

    models: Mapping[str, ModelProperty]
    """The document's objects by class name."""
    requested: frozenset[str] = frozenset()
    """The classes of objects in requests: a typed dict is accepted in their place."""
    tags: Mapping[frozenset[str], Tags] = field(factory=dict[frozenset[str], Tags])
    """The discriminator of each union that has one, by the classes of the union."""

    def tag_of(self, name: str) -> tuple[str, str | int] | None:
        """Return the discriminator's key and value for a class, if all unions use the same."""
        found = {(tags.key, value) for tags in self.tags.values() for value, model in tags.models if model == name}
        return found.pop() if len(found) == 1 else None

    def of(self, prop: Property, above: frozenset[str] = frozenset()) -> Kind:
        """Return the kind of a property; `above` names the maps that contain it."""
        if isinstance(prop, ModelProperty):
            return self._object(prop, above)
        if isinstance(prop, ListProperty):
            item = self._item(prop.inner_property, above)
            model = f"_models.{item.name}"
            return Kind(
                f"list[{item.read}]",
                f"Sequence[{item.written}]",
                f"_read.views({model})" if item.reader == f"{model}.from_dict" else f"_read.list_of({item.reader})",
                "[]",
                cached=True,
            )
        if isinstance(prop, EnumProperty):
            return _enum(prop)
        if isinstance(prop, UnionProperty):
            return self._union(prop, above)
        if isinstance(prop, ConstProperty):
            return _CONSTANTS.get(type(cast("object", prop.value.raw_value)), _ANYTHING)
        return _PLAIN.get(type(prop), _ANYTHING)

    def _item(self, prop: Property, above: frozenset[str]) -> Kind:
        """Return the kind of an item of a list or a map; it may be null."""
        item = self.of(prop, above)
        if not is_nullable(prop) or item.read == "Any":
            return item
        return evolve(
            item,
            read=f"{item.read} | None",
            written=f"{item.written} | None",
            reader=f"_read.maybe({item.reader})",
        )

    def _object(self, prop: ModelProperty, above: frozenset[str]) -> Kind:
        name = str(prop.class_info.name)
        if has_class(prop):
            return Kind(
                f"_models.{name}",
                " | ".join((f"_models.{name}", *self._as_dict(name, prop))),
                f"_models.{name}.from_dict",
                f"_models.{name}.from_dict({{}})",
                cached=True,
                name=name,
            )
        # The target of a reference is complete only after the whole document was parsed, and then found by its name.
        inner = self.models.get(name, prop).additional_properties
        if inner is None or isinstance(inner, AnyProperty) or name in above:
            return Kind("dict[str, Any]", "Mapping[str, Any]", "_read.mapping", "{}")
        value = self._item(inner, above | {name})
        return Kind(
            f"dict[str, {value.read}]",
            f"Mapping[str, {value.written}]",
            f"_read.mapping_of({value.reader})",
            "{}",
            cached=True,
        )

    def _as_dict(self, name: str, prop: ModelProperty) -> Iterator[str]:
        """Yield the types of a plain dict in place of a model."""
        is_open = self.models.get(name, prop).data.additionalProperties not in (None, False)
        if name in self.requested:
            yield f"_models.{dict_name(name, self.models)}"
        if name not in self.requested or is_open:
            yield "Mapping[str, Any]"

    def _union(self, prop: UnionProperty, above: frozenset[str]) -> Kind:
        members = [inner for inner in prop.inner_properties if not isinstance(inner, NoneProperty)]
        kinds = self._one_each([self.of(inner, above) for inner in members])
        if not kinds or any(each.read == "Any" for each in kinds):
            return _ANYTHING
        enums = [each for each in kinds if each.is_string_enum]
        opened = bool(enums) and _TEXT in kinds
        if opened:  # `choice` returns unknown values as strings, so it reads both
            kinds = [each for each in kinds if each is not _TEXT]
        return Kind(
            _or(each.read for each in kinds),
            _or(each.written for each in kinds) + (" | str" if opened else ""),
            kinds[0].reader if len(kinds) == 1 else f"_read.either({', '.join(each.reader for each in kinds)})",
            kinds[0].empty,
            cached=any(each.cached for each in kinds),
            name=kinds[0].name if len(kinds) == 1 else "",
            is_string_enum=len(kinds) == 1 and kinds[0].is_string_enum,
        )

    def _one_each(self, kinds: list[Kind]) -> list[Kind]:
        """Return distinct kinds, integers before other numbers, with one reader for all objects and one for enums."""
        kinds = sorted(dict.fromkeys(kinds), key=lambda each: each is _NUMBER)
        for is_enum in (False, True):
            alike = [each for each in kinds if each.name and each.is_string_enum is is_enum]
            if len(alike) > 1:
                rest = [each for each in kinds if each not in alike]
                kinds = [self._enums(alike) if is_enum else self._objects(alike), *rest]
        return kinds

    def _enums(self, kinds: list[Kind]) -> Kind:
        return _together(kinds, f"_read.choice({', '.join(f'_models.{each.name}' for each in kinds)})")

    def _objects(self, kinds: list[Kind]) -> Kind:
        names = [each.name for each in kinds]
        tags = self.tags.get(frozenset(names)) or self._constants(names)
        if tags is None:
            return _together(kinds, f"_read.one_of({', '.join(f'_models.{name}' for name in names)})")
        known = _together(kinds, tags.reader)
        return evolve(known, read=f"{known.read} | _view.UnknownVariant")

    def _constants(self, names: list[str]) -> Tags | None:
        """Return the tags of classes that share a key with a different constant in each."""
        constants = [
            {raw(prop.name): only_value(prop) for prop in properties_of(self.models[name])}
            for name in names
            if name in self.models
        ]
        if len(constants) < len(names):
            return None
        for key in constants[0]:
            values = [each.get(key) for each in constants]
            if all(isinstance(value, (str, int)) for value in values) and len(set(values)) == len(names):
                found = cast("list[str | int]", values)
                return Tags(key, tuple(zip(found, names, strict=True)), by_fields=True)
        return None


def _together(kinds: list[Kind], reader: str) -> Kind:
    return evolve(
        kinds[0],
        read=_or(each.read for each in kinds),
        written=_or(each.written for each in kinds),
        reader=reader,
        name="",
    )


def _or(types: Iterable[str]) -> str:
    parts = (part for each in types for part in ([each] if "[" in each else each.split(" | ")))
    return " | ".join(dict.fromkeys(parts))


def has_class(prop: ModelProperty) -> bool:
    """Whether an object has fields; an object without fields is a dict."""
    # The generator fills in the properties of a reference later; the document's are available at once.
    return bool(prop.data.properties or prop.data.allOf)


def dict_name(name: str, taken: Iterable[str]) -> str:
    """Return the name of the TypedDict in place of a class."""
    name = f"{name}Dict"
    while name in taken:
        name = f"{name}_"
    return name


def properties_of(model: ModelProperty) -> list[PropertyProtocol]:
    """Return the fields of an object."""
    found = [*(model.required_properties or []), *(model.optional_properties or [])]
    return cast("list[PropertyProtocol]", found)


def is_nullable(prop: Property) -> bool:
    """Whether a property may be null."""
    return isinstance(prop, UnionProperty) and any(isinstance(p, NoneProperty) for p in prop.inner_properties)


def members(enum: EnumProperty) -> dict[str, str | int]:
    """Return an enum's members and their values."""
    # The generator stores strings escaped, as between quotes.
    return {name: json.loads(f'"{value}"') if isinstance(value, str) else value for name, value in enum.values.items()}


def only_value(prop: Property) -> object:
    """Return the only value that a property can have, such as a discriminator's; None if there are several."""
    if isinstance(prop, ConstProperty):
        return prop.value.raw_value
    inner = prop.inner_properties[0] if isinstance(prop, UnionProperty) else prop
    values = list(members(inner).values()) if isinstance(inner, EnumProperty) else []
    return values[0] if len(values) == 1 else None


def _enum(prop: EnumProperty) -> Kind:
    name, values = str(prop.class_info.name), literals(members(prop).values())
    read, written = f"_models.{name}", f"_models.{name} | Literal[{values}]"
    if prop.value_type is int:
        return Kind(f"{read} | int", written, f"_read.numbered({read})")
    return Kind(f"{read} | str", written, f"_read.choice({read})", '""', name=name, is_string_enum=True)
