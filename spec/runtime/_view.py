"""A model is a typed, read-only view of a JSON object.

Creating a model converts nothing, so that nothing can fail or get lost: `to_dict` returns exactly what `from_dict`
received. A field is read when it is accessed. A field that is absent, null or not of its type reads as
None (a field that is always present reads as the empty value of its type); `invalid_values` lists the values that are
not of their type, and `model["field"]` returns any field as it arrived, documented or not.

Models support the protocol of attrs: `attrs.fields`, `attrs.asdict`, `attrs.evolve`. They are not attrs classes, and
attrs is loaded only when one of these functions is used.
"""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar, Self, TypeGuard, TypeVar, cast, get_type_hints

from ._read import Partial, Reader
from .errors import InvalidArgument, InvalidValue
from .types import Unset

T = TypeVar("T")
V = TypeVar("V", bound="View")

_DEPTH = 100_000  # levels of JSON; a deeper value must contain itself
_SHOWN = 120  # characters of one field in a repr
_LOST = object()
_new = object.__new__
_instant = datetime.fromisoformat
_TEXTS = (str, bytes, bytearray, memoryview)


class _AttrsFields:
    """Builds `__attrs_attrs__` of a model when attrs asks for it."""

    def __get__(self, instance: object, owner: type[View]) -> tuple[Any, ...]:
        import attrs

        properties = {name: getattr(owner, name) for name in owner._keys}  # pyright: ignore[reportPrivateUsage]
        fields = {
            name: attrs.field(type=get_type_hints(getter.fget)["return"], alias=name)
            for name, getter in properties.items()
        }
        fields["additional_properties"] = attrs.field(type=dict[str, Any])
        attrs_class = attrs.make_class(owner.__name__, fields, slots=False, init=False)
        attributes: tuple[Any, ...] = attrs.fields(attrs_class)
        type.__setattr__(owner, "__attrs_attrs__", attributes)
        return attributes


