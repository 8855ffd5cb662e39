"""Bodies of requests that are read as they are sent: one blocks while it reads, the other one lets threads read."""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING

from replicatekit._http.request import SLOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import httpx

__all__ = ["AsyncBody", "Body", "is_raw", "without_generator"]


def is_raw(response: httpx.Response) -> bool:
    """Whether the bytes of the wire are those of the body, and are still to be read."""
    # Transports for tests and recorders of traffic give answers that are read already.
    return not ("content-encoding" in response.headers or response.is_stream_consumed)


class Body:
    """Read in the midst of sending, from the beginning for each attempt."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object]) -> None:
        self._pieces = pieces
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            yield piece
            self._sent(piece)


class AsyncBody:
    """Read in the midst of sending; by threads, where a file or a pipe would keep the event loop waiting."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> None:
        self._pieces = pieces
        self._sent = sent
        self._waits = waits

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Reading(self._pieces(), self._sent, waits=self._waits)


class _Reading:
    def __init__(self, pieces: Iterator[bytes], sent: Callable[[bytes], object], *, waits: bool) -> None:
        self._pieces = pieces
        self._sent = sent
        self._waits = waits
        self._given: bytes | None = None

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> bytes:
        import anyio.to_thread

        if self._given is not None:
            self._sent(self._given)
        if self._waits:
            # Abandoned when cancelled: nobody knows when a pipe that is silent will say something.
            self._given = await anyio.to_thread.run_sync(next, self._pieces, None, abandon_on_cancel=True)
        else:
            begun = time.perf_counter()
            self._given = next(self._pieces, None)
            self._waits = time.perf_counter() - begun > SLOW
        if self._given is None:
            raise StopAsyncIteration
        return self._given


class _Whole:
    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    def __aiter__(self) -> _Whole:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


def without_generator(request: httpx.Request, content: object) -> httpx.Request:
    """A request whose body httpx does not give by a generator: trio warns of each that is left when sending fails."""
    import httpx

    if isinstance(content, AsyncBody):
        request.stream = _stream()(content.__aiter__)
    elif isinstance(request.stream, httpx.ByteStream):
        request.stream = _stream()(partial(_Whole, request.content))
    return request


@cache
def _stream() -> Callable[[Callable[[], AsyncIterator[bytes]]], httpx.AsyncByteStream]:
    import httpx

    class Stream(httpx.AsyncByteStream):
        def __init__(self, begin: Callable[[], AsyncIterator[bytes]]) -> None:
            self._begin = begin

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._begin()

    return Stream
