"""From the generator's properties to Python: how a value is read from an answer, and how it may be given."""

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
    """The type that a reader of an answer sees, when the value is there and fits."""
    written: str
    """The type that an argument may have."""
    reader: str
    """The expression that reads it from JSON."""
    empty: str | None = None
    """What reads in its place where it should always be there and is not."""
    dear: bool = False
    """Whether what is read is worth keeping."""
    name: str = ""
    """The class, where it is an object with fields or an enum of texts."""
    words: bool = False
    """Whether it is an enum of texts."""


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
    """How one key of an object names the model of a union that the object is."""

    key: str
    models: tuple[tuple[str | int, str], ...]
    """The value of the key, and the class."""
    by_fields: bool = False
    """Whether an object without the key is read as the model that matches best."""
    otherwise: str = ""
    """The class of an object whose key has another value, or none."""

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
    """The objects that the document describes, by the names of their classes."""
    requested: frozenset[str] = frozenset()
    """The classes of objects that requests hold: these may be given as a dict with known keys."""
    tags: Mapping[frozenset[str], Tags] = field(factory=dict[frozenset[str], Tags])
    """For the classes of a union with a discriminator: how it tells them apart."""

    def tag_of(self, name: str) -> tuple[str, str | int] | None:
        """The key and the value by which unions know a class, where these are always the same."""
        found = {(tags.key, value) for tags in self.tags.values() for value, model in tags.models if model == name}
        return found.pop() if len(found) == 1 else None

    def of(self, prop: Property, above: frozenset[str] = frozenset()) -> Kind:
        """The kind of a property, inside of the maps named in `above`."""
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
                dear=True,
            )
        if isinstance(prop, EnumProperty):
            return _enum(prop)
        if isinstance(prop, UnionProperty):
            return self._union(prop, above)
        if isinstance(prop, ConstProperty):
            return _CONSTANTS.get(type(cast("object", prop.value.raw_value)), _ANYTHING)
        return _PLAIN.get(type(prop), _ANYTHING)

    def _item(self, prop: Property, above: frozenset[str]) -> Kind:
        """The kind of an item of a list or of a map, which may be null."""
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
                dear=True,
                name=name,
            )
        # What a reference leads to is known in full only by its name, once the whole document is read.
        inner = self.models.get(name, prop).additional_properties
        if inner is None or isinstance(inner, AnyProperty) or name in above:
            return Kind("dict[str, Any]", "Mapping[str, Any]", "_read.mapping", "{}")
        value = self._item(inner, above | {name})
        return Kind(
            f"dict[str, {value.read}]",
            f"Mapping[str, {value.written}]",
            f"_read.mapping_of({value.reader})",
            "{}",
            dear=True,
        )

    def _as_dict(self, name: str, prop: ModelProperty) -> Iterator[str]:
        """The types of a plain dict in place of a model."""
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
        enums = [each for each in kinds if each.words]
        opened = bool(enums) and _TEXT in kinds
        if opened:  # `choice` keeps words that it does not know, so it reads both
            kinds = [each for each in kinds if each is not _TEXT]
        return Kind(
            _or(each.read for each in kinds),
            _or(each.written for each in kinds) + (" | str" if opened else ""),
            kinds[0].reader if len(kinds) == 1 else f"_read.either({', '.join(each.reader for each in kinds)})",
            kinds[0].empty,
            dear=any(each.dear for each in kinds),
            name=kinds[0].name if len(kinds) == 1 else "",
            words=len(kinds) == 1 and kinds[0].words,
        )

    def _one_each(self, kinds: list[Kind]) -> list[Kind]:
        """Each kind once, integers before all numbers, one reader for all objects and one for all enums."""
        kinds = sorted(dict.fromkeys(kinds), key=lambda each: each is _NUMBER)
        for words in (False, True):
            alike = [each for each in kinds if each.name and each.words is words]
            if len(alike) > 1:
                rest = [each for each in kinds if each not in alike]
                kinds = [self._enums(alike) if words else self._objects(alike), *rest]
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
        """How to tell classes apart that have one key with another constant in each."""
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
    """Whether an object has fields of its own; one without is a dict."""
    # A reference's own properties are filled in later than it is made; the document's are there at once.
    return bool(prop.data.properties or prop.data.allOf)


def dict_name(name: str, taken: Iterable[str]) -> str:
    """The name of the TypedDict that stands for a class."""
    name = f"{name}Dict"
    while name in taken:
        name = f"{name}_"
    return name


def properties_of(model: ModelProperty) -> list[PropertyProtocol]:
    """The fields of an object."""
    found = [*(model.required_properties or []), *(model.optional_properties or [])]
    return cast("list[PropertyProtocol]", found)


def is_nullable(prop: Property) -> bool:
    """Whether null is a value of it."""
    return isinstance(prop, UnionProperty) and any(isinstance(p, NoneProperty) for p in prop.inner_properties)


def members(enum: EnumProperty) -> dict[str, str | int]:
    """An enum's members and their values."""
    # The generator keeps texts escaped, as they would stand between quotes.
    return {name: json.loads(f'"{value}"') if isinstance(value, str) else value for name, value in enum.values.items()}


def only_value(prop: Property) -> object:
    """The one value that a property can have, such as what tells one object of a union from another; else None."""
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
    return Kind(f"{read} | str", written, f"_read.choice({read})", '""', name=name, words=True)
