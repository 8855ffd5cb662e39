"""From a connection into a file."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from attrs import define, field

from replicatekit._http.request import SLOW

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from replicatekit._http.contract import Sender

__all__ = ["BufferedWriter", "Sink"]

_BATCH = 512 * 1024  # bytes that wait for a disk that is slow


class Sink(Protocol):
    """What is written to."""

    def write(self, pieces: Sequence[bytes]) -> None:
        """Add these bytes."""
        ...

    def restart(self) -> None:
        """Forget what was written."""
        ...


@define(eq=False)
class BufferedWriter:
    """Writes what comes: at once, or by threads and in larger pieces as soon as the disk is seen to be slow."""

    io: Sender
    sink: Sink
    on_progress: Callable[[int], object] | None = None
    _is_slow: bool = field(default=False, init=False)
    _waiting: list[bytes] = field(factory=list[bytes], init=False)
    _waiting_size: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)

    async def fill(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Write all of these pieces, and close what they come from."""
        async with aclosing(pieces):
            async for piece in pieces:
                self._size += len(piece)
                if self._is_slow:
                    await self._later(piece)
                else:
                    begun = time.perf_counter()
                    self.sink.write((piece,))
                    self._is_slow = time.perf_counter() - begun > SLOW
                if self.on_progress is not None:
                    self.on_progress(self._size)
        await self._flush()

    def restart(self) -> None:
        """Forget everything: what comes now comes from the beginning."""
        self._waiting, self._waiting_size, self._size = [], 0, 0
        self.sink.restart()

    async def _later(self, piece: bytes) -> None:
        self._waiting.append(piece)
        self._waiting_size += len(piece)
        if self._waiting_size >= _BATCH:
            await self._flush()

    async def _flush(self) -> None:
        if self._waiting:
            pieces, self._waiting, self._waiting_size = self._waiting, [], 0
            await self.io.run(self.sink.write, pieces)
