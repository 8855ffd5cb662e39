"""What httpx is given to send: requests with nothing of a client's own, and bodies that are read as they are sent.

Part of `_io`: one class of bodies blocks while it reads, the other one lets threads read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

    import httpx

__all__ = ["SLOW", "AsyncBody", "Body", "plain_request"]

SLOW = 0.005
"""Seconds: a disk that takes longer over one piece gets a thread. Most take none at all, and a thread does."""


def plain_request(arguments: Mapping[str, Any]) -> httpx.Request:
    """A request with the headers that are given, and without what a client's `build_request` would add."""
    import httpx

    given = arguments["timeout"]
    timeout = given if isinstance(given, httpx.Timeout) else httpx.Timeout(given)
    extensions = {"timeout": timeout.as_dict()}
    return httpx.Request(arguments["method"], arguments["url"], headers=arguments["headers"], extensions=extensions)


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
