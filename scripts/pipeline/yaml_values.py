"""Read YAML as JSON values, by the core schema of YAML 1.2, as OpenAPI requires.

`no` and `2024-01-01` are strings, and so is every key. The events come from PyYAML's parser; its composer follows the
older YAML 1.1, and crashes on deep nesting.
"""

from __future__ import annotations

import copy
import math
import re
from typing import TYPE_CHECKING, Any, cast

import yaml

from pipeline.document import DocumentError, as_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["parse_yaml"]

# Aliases can expand a small document to a huge one; 20 MB without aliases have fewer values than this.
_MAX_VALUES = 3_000_000
_TAG = "tag:yaml.org,2002:"
# Always strings: publishers often leave out the quotes, and `1.10` is not the number 1.1.
_STRINGS = {("openapi",), ("swagger",), ("info", "version")}

_PLAIN = (
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")),
)

Place = tuple[str, ...]


def parse_yaml(text: str) -> object:
    """Read YAML as JSON values.

    Raises:
        DocumentError: It is not YAML, or has values that JSON does not have.
    """
    try:
        return _Reader(_events(text)).document()
    except yaml.YAMLError as error:
        message = " ".join(str(error).split())
        raise DocumentError(f"neither JSON nor YAML ({message}); it begins with {text.lstrip()[:40]!r}") from error


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CSafeLoader(text)
    while (event := loader.get_event()) is not None:
        yield event


class _Reader:
    """Builds values from events. An alias becomes a copy, so that it can be changed independently."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._values = 0
        self._anchors: dict[str, tuple[Any, int]] = {}

    def document(self) -> object:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), ())
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise DocumentError(f"it contains a second document{_line(after)}")
        return value

    def _value(self, event: yaml.Event, place: Place) -> Any:
        before = self._values
        self._count(1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if place in _STRINGS else _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, place)
        else:
            value = self._mapping(cast("yaml.MappingStartEvent", event), place)
        if anchor := cast("str | None", getattr(event, "anchor", None)):
            self._anchors[anchor] = value, self._values - before
        return value

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > _MAX_VALUES:
            raise DocumentError(f"its aliases expand to more than {_MAX_VALUES:,} values")

    def _alias(self, event: yaml.AliasEvent) -> Any:
        name = str(event.anchor)
        if name not in self._anchors:
            raise DocumentError(f"the alias *{name} has no anchor that ends before it{_line(event)}")
        value, size = self._anchors[name]
        self._count(size)
        return copy.deepcopy(value)

    def _sequence(self, event: yaml.SequenceStartEvent, place: Place) -> list[Any]:
        _check_tag(event, "seq")
        items: list[Any] = []
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(inner, (*place, "[]")))
        return items

    def _mapping(self, event: yaml.MappingStartEvent, place: Place) -> dict[str, Any]:
        _check_tag(event, "map")
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise DocumentError(f"not convertible to JSON: a key is not a string{_line(key)}")
            name = str(key.value)
            if name in own:
                raise DocumentError(f"not YAML: duplicate key {name!r} in one object{_line(key)}")
            value = self._value(next(self._events), (*place, name))
            if name == "<<" and key.implicit[0]:
                for part in reversed(cast("list[Any]", value) if isinstance(value, list) else [value]):
                    merged |= as_node(part)
            else:
                own[name] = value
        return {**merged, **own}


def _scalar(event: yaml.ScalarEvent) -> object:
    text, tag = str(event.value), str(event.tag or "")
    is_plain, is_quoted = event.implicit
    kind = "str" if is_quoted or tag == "!" else tag.removeprefix(_TAG)
    if is_plain:
        kind = next((name for name, pattern in _PLAIN if pattern.fullmatch(text)), "str")
    if kind == "str":
        return text
    try:
        return _SCALARS[kind](text)
    except (KeyError, ValueError):
        raise DocumentError(f"not convertible to JSON: {text[:40]!r} as {kind}{_line(event)}") from None


def _null(_: str) -> None:
    return None


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _integer(text: str) -> int:
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_SCALARS: dict[str, Callable[[str], object]] = {"null": _null, "bool": _boolean, "int": _integer, "float": _float}


def _check_tag(event: yaml.SequenceStartEvent | yaml.MappingStartEvent, kind: str) -> None:
    if event.tag not in {None, "!", f"{_TAG}{kind}"}:
        raise DocumentError(f"not convertible to JSON: the tag {event.tag}{_line(event)}")


def _line(event: yaml.Event) -> str:
    return f" (line {event.start_mark.line + 1})" if event.start_mark else ""
