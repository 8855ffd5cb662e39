"""Readers: each converts a JSON value other than null to a Python value, or raises `InvalidValue`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from .errors import InvalidValue

if TYPE_CHECKING:
    from uuid import UUID

    from ._view import UnknownVariant, View

    V = TypeVar("V", bound=View)

T = TypeVar("T")
Item = TypeVar("Item")
Empty = TypeVar("Empty")
Word = TypeVar("Word", bound=StrEnum)
Number = TypeVar("Number", bound=IntEnum)

Reader: TypeAlias = Callable[[Any], T]

_OBJECTS = frozenset({dict})


class Partial(list[Item], Generic[Item]):
    """A list without the items of a wrong type; `lost` has their indexes."""

    lost: frozenset[int]


def anything(value: Any) -> Any:
    """Accept any JSON value unchanged."""
    return value


def text(value: Any) -> str:
    """Read a string."""
    if isinstance(value, str):
        return value
    raise InvalidValue


def boolean(value: Any) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise InvalidValue


def integer(value: Any) -> int:
    """Read an integer, including one written as 5.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise InvalidValue


def number(value: Any) -> float:
    """Read a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise InvalidValue from None
    raise InvalidValue


def instant(value: Any) -> datetime:
    """Read a date with a time, in any form of ISO 8601; without a time zone it is in UTC."""
    moment = _parsed(datetime.fromisoformat, value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(value: Any) -> date:
    """Read a date."""
    return _parsed(date.fromisoformat, value)


def uuid(value: Any) -> UUID:
    """Read a UUID, in any form that Python accepts."""
    from uuid import UUID

    return _parsed(UUID, value)


def _parsed(parse: Callable[[str], T], value: Any) -> T:
    try:
        return parse(text(value))
    except (ValueError, OverflowError):
        raise InvalidValue from None


def mapping(value: Any) -> dict[str, Any]:
    """Read an object with any keys."""
    result: dict[str, Any] | None = value
    if isinstance(result, dict):
        return result
    raise InvalidValue


def choice(*enums: type[Word]) -> Reader[Word | str]:
    """Create a reader of an open enum: the member of a known word, else the word."""

    def read(value: Any) -> Word | str:
        word = text(value)
        for enum in enums:
            try:
                return enum(word)
            except ValueError:
                continue
        return word

    return read


class _Words(dict[Any, Any]):
    __slots__ = ("_empty", "_enum")

    def __init__(self, enum: Callable[[], type[StrEnum]], empty: Any) -> None:
        self._enum = enum
        self._empty = empty

    def __missing__(self, word: Any) -> Any:
        if not self:
            members: dict[Any, Any] = {member.value: member for member in self._enum()}
            # In one step, so that no other thread sees only some members.
            self.update({None: self._empty, **members})
            return self[word]
        return word if isinstance(word, str) else self._empty


def words(enum: Callable[[], type[Word]], empty: Empty) -> dict[Any, Word | str | Empty]:
    """Map each word of an open enum to its member, and other values to `empty`; the enum is loaded on first use."""
    return _Words(enum, empty)


def numbered(enum: type[Number]) -> Reader[Number | int]:
    """Create a reader of an open enum of numbers: the member of a known number, else the number."""

    def read(value: Any) -> Number | int:
        number = integer(value)
        try:
            return enum(number)
        except ValueError:
            return number

    return read


def one_of(*models: type[V]) -> Reader[V]:
    """Create a reader of objects as the best-matching model."""

    def read(value: Any) -> V:
        data = mapping(value)
        return max(models, key=lambda model: model._match_score(data)).from_dict(data)  # pyright: ignore[reportPrivateUsage]

    return read


def tagged(
    key: str, models: Mapping[Any, type[V]], *, by_fields: bool = False, otherwise: type[V] | None = None
) -> Reader[V | UnknownVariant]:
    """Create a reader of objects as the model that one of their keys names.

    Args:
        key: The key of the object that names the model.
        models: The model for each value of the key.
        by_fields: Whether an object without the key is read as the best-matching model.
        otherwise: The model of objects whose key is missing or has another value.
    """
    from ._view import UnknownVariant

    best = one_of(*dict.fromkeys(models.values()))

    def read(value: Any) -> V | UnknownVariant:
        data = mapping(value)
        if by_fields and key not in data:
            return best(data)
        tag = data.get(key)
        model = models.get(tag, otherwise) if isinstance(tag, (str, int)) else otherwise
        return UnknownVariant.of(data, key) if model is None else model.from_dict(data)

    return read


def list_of(item: Reader[Item]) -> Reader[list[Item]]:
    """Create a reader of lists; items of a wrong type are dropped, and listed by the model's `invalid_values`."""

    def read(value: Any) -> list[Item]:
        items: list[Any] | None = value
        if not isinstance(items, list):
            raise InvalidValue
        valid: list[Item] = []
        lost: set[int] = set()
        for index, each in enumerate(items):
            try:
                valid.append(item(each))
            except InvalidValue:
                lost.add(index)
        if not lost:
            return valid
        partial = Partial(valid)
        partial.lost = frozenset(lost)
        return partial

    return read


def views(model: type[V]) -> Reader[list[V]]:
    """Create a reader of lists of objects: fast if all items are objects, else as `list_of(model.from_dict)`."""
    one_by_one = list_of(model.from_dict)

    def read(value: Any) -> list[V]:
        items: list[Any] | None = value
        if isinstance(items, list) and _OBJECTS.issuperset(map(type, items)):
            return model._of_each(items)  # pyright: ignore[reportPrivateUsage]
        return one_by_one(value)

    return read


def mapping_of(item: Reader[Item]) -> Reader[dict[str, Item]]:
    """Create a reader of objects whose values have one type; others are dropped, and listed by `invalid_values`."""

    def read(value: Any) -> dict[str, Item]:
        items: dict[str, Item] = {}
        for key, each in mapping(value).items():
            try:
                items[key] = item(each)
            except InvalidValue:
                continue
        return items

    return read


def maybe(reader: Reader[Item]) -> Reader[Item | None]:
    """Create a reader of a nullable value."""

    def read(value: Any) -> Item | None:
        return None if value is None else reader(value)

    return read


def either(*readers: Reader[Any]) -> Reader[Any]:
    """Create a reader that tries several readers in order."""

    def read(value: Any) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except InvalidValue:
                continue
        raise InvalidValue

    return read
