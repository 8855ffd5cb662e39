"""Reads a Python function's signature as that of a model: its inputs, and the type of its output."""

from __future__ import annotations

import collections.abc
import inspect
import io
import pathlib
import types
import typing
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Generic, Literal, TypeVar, Union

import attrs

from replicatekit.sandbox._models.structures import fields_of

T = TypeVar("T")
JSON = dict[str, Any]
MISSING: Any = inspect.Parameter.empty


if typing.TYPE_CHECKING:
    # Type checkers accept it as the return type of a generator function.
    from collections.abc import Iterator

    ConcatenateIterator: typing.TypeAlias = Iterator[T]
else:

    class ConcatenateIterator(collections.abc.Iterator[T], Generic[T]):
        """The return type of a generator whose pieces make up one text."""


class Secret(str):
    """A text input that must not be shown: `format: password` in the schema."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('**********')"


@attrs.frozen
class Field:
    """The arguments of `Input(...)` for one input."""

    default: Any = MISSING
    description: str | None = None
    limits: JSON = attrs.field(factory=dict[str, Any])
    choices: tuple[Any, ...] | None = None
    deprecated: bool = False


def Input(  # noqa: N802 - the name that Cog gave it
    default: Any = MISSING,
    *,
    description: str | None = None,
    ge: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    regex: str | None = None,
    choices: Sequence[Any] | None = None,
    deprecated: bool = False,
) -> Any:
    """Describe an input of a model; written as the default value of the function's parameter.

    Args:
        default: The default value; without one, the input is required.
        description: The text that the model's schema shows.
        ge: The minimum.
        le: The maximum.
        min_length: The minimum length of a string.
        max_length: The maximum length of a string.
        regex: A pattern that a string must match.
        choices: The only values allowed.
        deprecated: Whether the input should not be used any more.

    Returns:
        A declaration, typed as `Any` so that it can stand for a value of any type.
    """
    limits = {
        "minimum": ge,
        "maximum": le,
        "minLength": min_length,
        "maxLength": max_length,
        "pattern": regex,
    }
    return Field(
        default=default,
        description=description,
        limits={name: limit for name, limit in limits.items() if limit is not None},
        choices=None if choices is None else tuple(choices),
        deprecated=deprecated,
    )


@attrs.frozen
class Parameter:
    """One input of a model: its name, its Python type, the arguments of its `Input`."""

    name: str
    annotation: Any
    field: Field


@attrs.frozen
class Signature:
    """The signature of a model: its inputs in order, and the type of its output."""

    parameters: tuple[Parameter, ...]
    output: Any
    streams: bool
    concatenates: bool


def read_signature(function: Callable[..., Any]) -> Signature:
    """Read a function's parameters and return type.

    Raises:
        TypeError: A type is not known, or is not possible for a model.
    """
    hints = _hints(function)
    parameters: list[Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"each input of a model needs a name, but {function.__name__} takes *{parameter.name}")
        default = parameter.default
        field = default if isinstance(default, Field) else Field(default=default)
        parameters.append(Parameter(parameter.name, hints.get(parameter.name, str), field))
    output = hints.get("return", MISSING)
    generates = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    origin = typing.get_origin(output) or output
    streams = generates or origin in _ITERATORS
    if streams:
        output = next(iter(typing.get_args(output)), Any) if origin in _ITERATORS else Any
    return Signature(tuple(parameters), output, streams, origin is ConcatenateIterator)


_ITERATORS: set[Any] = {
    ConcatenateIterator,
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
}


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError as error:
        raise TypeError(
            f"a type in the signature of {function.__name__} is not defined at run time: {error}. "
            "Import it outside of TYPE_CHECKING, or define it at the top of the module."
        ) from error


def optional_of(annotation: Any) -> Any | None:
    """Return the `T` of `T | None`; None for other annotations."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        if len(members) == 1 and len(typing.get_args(annotation)) == 2:
            return members[0]
    return None


def is_file(annotation: Any) -> bool:
    """Return whether a value of this type is a file."""
    return isinstance(annotation, type) and (
        issubclass(annotation, (pathlib.PurePath, io.IOBase)) or annotation in (typing.IO, typing.BinaryIO)
    )


_SIMPLE: dict[Any, JSON] = {
    str: {"type": "string"},
    Secret: {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: {"type": "string", "format": "uri"},
    dict: {"type": "object"},
    list: {"type": "array", "items": {}},
    type(None): {"type": "null"},
}


def json_type(annotation: Any, components: JSON) -> JSON:
    """Return the JSON Schema of a Python type as Cog writes it; structures are added to `components`."""
    inner = optional_of(annotation)
    if inner is not None:
        return {**json_type(inner, components), "nullable": True}
    if annotation in (Any, MISSING, object):
        return {}
    if is_file(annotation):
        return {"type": "string", "format": "uri"}
    if isinstance(annotation, collections.abc.Hashable) and annotation in _SIMPLE:
        return dict(_SIMPLE[annotation])
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (list, set, tuple, collections.abc.Sequence):
        return {"type": "array", "items": json_type(arguments[0], components)}
    if origin in (dict, collections.abc.Mapping):
        return {"type": "object"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [json_type(member, components) for member in arguments]}
    choices = choices_of(annotation)
    if choices is not None:
        return {"type": _json_name(choices), "enum": list(choices)}
    return _structure(annotation, components)


def choices_of(annotation: Any) -> tuple[Any, ...] | None:
    """Return the values of a Literal or an Enum, or None."""
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return None


def _json_name(choices: Sequence[Any]) -> str:
    return str(_SIMPLE.get(type(choices[0]), _SIMPLE[str])["type"])


def _structure(annotation: Any, components: JSON) -> JSON:
    fields = fields_of(annotation)
    if fields is None:
        raise TypeError(
            f"an input or output of a model cannot be of type {annotation!r}: use str, int, float, bool, Path, "
            "a list of them, a dict, a Literal, or a class with fields"
        )
    name = annotation.__name__
    if name not in components:
        components[name] = {}
        properties = {
            key: {"title": title(key), **json_type(kind, components), "x-order": order}
            for order, (key, kind) in enumerate(fields.items())
        }
        required = [key for key, kind in fields.items() if optional_of(kind) is None]
        components[name] = {"title": name, "type": "object", "required": required, "properties": properties}
    return {"$ref": f"#/components/schemas/{name}"}


def title(name: str) -> str:
    """Return the title that Cog derives from a name: "Top K" from `top_k`."""
    return name.replace("_", " ").title()
