"""Request bodies that are read while they are sent: by the caller's thread, or by worker threads in async code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from replicatekit._http.request import SLOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


class Body:
    """A body for sync code, read from its beginning for each attempt."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], on_sent: Callable[[bytes], object]) -> None:
        self._pieces = pieces
        self._on_sent = on_sent

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            yield piece
            self._on_sent(piece)


class AsyncBody:
    """A body for async code; threads read it if a file or a pipe would block the event loop."""

    def __init__(
        self, pieces: Callable[[], Iterator[bytes]], on_sent: Callable[[bytes], object], *, waits: bool
    ) -> None:
        self._pieces = pieces
        self._on_sent = on_sent
        self._waits = waits

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _BodyReader(self._pieces(), self._on_sent, waits=self._waits)


class _BodyReader:
    def __init__(self, pieces: Iterator[bytes], on_sent: Callable[[bytes], object], *, waits: bool) -> None:
        self._pieces = pieces
        self._on_sent = on_sent
        self._waits = waits
        self._last: bytes | None = None

    def __aiter__(self) -> _BodyReader:
        return self

    async def __anext__(self) -> bytes:
        import anyio.to_thread

        if self._last is not None:
            self._on_sent(self._last)
        if self._waits:
            # Abandoned when cancelled: a silent pipe may block forever.
            self._last = await anyio.to_thread.run_sync(next, self._pieces, None, abandon_on_cancel=True)
        else:
            started = time.perf_counter()
            self._last = next(self._pieces, None)
            self._waits = time.perf_counter() - started > SLOW
        if self._last is None:
            raise StopAsyncIteration
        return self._last
