"""Prepare a model's input: convert every value to JSON, and decide which files are inlined and which are uploaded.

`plan_input` walks the input, and refuses what cannot be sent before any request. Its plan lists the files to upload;
`resolve` puts their URLs in.

| input value | sent as |
| --- | --- |
| None, bool, int, float, str | itself; NaN and infinity are refused |
| dict and other mappings | an object; keys must be text |
| list, tuple, deque, set, range, generator, ... | an array; sets in order where they have one |
| Path, bytes, file object, PIL image | a file (`file_sources`); a `str` is never treated as a path |
| a file that has a URL: `FileOutput`, `File` | its URL, without download and upload |
| numpy arrays and the like (`dtype`, `tolist`) | numbers, in arrays |
| `httpx.URL`, `urllib.parse.SplitResult`, ... | its text |
| datetime, date, time | ISO 8601 text |
| Enum | its value |
| UUID | its text |
| Decimal | a number, with the precision of a float |

Instances of dataclasses, attrs and pydantic are refused: the caller has to convert them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import attrs

from replicatekit._files import data_urls
from replicatekit._files.names import file_name
from replicatekit._files.settings import check_strategy
from replicatekit._inputs.file_sources import INLINE_LIMIT, FileSource, file_source, identity, is_file
from replicatekit._inputs.json_values import (
    Where,
    decimal,
    invalid_input,
    is_array,
    is_hosted,
    is_url,
    key_text,
    number,
    path_of,
    text,
    url_of,
    why_not,
)
from replicatekit.errors import FileCorruptedError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit._files.settings import FileStrategy

_MAX_DEPTH = 64  # levels, far below the recursion limit of Python, here or at the API

_PLAIN = {type(None), bool, int}


@attrs.frozen
class InputPlan:
    """An input that is ready as soon as its files are uploaded."""

    tree: Any
    """JSON, with placeholders for the URLs of `files`."""
    files: tuple[FileSource, ...]
    """The files to upload, each once, in the order of their first use."""


@attrs.frozen
class _Slot:
    """A placeholder for the URL of the file at `index` in the plan."""

    index: int


def plan_input(value: Mapping[str, Any] | None, *, strategy: FileStrategy = "auto", root: str = "input") -> InputPlan:
    """Prepare a model's input.

    Args:
        value: The input; None is an empty one. Generators in it are consumed.
        strategy: Which files are inlined, and which uploaded.
        root: The beginning of paths in errors.

    Raises:
        InvalidInput: A value cannot be sent; `error.path` is its place, such as `input.images[2]`.
        FileTooLargeError: A file is larger than the API accepts.
    """
    check_strategy(strategy)
    if value is None:
        return InputPlan({}, ())
    if not isinstance(cast("object", value), Mapping):
        raise invalid_input((None, root), f"must be a dict of the model's inputs, not {type(value).__name__}")
    walk = _Walk(strategy)
    return InputPlan(walk.value(value, (None, root)), tuple(walk.files))


def resolve(plan: InputPlan, urls: Sequence[str]) -> Any:
    """The input as JSON, with the URLs of the uploaded files, in the order of `plan.files`."""
    if len(urls) != len(plan.files):
        raise InvalidArgument(f"the input has {len(plan.files)} files, but {len(urls)} URLs were given")
    return _with_urls(plan.tree, urls) if plan.files else plan.tree


def _with_urls(tree: Any, urls: Sequence[str]) -> Any:
    match tree:
        case _Slot(index=index):
            return urls[index]
        case dict():
            return {key: _with_urls(value, urls) for key, value in cast("dict[str, Any]", tree).items()}
        case list():
            return [_with_urls(value, urls) for value in cast("Any", tree)]
        case _:
            return tree


@attrs.define
class _Walk:
    """One walk over an input."""

    strategy: FileStrategy
    files: list[FileSource] = attrs.field(factory=list[FileSource])
    # Values that may occur in several places and are read once. Each is referenced here, so that its id stays unique.
    known: dict[Any, tuple[Any, Any]] = attrs.field(factory=dict[Any, tuple[Any, Any]])
    enclosing: set[int] = attrs.field(factory=set[int])

    def value(self, value: Any, where: Where) -> Any:
        """The JSON for any value."""
        if type(value) in _PLAIN:
            return value
        if type(value) is float:
            return number(value, where)
        for fits, send in _RULES:
            if fits(value):
                return send(self, value, where)
        raise invalid_input(where, why_not(value))

    def mapping(self, value: Mapping[Any, Any], where: Where) -> Any:
        with _Level(self, value, where):
            return {key_text(key, where): self.value(item, (where, key)) for key, item in value.items()}

    def items(self, value: Iterable[Any], where: Where) -> Any:
        with _Level(self, value, where):
            return [self.value(item, (where, index)) for index, item in enumerate(value)]

    def members(self, value: AbstractSet[Any], where: Where) -> Any:
        try:
            return self.items(sorted(value), where)
        except TypeError:  # they have no order
            return self.items(list(value), where)

    def iterator(self, value: Iterator[Any], where: Where) -> Any:
        return self.once(id(value), value, lambda: self.items(value, where))

    def numbers(self, value: Any, where: Where) -> Any:
        if getattr(value.dtype, "kind", "") in {"m", "M"}:
            raise invalid_input(where, "numpy's dates have no single form in JSON: convert them to text first")
        return self.value(value.tolist(), where)

    def file(self, value: Any, where: Where) -> Any:
        return self.once(identity(value), value, lambda: self.place(file_source(value, where=path_of(where))))

    def hosted(self, value: Any, where: Where) -> Any:
        """The URL of a file that has one; only a `data:` URL, which contains the file, may be uploaded."""
        url = url_of(value)
        if url is None:
            raise invalid_input(where, f"this {type(value).__name__} has no URL")
        if not data_urls.is_data_url(url):
            return url
        return self.once(id(value), value, lambda: self.place(_decode(url, value, where)))

    def place(self, source: FileSource) -> str | _Slot:
        """The `data:` URL of a file to inline, or a placeholder for the URL of a file to upload."""
        is_small = source.size is not None and source.size <= INLINE_LIMIT
        if self.strategy == "inline" or (self.strategy == "auto" and is_small):
            return data_urls.encode(source.chunks(), source.media_type)
        self.files.append(source)
        return _Slot(len(self.files) - 1)

    def once(self, key: Any, value: Any, send: Callable[[], Any]) -> Any:
        if key not in self.known:
            self.known[key] = (value, send())
        return self.known[key][1]


@attrs.define
class _Level:
    """One level of nesting; refuses values that contain themselves or are nested too deeply."""

    walk: _Walk
    value: object
    where: Where

    def __enter__(self) -> None:
        if id(self.value) in self.walk.enclosing:
            raise invalid_input(self.where, f"this {type(self.value).__name__} contains itself")
        if len(self.walk.enclosing) >= _MAX_DEPTH:
            raise invalid_input(self.where, f"is nested more than {_MAX_DEPTH} levels deep")
        self.walk.enclosing.add(id(self.value))

    def __exit__(self, *_: object) -> None:
        self.walk.enclosing.discard(id(self.value))


def _decode(url: str, value: Any, where: Where) -> FileSource:
    try:
        content = data_urls.parse(url)
    except FileCorruptedError as error:
        raise invalid_input(where, error.message) from error
    name = getattr(value, "name", None) or file_name(media_type=content.media_type)
    return file_source(content.data, where=path_of(where), name=name, media_type=content.media_type)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


# The order matters: an Enum may be a str, a SplitResult is a tuple, a FileOutput is a path and a file object, a file
# object is an iterator, and some mappings seem to have every attribute.
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
