"""Requests of pyreqwest on their way, and the bodies of their answers."""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from attrs import define, field
from pyreqwest import exceptions as theirs

from replicatekit._transports._at_exit import touched
from replicatekit._transports._reqwest_errors import as_httpx, cause_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator

__all__ = ["AsyncBody", "Begun", "Body", "Sending", "begun", "headers_of", "kept"]

T = TypeVar("T")

_SMALL = 1_000_000  # bytes of an answer that is read in one go


class Sending:
    """A request of theirs on its way. Nothing of it is shown: theirs cannot show itself any more once it is sent."""

    def __init__(self, request: Any) -> None:
        self.begin = request.__enter__ if hasattr(request, "__enter__") else request.__aenter__
        self.end = request.__exit__ if hasattr(request, "__exit__") else request.__aexit__


@define(repr=False)
class Begun:
    """An answer, and as much of its body as is not worth a second call."""

    answer: Any
    pieces: list[bytes] = field(factory=list[bytes])
    broken: theirs.PyreqwestError | None = None
    is_whole: bool = False


def begun(sent: Sending) -> Begun:
    begun = Begun(sent.begin())
    length = begun.answer.get_header("content-length") or ""
    if length.isdecimal() and int(length) <= _SMALL:
        try:
            while (piece := begun.answer.body_reader.read_chunk()) is not None:
                begun.pieces.append(bytes(piece))
            begun.is_whole = True
        except theirs.PyreqwestError as error:
            begun.broken = error
    return begun


def headers_of(answer: Any) -> httpx.Headers:
    try:
        return httpx.Headers(answer.headers.items())
    except ValueError:  # one is no text; the others are
        return httpx.Headers([pair for name in dict.fromkeys(answer.headers) for pair in _values(answer, name)])


def _values(answer: Any, name: str) -> list[tuple[str, str]]:
    try:
        return [(name, value) for value in answer.get_header_all(name)]
    except ValueError:
        return []


class Body(httpx.SyncByteStream):
    def __init__(self, sent: Sending, begun: Begun, call: Callable[[Callable[[], Any]], Any]) -> None:
        self._sent = sent
        self._begun = begun
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        yield from self._begun.pieces
        if self._begun.broken is not None:
            raise as_httpx(self._begun.broken) from cause_of(self._begun.broken)
        while not self._begun.is_whole and (piece := self._read()) is not None:
            yield piece

    def _read(self) -> bytes | None:
        try:
            piece = self._call(self._begun.answer.body_reader.read_chunk)
        except theirs.PyreqwestError as error:
            raise as_httpx(error) from cause_of(error)
        return None if piece is None else bytes(piece)

    def close(self) -> None:
        self._sent.end(None, None, None)
        touched()


@coroutine
def kept(work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await something of theirs. Cancelled, it would raise an error of its own, without the word from anyio by whom."""
    pending = work.__await__()
    try:
        step = next(pending)
        while True:
            try:
                sent = yield step
            except BaseException as cancelled:  # noqa: BLE001 (it is passed on)
                try:
                    step = pending.throw(cancelled)
                except type(cancelled):
                    raise cancelled from None
            else:
                step = pending.send(sent)
    except StopIteration as stop:
        return stop.value


class AsyncBody(httpx.AsyncByteStream):
    def __init__(self, sent: Sending, reader: Any) -> None:
        self._sent = sent
        self._reader = reader

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await kept(self._reader.read_chunk())
        except theirs.PyreqwestError as error:
            raise as_httpx(error) from cause_of(error)
        if piece is None:
            raise StopAsyncIteration
        return bytes(piece)

    async def aclose(self) -> None:
        await kept(self._sent.end(None, None, None))
        touched()
