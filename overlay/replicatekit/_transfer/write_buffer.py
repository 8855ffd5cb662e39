"""Write the chunks of a download."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from attrs import define, field

from replicatekit._http.request import SLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replicatekit._http.contract import Sender
    from replicatekit._transfer.content import Chunks

_BATCH = 512 * 1024  # bytes written at a time to a slow disk


class Sink(Protocol):
    """The target of a download."""

    def write(self, chunks: Sequence[bytes]) -> None:
        """Append these bytes."""
        ...

    def restart(self) -> None:
        """Drop everything that was written."""
        ...


@define(eq=False)
class BufferedWriter:
    """Writes chunks at once; once the disk proves to be slow, in worker threads and in larger pieces."""

    io: Sender
    sink: Sink
    on_progress: Callable[[int], object] | None = None
    _is_slow: bool = field(default=False, init=False)
    _waiting: list[bytes] = field(factory=list[bytes], init=False)
    _waiting_size: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)

    async def fill(self, chunks: Chunks) -> None:
        """Write all chunks, and close their source."""
        async with aclosing(chunks):
            async for chunk in chunks:
                self._size += len(chunk)
                if self._is_slow:
                    await self._write_later(chunk)
                else:
                    started = time.perf_counter()
                    self.sink.write((chunk,))
                    self._is_slow = time.perf_counter() - started > SLOW
                if self.on_progress is not None:
                    self.on_progress(self._size)
        await self._flush()

    def restart(self) -> None:
        """Drop everything: the next chunk is the beginning of the file."""
        self._waiting, self._waiting_size, self._size = [], 0, 0
        self.sink.restart()

    async def _write_later(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._waiting_size += len(chunk)
        if self._waiting_size >= _BATCH:
            await self._flush()

    async def _flush(self) -> None:
        if self._waiting:
            chunks, self._waiting, self._waiting_size = self._waiting, [], 0
            await self.io.run(self.sink.write, chunks)
