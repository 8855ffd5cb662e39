"""A model's input, made ready to send: every value as JSON, every file inside it or uploaded before it.

`plan_input` walks what the caller gave and refuses, before any request, what cannot be sent. Its plan has the
files that must be uploaded; `resolve` puts their URLs in.

| given | sent as |
| --- | --- |
| None, bool, int, float, str | itself; NaN and infinity are refused |
| dict and other mappings | an object; keys must be text |
| list, tuple, deque, set, range, generator, ... | an array; sets in order where they have one |
| Path, bytes, file object, PIL picture | a file (`_sources`); a `str` is never taken for a path |
| a file that the API has: `FileOutput`, `File` | its URL, without download and upload |
| numpy and what is like it (`dtype`, `tolist`) | numbers, in arrays |
| `httpx.URL`, `urllib.parse.SplitResult`, ... | its text |
| datetime, date, time | ISO 8601 text |
| Enum | its value |
| UUID | its text |
| Decimal | a number, with the precision of a float |

Instances of dataclasses, attrs and pydantic are refused: what of them is meant is for the caller to say.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, cast
from uuid import UUID

import attrs

from replicatekit._files import data_urls as _dataurl
from replicatekit._files.names import file_name
from replicatekit._files.settings import check_strategy
from replicatekit._inputs.file_sources import INLINE_LIMIT, FileSource, file_source, identity, is_file
from replicatekit._inputs.json_values import (
    Where,
    decimal,
    is_array,
    is_hosted,
    is_url,
    key_text,
    number,
    path_of,
    refused,
    text,
    url_of,
    why_not,
)
from replicatekit.errors import FileCorruptedError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit._files.settings import FileStrategy

__all__ = ["HasURL", "InputPlan", "plan_input", "resolve"]

_DEEPEST = 64  # levels: far below where Python itself, here or at the other end, gives up

_PLAIN = {type(None), bool, int}


class HasURL(Protocol):
    """What stands for a file that a model can fetch by itself."""

    @property
    def __replicate_url__(self) -> str:
        """The file's HTTPS or `data:` URL."""
        ...


@attrs.frozen
class InputPlan:
    """An input that can be sent as soon as its files are uploaded."""

    tree: Any
    """JSON, with a placeholder where a file's URL goes; without `files` it is ready as it is."""
    files: tuple[FileSource, ...]
    """The files to upload, each once, in the order of their first use."""


@attrs.frozen
class _Slot:
    """A placeholder: the file at `index` in the plan."""

    index: int


def plan_input(value: Mapping[str, Any] | None, *, strategy: FileStrategy = "auto", root: str = "input") -> InputPlan:
    """Walk a model's input and make it ready to send.

    Args:
        value: The input; None is an empty one. Generators in it are used up, once.
        strategy: Where files go.
        root: What paths in errors begin with.

    Raises:
        InvalidInput: A value cannot be sent; `error.path` is its place, such as `input.images[2]`.
        FileTooLargeError: A file is longer than the API takes.
    """
    check_strategy(strategy)
    if value is None:
        return InputPlan({}, ())
    if not isinstance(cast("object", value), Mapping):
        raise refused((None, root), f"a {type(value).__name__} is no input: give a dict with the model's names")
    walk = _Walk(strategy)
    return InputPlan(walk.value(value, (None, root)), tuple(walk.files))


def resolve(plan: InputPlan, urls: Sequence[str]) -> Any:
    """The JSON of a plan whose files have been uploaded; `urls` are theirs, in the order of `plan.files`."""
    if len(urls) != len(plan.files):
        raise InvalidArgument(f"the input has {len(plan.files)} files, and {len(urls)} URLs were given for them")
    return _filled(plan.tree, urls) if plan.files else plan.tree


def _filled(tree: Any, urls: Sequence[str]) -> Any:
    match tree:
        case _Slot(index=index):
            return urls[index]
        case dict():
            return {key: _filled(value, urls) for key, value in cast("dict[str, Any]", tree).items()}
        case list():
            return [_filled(value, urls) for value in cast("list[Any]", tree)]
        case _:
            return tree


