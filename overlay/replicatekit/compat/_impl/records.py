"""Response objects like the official client's: attributes by name, equal by value, convertible to dicts.

That client uses pydantic, which refuses a response that lacks a field. Here a missing field is None, and values stay as
they were sent.
"""

from __future__ import annotations

import json
from builtins import dict as Dict  # noqa: N812 (a record's own method is called dict)
from collections.abc import Callable, Iterator, Mapping
from copy import copy, deepcopy
from datetime import date
from inspect import get_annotations
from typing import Any, ClassVar, Self, TypeAlias, TypeVar, cast

Readers: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""The converters of a record's fields that are more than plain JSON."""

V = TypeVar("V")


class Record:
    """An object with the fields of its class; unknown fields of a response are ignored.

    A copy keeps its original's client; a pickle does not.
    """

    __fields__: ClassVar[Dict[str, Any]] = {}
    """The fields and their annotations."""
    _readers: ClassVar[Readers] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {
            name: kind
            for name, kind in get_annotations(cls).items()
            if not name.startswith("_") and "ClassVar" not in str(kind)
        }
        cls.__fields__ = {**cls.__fields__, **own}

    def __init__(self, **data: Any) -> None:
        own = self.__dict__
        own["__fields_set__"] = {name for name in self.__fields__ if name in data}
        for name in self.__fields__:
            value = data.get(name, getattr(type(self), name, None))
            reader = self._readers.get(name)
            own[name] = value if reader is None or value is None else reader(value)

    def __setattr__(self, name: str, value: Any) -> None:
        is_property = isinstance(getattr(type(self), name, None), property)
        if name not in self.__fields__ and not name.startswith("_") and not is_property:
            raise ValueError(f'"{type(self).__name__}" object has no field "{name}"')
        object.__setattr__(self, name, value)

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __deepcopy__(self, memo: Dict[int, Any]) -> Self:
        other = copy(self)
        memo[id(self)] = other
        other.__dict__.update(deepcopy(dict(_fields(self)), memo))
        return other

    def __getstate__(self) -> Dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_client"}

    def __iter__(self) -> Iterator[Any]:
        yield from _fields(self)

    def __eq__(self, other: object) -> bool:
        return self.dict() == (other.dict() if isinstance(other, Record) else other)

    __hash__ = None  # type: ignore[assignment] # pyright: ignore[reportAssignmentType] (it can be changed)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in _fields(self))})"

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in _fields(self))

    def dict(
        self,
        *,
        include: Any = None,
        exclude: Any = None,
        by_alias: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Dict[str, Any]:
        """Return the fields as a dict, including nested records."""
        del by_alias
        set_names: set[str] = self.__dict__["__fields_set__"]
        return {
            name: _plain(value, exclude_none=exclude_none)
            for name, value in _fields(self)
            if (include is None or name in include)
            and (exclude is None or name not in exclude)
            and not (exclude_unset and name not in set_names)
            and not (exclude_defaults and value == getattr(type(self), name, None))
            and not (exclude_none and value is None)
        }

    def json(self, **options: Any) -> str:
        """Return the fields as JSON; takes the options of `dict`."""
        return json.dumps(self.dict(**options), default=_text)

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed."""
        other = copy(self)
        fields = dict(_fields(self))
        other.__dict__.update({**(deepcopy(fields) if deep else fields), **(update or {})})
        return other

    @classmethod
    def parse_obj(cls, obj: Any) -> Self:
        """Make an object from a dict."""
        return cls(**obj)

    @classmethod
    def parse_raw(cls, b: str | bytes) -> Self:
        """Make an object from JSON."""
        return cls(**json.loads(b))

    @classmethod
    def construct(cls, **values: Any) -> Self:
        """Make an object from values, without conversion."""
        record = cls()
        record.__dict__.update(values)
        return record


def reader(make: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return the function that converts a dict to a record."""

    def read(value: Any) -> Any:
        return make(**value) if isinstance(value, dict) else value

    return read


def list_reader(make: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return the function that converts a list of dicts to records."""
    read = reader(make)
    return lambda values: [read(value) for value in values]


def attach(value: V, client: Any) -> V:
    """Attach a client to a record and the records inside it, and return the record."""
    _attach(value, client)
    return value


def _attach(value: Any, client: Any) -> None:
    if isinstance(value, Record):
        value.__dict__["_client"] = client
        for _, inner in _fields(value):
            _attach(inner, client)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            if isinstance(item, Record):
                _attach(item, client)


def _fields(record: Record) -> Iterator[tuple[str, Any]]:
    return ((name, record.__dict__.get(name)) for name in record.__fields__)


def _plain(value: Any, *, exclude_none: bool) -> Any:
    if isinstance(value, Record):
        return value.dict(exclude_none=exclude_none)
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {key: _plain(item, exclude_none=exclude_none) for key, item in items}
    if isinstance(value, (list, tuple)):
        return [_plain(item, exclude_none=exclude_none) for item in cast("list[Any]", value)]
    return value


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
