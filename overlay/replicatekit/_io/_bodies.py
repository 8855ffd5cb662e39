"""Bodies of requests that are read as they are sent: one blocks while it reads, the other one lets threads read."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from replicatekit._sending import SLOW

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    import httpx

__all__ = ["AsyncBody", "Body", "without_generator"]


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

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        import anyio.to_thread

        reading, waits = self._pieces(), self._waits
        while True:
            if waits:
                # Abandoned when cancelled: nobody knows when a pipe that is silent will say something.
                piece = await anyio.to_thread.run_sync(next, reading, None, abandon_on_cancel=True)
            else:
                begun = time.perf_counter()
                piece = next(reading, None)
                waits = time.perf_counter() - begun > SLOW
            if piece is None:
                return
            yield piece
            self._sent(piece)


def without_generator(request: httpx.Request) -> httpx.Request:
    """A request whose body httpx does not give by a generator: trio warns of each that is left when sending fails."""
    import httpx

    if isinstance(request.stream, httpx.ByteStream):
        request.stream = _whole_stream()(request.content)
    return request


@cache
def _whole_stream() -> Callable[[bytes], httpx.AsyncByteStream]:
    import httpx

    class Whole(httpx.AsyncByteStream):
        def __init__(self, content: bytes) -> None:
            self._content = content

        def __aiter__(self) -> _Once:
            return _Once(self._content)

    return Whole


class _Once:
    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    def __aiter__(self) -> _Once:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()
