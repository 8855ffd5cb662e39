"""Files in requests: as a part of a form or as the body. They are read in chunks while they are sent."""

from __future__ import annotations

import io
import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any, TypeAlias, cast

from .errors import InvalidArgument
from .types import File

Part: TypeAlias = tuple[str | None, IO[bytes] | bytes, str] | tuple[None, bytes]

_CHUNK = 65536


class FileContent:
    """An open file as a body, for sync and for async requests."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the chunks in async code. Reading blocks the event loop, as httpx's own multipart bodies do."""
        for chunk in self:
            yield chunk


def file_body(body: Any, media_type: str) -> dict[str, Any]:
    """Encode an open file, or a `File`, as the body.

    Raises:
        InvalidArgument: The body is neither.
    """
    if isinstance(body, File):
        media_type = body.mime_type or media_type
        body = body.payload
    if isinstance(body, bytes):
        return {"content": body, "headers": {"Content-Type": media_type}}
    file = _binary("the body", body, "text, bytes or an open file")
    size = _size(file)
    length = {} if size is None else {"Content-Length": str(size)}
    return {"content": FileContent(file), "headers": {"Content-Type": media_type, **length}}


def part_of_file(name: str, file: File, header_value: re.Pattern[str]) -> Part:
    """Build the part of a form with a file.

    Raises:
        InvalidArgument: The file cannot be sent.
    """
    if not isinstance(file.payload, bytes):
        _binary(name, file.payload, "bytes or an open file")
    media_type = file.mime_type or "application/octet-stream"
    if not header_value.fullmatch(media_type):
        raise InvalidArgument(f"{name} has a media type that no header may have: {media_type!r}")
    # The name may come from the file system, where names can be any bytes.
    filename = file.name().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return filename, file.payload if isinstance(file.payload, bytes) else _sized(file.payload), media_type


def _binary(name: str, file: Any, expected: str) -> IO[bytes]:
    if isinstance(file, io.TextIOBase):
        raise InvalidArgument(f"{name} is a file opened for text: open it in binary mode, as open(path, 'rb')")
    if not hasattr(file, "read"):
        raise InvalidArgument(f"{name} must be {expected}, not {type(file).__name__}")
    return cast("IO[bytes]", file)


def _size(file: IO[bytes]) -> int | None:
    """Return the number of bytes left to read, or None if it is not known beforehand."""
    try:
        position = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(position)
    except (AttributeError, OSError, ValueError):
        return None
    return max(0, end - position)


def _sized(file: IO[bytes]) -> IO[bytes]:
    """Return a file whose size httpx can determine; it treats a pipe as empty."""
    seekable = getattr(file, "seekable", None)
    return file if seekable is None or seekable() else cast("IO[bytes]", _Unsized(file))


class _Unsized:
    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read