class View:
    """Base class of all models. Create a model from JSON with `from_dict`, or from values with keyword arguments."""

    __slots__ = ("_data", "_made")
    __iter__: ClassVar[None] = None  # with __getitem__ alone, Python would iterate by view[0]

    _keys: ClassVar[Mapping[str, str]] = {}
    """The JSON key of each field that the OpenAPI document defines."""
    _fixed: ClassVar[Mapping[str, Any]] = {}
    """The JSON keys with the same value in all objects of this kind, and the value."""
    _secret: ClassVar[frozenset[str]] = frozenset()
    """The JSON keys whose values are hidden from reprs."""
    __attrs_attrs__: ClassVar[Any] = _AttrsFields()

    _data: dict[str, Any]
    _made: dict[str, Any] | None

    def __init__(self) -> None:
        self._start({})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create an instance from a JSON object. The object is kept, not copied.

        Raises:
            InvalidValue: The value is not an object.
        """
        view = _new(cls)
        view._data = data if isinstance(data, dict) else _object(data, cls.__name__)
        view._made = None
        return view

    @classmethod
    def _of_each(cls, objects: list[dict[str, Any]]) -> list[Self]:
        """Create the models of several JSON objects."""
        views: list[Self] = []
        for data in objects:
            view = _new(cls)
            view._data = data
            view._made = None
            views.append(view)
        return views

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the JSON object as it arrived: absent keys stay absent, nulls null, unknown keys stay."""
        data: dict[str, Any] = copied(self._data)
        return data

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Keys that the OpenAPI document does not define, with their values."""
        known = set(self._keys.values())
        additional = _Additional({key: value for key, value in self._data.items() if key not in known})
        additional.source = self
        return additional

    @property
    def invalid_values(self) -> dict[str, Any]:
        """Values that do not have the documented type, by path (`urls.get`, `results[3]`); they read as None."""
        invalid: dict[str, Any] = {}
        waiting: list[tuple[str, Any, Any]] = [("", self._data, self)]
        while waiting:
            path, raw, value = waiting.pop()
            parts = _parts(raw, value)
            if parts is None:
                invalid[path.removeprefix(".")] = raw
            else:
                waiting.extend((path + step, was, reads) for step, was, reads in reversed(parts))
        return invalid

    @classmethod
    def _match_score(cls, data: Mapping[str, Any]) -> tuple[int, int]:
        """Rate how well an object matches this model: first by its constants, then by its known keys."""
        fixed = sum(1 if data.get(key) == value else -1 for key, value in cls._fixed.items())
        known = set(cls._keys.values())
        return fixed, sum(1 if key in known else -1 for key in data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __eq__(self, other: object) -> bool:
        return self._data == other._data if isinstance(other, View) and _akin(self, other) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        shown = (f"{key}={self._shown(key, value)}" for key, value in self._data.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_dict, (self._data,)

    def __copy__(self) -> Self:
        return self.from_dict(dict(self._data))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.from_dict(self.to_dict())

    def _shown(self, key: str, value: Any) -> str:
        text = "'**********'" if key in self._secret else _SHORT.repr(value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

    def _start(self, values: dict[str, Any], additional: Mapping[str, Any] | None = None) -> None:
        source = additional.source if isinstance(additional, _Additional) else None
        if source is not None and source._keys == self._keys:
            values = _changed(source, values)
        elif additional:
            values = {**additional, **values}
        self._data = encoded(values)
        self._made = None

    def _read(self, key: str, reader: Reader[T]) -> T | None:
        value = self._data.get(key)
        if value is None:
            return None
        try:
            return reader(value)
        except InvalidValue:
            return None

    def _need(self, key: str, reader: Reader[T], empty: T) -> T:
        value = self._read(key, reader)
        return empty if value is None else value

    def _instant(self, key: str) -> datetime | None:
        """Read a date with a time."""
        value = self._data.get(key)
        if value is None:
            return None
        try:
            moment = _instant(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def _part(self, key: str, model: type[V]) -> V | None:
        """Read an object as a model, and cache it."""
        cache = self._made
        if cache is None:
            cache = self._made = {}
        elif key in cache:
            cached: V | None = cache[key]
            return cached
        value = self._data.get(key)
        if not isinstance(value, dict):
            cache[key] = None
            return None
        part = cache[key] = _new(model)
        part._data = value
        part._made = None
        return part

    def _once(self, key: str, reader: Callable[[], Reader[T]]) -> T | None:
        """Read an expensive value and cache it; its classes are imported at the first read."""
        cache = self._made
        if cache is None:
            cache = self._made = {}
        if key not in cache:
            cache[key] = self._read(key, reader())
        cached: T | None = cache[key]
        return cached

    def _need_once(self, key: str, reader: Callable[[], Reader[T]], empty: T) -> T:
        value = self._once(key, reader)
        return empty if value is None else value


class UnknownVariant(View):
    """An object of an undocumented kind. It keeps all fields; `invalid_values` has the kind."""

    __slots__ = ("_kind_key",)

    _kind_key: str

    @classmethod
    def of(cls, data: Mapping[str, Any], key: str) -> Self:
        """Create it from an object and the key that names its kind."""
        unknown = cls.from_dict(data)
        unknown._kind_key = key
        return unknown

    @property
    def invalid_values(self) -> dict[str, Any]:
        """The key that should name a documented kind, and its value."""
        return {self._kind_key: self._data.get(self._kind_key)}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of, (self._data, self._kind_key)

    def __copy__(self) -> Self:
        return self.of(dict(self._data), self._kind_key)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.of(self.to_dict(), self._kind_key)


class _Additional(dict[str, Any]):
    """The additional properties of a model, and the model, so that `attrs.evolve` keeps unchanged fields."""

    source: View


def _changed(source: View, values: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a model with changed fields; unchanged fields keep their JSON, or stay absent."""
    data = dict(source._data)  # pyright: ignore[reportPrivateUsage]
    for name, key in source._keys.items():  # pyright: ignore[reportPrivateUsage]
        old, new = getattr(source, name), values[key]
        if old is not new and not (type(old) is type(new) and old == new):
            data[key] = new
    return data


