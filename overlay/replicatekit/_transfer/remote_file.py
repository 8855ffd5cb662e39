"""A file object that downloads the parts of a remote file that are read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from replicatekit._runtime import run_sync
from replicatekit._transfer.copies import download_to_spool
from replicatekit._transfer.download import Download
from replicatekit._transfer.download_errors import corruption_error

if TYPE_CHECKING:
    from typing import Any

    from replicatekit._files.representation import Representation
    from replicatekit._transfer.content import RemoteContent

_BUFFER = 128 * 1024
_READ_OVER = 256 * 1024  # bytes; discarding that many is faster than another request


def open_file(content: RemoteContent) -> BinaryIO:
    """A seekable binary file object.

    It downloads ranges if the server supports them and identifies the version of the file; else the whole file first.
    """
    if content.is_data_url:
        return run_sync(download_to_spool(content))
    download = content.download()
    download.probe_ranges = True
    known = run_sync(download.begin())
    if download.has_ranges and known is not None and known.total and known.validator:
        download.is_pinned = True
        raw = _RemoteFile(content, download, known, known.total)
        return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))
    return run_sync(download_to_spool(content, download))


class _RemoteFile(io.RawIOBase):
    """Continues a download while it is read sequentially, and begins another one after a seek."""

    def __init__(self, content: RemoteContent, download: Download, known: Representation, size: int) -> None:
        super().__init__()
        self.name = content.name
        self._content = content
        self._known = known
        self._size = size
        self._at = 0
        self._download = download
        self._left = memoryview(b"")
        self._left_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move without a request."""
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot seek to {start + offset}, before the beginning of the file")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] (a Buffer, from 3.12 on)
        """Read some bytes."""
        if self.closed:
            raise ValueError("I/O operation on closed file")
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
        """Release the connection."""
        if not self.closed:
            run_sync(self._download.aclose())
        super().close()

    def _align(self) -> None:
        """Make the bytes at the current position the next ones to read."""
        if not 0 <= self._at - self._left_at <= len(self._left) + _READ_OVER:
            run_sync(self._download.aclose())
            session, url = self._content.session, self._content.url
            self._download = Download(session, url, position=self._at, known=self._known, is_pinned=True)
            self._left, self._left_at = memoryview(b""), self._at
        while not self._left or self._left_at < self._at:
            if not self._left:
                try:
                    self._left = memoryview(run_sync(self._download.__anext__()))
                except StopAsyncIteration:
                    why = f"it ended after {self._left_at} of {self._size} bytes"
                    raise corruption_error(self._content.session, self._content.url, why) from None
            self._drop(min(len(self._left), self._at - self._left_at))

    def _drop(self, count: int) -> None:
        self._left = self._left[count:]
        self._left_at += count
