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
    """A type, as source text and as an object."""

    source: str
    """The type as source text of an annotation."""
    value: Any
    """The type as an object."""
    choices: tuple[Any, ...] = ()
    """The members of a `Literal`."""
    fields: tuple[Field, ...] = ()
    """The keys of a dict whose keys the schema lists, with their types."""
    container: str = ""
    """The container of `item`: `list[`, `Sequence[` or `dict[str, `."""
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
        file: The type of a file, which differs between inputs and outputs.
        is_output: Whether the schema is of an output, which has other types for lists and dicts.
    """

    def __init__(self, document: SchemaDocument, file: Type, *, is_output: bool) -> None:
        self.document = document
        self.file = file
        self.is_output = is_output

    def read(self, nodes: Iterable[object], around: frozenset[int] = frozenset()) -> Type:
        """The type of a value that matches these schemas; `around` has the ids of the enclosing schemas."""
        branches = self.document.branches(nodes, certain=True)
        if len(around) > _DEEPEST or any(id(node) in around for node in branches):
            return ANY  # a recursive schema
        result = self._known(branches, around | {id(node) for node in branches})
        return union([result, NONE]) if any(map(allows_null, branches)) else result

    def _known(self, branches: list[Node], around: frozenset[int]) -> Type:
        for node in branches:
            choices = node.get("enum")
            if isinstance(choices, list) and choices and not any(map(is_secret, branches)):
                return _literal(cast("list[Any]", choices))
        names = list(dict.fromkeys(name for node in branches for name in types_of(node)))
        for node in branches:
            for key in ("anyOf", "oneOf"):
                options = node.get(key)
                if isinstance(options, list) and options and (len(cast("list[object]", options)) > 1 or not names):
                    return union([self.read([option], around) for option in cast("list[object]", options)])
        if not names:
            names = [name for key, name in IMPLIED.items() if any(key in node for node in branches)]
        if not names:
            return NONE if any(named_types_of(node) == ["null"] for node in branches) else ANY
        return union([self._of_type(name, branches, around) for name in names])

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
    """The type of an input: the model's type, None if it may be omitted, and its default's type."""
    result = Reader(field.document, _input_file(), is_output=False).read(field.certain)
    if field.shows_default and not _accepts(result, field.default):
        result = union([result, _type_of(field.default)])
    return union([result, NONE]) if field.nullable or field.may_be_omitted else result


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
    """The union of types, with None last."""
    parts: dict[str, Type] = {}
    for member in types:
        for part in parts_of(member):
            parts.setdefault(part.source, part)
    if "Any" in parts:
        return ANY
    if "float" in parts:
        parts.pop("int", None)  # type checkers accept an int as a float
    if "None" in parts:
        parts["None"] = parts.pop("None")
    literals = [part for part in parts.values() if part.choices]
    if len(literals) > 1:
        merged = _literal([choice for literal_type in literals for choice in literal_type.choices])
        parts = {part.source: part for part in [merged, *(part for part in parts.values() if not part.choices)]}
    members = list(parts.values())
    if len(members) == 1:
        return members[0]
    source, value = " | ".join(part.source for part in members), Union[tuple(part.value for part in members)]  # noqa: UP007 (of any number)
    return Type(source, value, parts=tuple(members))


def parts_of(kind: Type) -> tuple[Type, ...]:
    """The parts of a union, or the type itself."""
    return kind.parts or (kind,)


def is_literal(value: object) -> bool:
    """Whether a value can be in a `Literal`."""
    return value is None or isinstance(value, (str, bool)) or (isinstance(value, int) and abs(value) < 2**63)


def _literal(choices: list[Any]) -> Type:
    if not all(map(is_literal, choices)):
        return union([_type_of(choice) for choice in choices])
    unique = list({(type(cast("object", choice)), choice): choice for choice in choices}.values())
    values = [choice for choice in unique if choice is not None]
    if not values:
        return NONE
    result = Type(f"Literal[{', '.join(map(literal, values))}]", Literal[tuple(values)], tuple(values))
    return union([result, NONE]) if len(values) < len(unique) else result


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


def _accepts(kind: Type, value: object) -> bool:
    """Whether a type checker accepts a default for a type."""
    for part in parts_of(kind):
        source = part.source
        if part.choices:
            if any(_is_same(choice, value) for choice in part.choices):
                return True
        elif source == "Any" or (value is None and source == "None"):
            return True
        elif isinstance(value, list):
            if part.item and all(_accepts(part.item, item) for item in cast("list[object]", value)):
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
