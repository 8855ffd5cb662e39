"""The objects of answers as the older client has them: attributes by name, equal by value, and dictionaries on demand.

That client makes them with pydantic, which refuses an answer that leaves out a field. Here a field that is missing is
None, and a value is what came.
"""

from __future__ import annotations

import json
from copy import copy, deepcopy
from datetime import date
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, cast

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from builtins import dict as Dict  # noqa: N812 (a record's own method is called dict)
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Readers", "Record", "attached", "one", "several"]

Readers: TypeAlias = "Mapping[str, Callable[[Any], Any]]"
"""For the fields of a record that are more than plain JSON: what makes them."""


class Record:
    """An object with the fields that its class names. Names it does not know are passed over when it is made."""

    __fields__: ClassVar[Dict[str, Any]] = {}
    """The fields, and what each is said to be."""
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

    def __iter__(self) -> Iterator[Any]:
        yield from _fields(self)

    def __eq__(self, other: object) -> bool:
        return self.dict() == (other.dict() if isinstance(other, Record) else other)

    __hash__ = None  # pyright: ignore[reportAssignmentType] (it can be changed)

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
        """The fields as a dictionary, those inside of it as well."""
        del by_alias
        given: set[str] = self.__dict__["__fields_set__"]
        return {
            name: _plain(value, exclude_none=exclude_none)
            for name, value in _fields(self)
            if (include is None or name in include)
            and (exclude is None or name not in exclude)
            and not (exclude_unset and name not in given)
            and not (exclude_defaults and value == getattr(type(self), name, None))
            and not (exclude_none and value is None)
        }

    def json(self, **options: Any) -> str:
        """The fields as JSON; takes what `dict` takes."""
        return json.dumps(self.dict(**options), default=_text)

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Another one, with some fields changed."""
        other = copy(self)
        fields = dict(_fields(self))
        other.__dict__.update({**(deepcopy(fields) if deep else fields), **(update or {})})
        return other

    @classmethod
    def parse_obj(cls, obj: Any) -> Self:
        """One of these from a dictionary."""
        return cls(**obj)

    @classmethod
    def parse_raw(cls, b: str | bytes) -> Self:
        """One of these from JSON."""
        return cls(**json.loads(b))

    @classmethod
    def construct(cls, **values: Any) -> Self:
        """One of these from what is given, as it is."""
        made = cls()
        made.__dict__.update(values)
        return made


def one(made: Callable[..., Any]) -> Callable[[Any], Any]:
    """A reader for a record."""

    def read(value: Any) -> Any:
        return made(**value) if isinstance(value, dict) else value

    return read


def several(made: Callable[..., Any]) -> Callable[[Any], Any]:
    """A reader for a list of records."""
    read = one(made)
    return lambda values: [read(value) for value in values]


def attached(value: Any, client: Any) -> Any:
    """A record that knows its client, and so do those inside of it."""
    if isinstance(value, Record):
        value.__dict__["_client"] = client
        for _, inner in _fields(value):
            attached(inner, client)
        return value  # pyright: ignore[reportUnknownVariableType] (a page is one of something)
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            if isinstance(item, Record):
                attached(item, client)
    return cast("Any", value)


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


resolvable(__name__)
