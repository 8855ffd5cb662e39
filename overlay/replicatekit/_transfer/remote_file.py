"""A file object on a file elsewhere, by parts: what is read of it is fetched, and the rest is not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from replicatekit._runtime import iterate_sync, run_sync
from replicatekit._transfer.content import spooled
from replicatekit._transfer.download import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from replicatekit._transfer.content import RemoteContent

__all__ = ["open_file"]

_BUFFER = 128 * 1024
_READ_OVER = 256 * 1024  # bytes: to read that many in vain is quicker than another request


def open_file(content: RemoteContent) -> BinaryIO:
    """A binary file object that can seek.

    By parts, if the server has them and says which state of the file each is of; else all of it is fetched first.
    """
    if content.is_inside:
        return run_sync(spooled(content))
    reading = Reading(content.session, content.url, tries_parts=True)
    entity = run_sync(reading.begin())
    content.entity = entity
    if reading.has_parts and entity is not None and entity.total and entity.validator:
        raw = _RemoteFile(content, reading, entity.total)
        return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))
    return run_sync(spooled(content, reading))


class _RemoteFile(io.RawIOBase):
    """Reads on as long as it is read on; where it is taken elsewhere, it asks from there."""

    def __init__(self, content: RemoteContent, reading: Reading, size: int) -> None:
        super().__init__()
        self.name = content.name
        self._content = content
        self._size = size
        self._at = 0
        self._pieces: Iterator[bytes] = iterate_sync(reading.pieces())
        self._left = memoryview(b"")
        self._left_at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; nothing is asked for before it is read."""
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"there is no byte {start + offset}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] (a Buffer, from 3.12 on)
        """Read some bytes."""
        if self.closed:
            raise ValueError("it is closed")
        with memoryview(buffer) as view, view.cast("B") as target:
            if not target or self._at >= self._size:
                return 0
            self._align()
            count = min(len(target), len(self._left))
            target[:count] = self._left[:count]
            self._drop(count)
            self._at += count
            return count

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._stop()
        super().close()

    def _align(self) -> None:
        """Bring what is left of the last piece to where it is read."""
        if not 0 <= self._at - self._left_at <= len(self._left) + _READ_OVER:
            self._stop()
            content = self._content
            reading = Reading(content.session, content.url, position=self._at, entity=content.entity)
            self._pieces, self._left, self._left_at = iterate_sync(reading.pieces()), memoryview(b""), self._at
        while not self._left or self._left_at < self._at:
            if not self._left:
                self._left = memoryview(next(self._pieces))
            self._drop(min(len(self._left), self._at - self._left_at))

    def _drop(self, count: int) -> None:
        self._left = self._left[count:]
        self._left_at += count

    def _stop(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
