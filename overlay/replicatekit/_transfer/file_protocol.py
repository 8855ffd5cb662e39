"""The binary file protocol of output files, for code that reads any file object: `shutil`, httpx, boto3, Django."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadableFile:
    """A read-only binary file with a position, opened at the first use that needs its content."""

    __slots__ = ()  # `_stream` is a slot of the class that this is mixed into

    _stream: BinaryIO | None
    open: Callable[[], BinaryIO]

    mode = "rb"
    """As in Python's file objects."""
    closed = False
    """Always False: after `close`, the next read starts again at the beginning."""

    def _open_stream(self) -> BinaryIO:
        if self._stream is None:
            self._stream = self.open()  # type: ignore[misc]
        return self._stream

    def readinto(self, buffer: Any) -> int:
        """Read into a writable buffer, and return the number of bytes."""
        data = self._open_stream().read(memoryview(buffer).nbytes)
        memoryview(buffer).cast("B")[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1) -> bytes:
        """Read one line, up to `size` bytes."""
        return self._open_stream().readline(-1 if size is None else size)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Read the remaining lines, up to about `hint` bytes."""
        return self._open_stream().readlines(-1 if hint is None else hint)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position, and return it."""
        if self._stream is None and (offset, whence) == (0, io.SEEK_SET):
            return 0
        return self._open_stream().seek(offset, whence)

    def tell(self) -> int:
        """The position: the offset of the next byte that `read(size)` returns."""
        return 0 if self._stream is None else self._stream.tell()

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """False."""
        return False

    def isatty(self) -> bool:
        """False."""
        return False

    def flush(self) -> None:
        """Do nothing."""

    def fileno(self) -> NoReturn:
        """Raise `io.UnsupportedOperation`: the file has no descriptor on this machine."""
        raise io.UnsupportedOperation("fileno")

    def close(self) -> None:
        """Release the connection, and rewind to the beginning."""
        stream, self._stream = self._stream, None  # type: ignore[misc]
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