@attrs.define
class _Walk:
    """One pass over an input."""

    strategy: FileStrategy
    files: list[FileSource] = attrs.field(factory=list[FileSource])
    # What may stand in several places and is read once; the value is kept, so that its id stays its own.
    known: dict[Any, tuple[Any, Any]] = attrs.field(factory=dict[Any, tuple[Any, Any]])
    around: set[int] = attrs.field(factory=set[int])
    depth: int = 0

    def value(self, value: Any, where: Where) -> Any:
        """The JSON for a value, wherever it stands."""
        if type(value) in _PLAIN:
            return value
        if type(value) is float:
            return number(value, where)
        for fits, send in _RULES:
            if fits(value):
                return send(self, value, where)
        raise refused(where, why_not(value))

    def mapping(self, value: Mapping[Any, Any], where: Where) -> Any:
        with _Level(self, value, where):
            return {key_text(key, where): self.value(item, (where, key)) for key, item in value.items()}

    def items(self, value: Iterable[Any], where: Where) -> Any:
        with _Level(self, value, where):
            return [self.value(item, (where, index)) for index, item in enumerate(value)]

    def members(self, value: AbstractSet[Any], where: Where) -> Any:
        try:
            return self.items(sorted(value), where)
        except TypeError:  # no order between them
            return self.items(list(value), where)

    def iterator(self, value: Iterator[Any], where: Where) -> Any:
        return self.once(id(value), value, lambda: self.items(value, where))

    def numbers(self, value: Any, where: Where) -> Any:
        if getattr(value.dtype, "kind", "") in {"m", "M"}:
            raise refused(where, "numpy's dates have no single form in JSON: convert them to text first")
        return self.value(value.tolist(), where)

    def file(self, value: Any, where: Where) -> Any:
        return self.once(identity(value), value, lambda: self.place(file_source(value, where=path_of(where))))

    def hosted(self, value: Any, where: Where) -> Any:
        """A file that has a URL is not sent at all, unless that URL is the file itself."""
        url = url_of(value)
        if url is None:
            raise refused(where, f"this {type(value).__name__} has no URL")
        if not _dataurl.is_data_url(url):
            return url
        return self.once(id(value), value, lambda: self.place(_inside(url, value, where)))

    def place(self, source: FileSource) -> str | _Slot:
        """Put a file where it goes: its `data:` URL, or a placeholder for the URL that it will have."""
        is_small = source.size is not None and source.size <= INLINE_LIMIT
        if self.strategy == "inline" or (self.strategy == "auto" and is_small):
            return _dataurl.encode(source.chunks(), source.media_type)
        self.files.append(source)
        return _Slot(len(self.files) - 1)

    def once(self, key: Any, value: Any, send: Callable[[], Any]) -> Any:
        if key not in self.known:
            self.known[key] = (value, send())
        return self.known[key][1]


@attrs.define
class _Level:
    """One level down; refuses what contains itself, and what has no end of levels."""

    walk: _Walk
    value: object
    where: Where

    def __enter__(self) -> None:
        if id(self.value) in self.walk.around:
            raise refused(self.where, f"this {type(self.value).__name__} contains itself")
        if self.walk.depth >= _DEEPEST:
            raise refused(self.where, f"more than {_DEEPEST} levels deep")
        self.walk.around.add(id(self.value))
        self.walk.depth += 1

    def __exit__(self, *_: object) -> None:
        self.walk.around.discard(id(self.value))
        self.walk.depth -= 1


def _inside(url: str, value: Any, where: Where) -> FileSource:
    try:
        content = _dataurl.parse(url)
    except FileCorruptedError as error:
        raise refused(where, error.message) from error
    name = getattr(value, "name", None) or file_name(media_type=content.media_type)
    return file_source(content.data, where=path_of(where), name=name, media_type=content.media_type)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


# In this order: an Enum may be a str, a SplitResult is a tuple, a FileOutput is a path, a file object is an
# iterator; and what is asked for an attribute must not be a mapping that answers to any.
_RULES: tuple[tuple[Callable[[Any], bool], Callable[[_Walk, Any, Where], Any]], ...] = (
    (_is(Enum), lambda walk, value, where: walk.value(value.value, where)),
    (_is(str), lambda _, value, where: text(value, where)),
    (_is(float), lambda _, value, where: number(value, where)),
    (_is(int), lambda _, value, __: int(value)),
    (_is(list), _Walk.items),
    (is_hosted, _Walk.hosted),
    (is_url, lambda _, value, __: value.geturl() if hasattr(value, "geturl") else str(value)),
    (_is(Mapping), _Walk.mapping),
    (_is(tuple), _Walk.items),
    (is_file, _Walk.file),
    (is_array, _Walk.numbers),
    (_is(AbstractSet), _Walk.members),
    (_is(Iterator), _Walk.iterator),
    (_is(Sequence, MappingView, array), _Walk.items),
    (_is(datetime, date, time), lambda _, value, __: value.isoformat()),
    (_is(Decimal), lambda _, value, where: decimal(value, where)),
    (_is(UUID), lambda _, value, __: str(value)),
)