class _Short(reprlib.Repr):
    """A repr that is short and never fails, however large or deep the value is."""

    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # Python refuses to format integers of thousands of digits
            return f"<an int of {x.bit_length()} bits>"


_SHORT = _Short()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 80, 80


def _object(data: object, name: str) -> dict[str, Any]:
    try:
        return dict(cast("Mapping[str, Any]", data).items())
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue(f"{name} is read from a JSON object, not from {type(data).__name__}") from None


def _akin(view: View, other: View) -> bool:
    return isinstance(view, type(other)) or isinstance(other, type(view))


def _parts(raw: Any, value: Any) -> list[tuple[str, Any, Any]] | None:
    """Pair the parts of a value with the JSON that they were read from; None if the value could not be read."""
    if value is _LOST or (isinstance(value, str) and value == "" != raw):
        return None
    if value is raw or raw is None:
        return []
    if isinstance(value, UnknownVariant):
        return [(f".{key}", kind, _LOST) for key, kind in value.invalid_values.items()]
    if isinstance(value, View):
        return list(_fields(raw, value)) if is_object(raw) else None
    if is_list(value):
        return list(_items(raw, value)) if is_list(raw) else None
    if is_object(value):
        return [(f".{key}", item, value.get(key, _LOST)) for key, item in raw.items()] if is_object(raw) else None
    return None if value is None else []


def _fields(raw: dict[str, Any], value: View) -> Iterator[tuple[str, Any, Any]]:
    for name, key in value._keys.items():  # pyright: ignore[reportPrivateUsage]
        if raw.get(key) is not None:
            yield f".{key}", raw[key], getattr(value, name)


def _items(raw: list[Any], value: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    lost = value.lost if isinstance(value, Partial) else frozenset[int]()
    items = iter(value)
    for place, item in enumerate(raw):
        yield f"[{place}]", item, _LOST if place in lost else next(items)


def encoded(value: Any) -> Any:
    """Convert a value to JSON: models to objects, dates to text, enums to their values; UNSET is dropped.

    Raises:
        InvalidArgument: The value contains itself.
    """
    return _rebuilt(value, _encoded)


def copied(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    return _rebuilt(value, _copied)


def _encoded(value: Any) -> Any:
    if isinstance(value, View):
        return dict(value._data)  # pyright: ignore[reportPrivateUsage]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        # A time without a zone would be a different instant on each machine.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    container: Mapping[str, Any] | Sequence[Any] | None = value
    if isinstance(container, Mapping):
        return {key: item for key, item in container.items() if not isinstance(item, Unset)}
    if isinstance(value, _TEXTS):
        return cast("str | bytes", value)
    if isinstance(container, Sequence):
        return list(container)
    uuid = sys.modules.get("uuid")  # no value can be a UUID before this module is loaded
    return str(value) if uuid is not None and isinstance(value, uuid.UUID) else value


def _copied(value: Any) -> Any:
    if is_object(value):
        return dict(value)
    return list(value) if is_list(value) else value


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


def _rebuilt(value: Any, step: Callable[[Any], Any]) -> Any:
    """Apply a step, which copies objects and lists, to a value and all its parts, without recursion."""
    top = [value]
    waiting: list[tuple[Any, int]] = [(top, 0)]
    while waiting:
        holder, depth = waiting.pop()
        if depth > _DEPTH:
            raise InvalidArgument(
                f"the value cannot be sent: it contains itself, or is nested more than {_DEPTH} levels deep"
            )
        keys: list[Any] = list(cast("Any", holder)) if isinstance(holder, dict) else list(range(len(holder)))
        for key in keys:
            holder[key] = part = step(holder[key])
            if isinstance(part, (dict, list)):
                waiting.append((cast("Any", part), depth + 1))
    return top[0]
