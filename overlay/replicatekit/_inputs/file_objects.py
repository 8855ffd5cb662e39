"""Read file objects of every kind as bytes: binary and text, seekable or not, of any library."""

from __future__ import annotations

import contextlib
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Chunks: TypeAlias = "Generator[bytes, None, None]"


def is_stream(value: object) -> bool:
    """Whether a value is a file object: something with a `read` method."""
    return not isinstance(value, type) and callable(getattr(value, "read", None))


def name_of(stream: Any) -> str | None:
    """The name of the file behind a file object, without its folder, or None."""
    stream = getattr(stream, "buffer", stream)  # the binary file below a text file has the name
    decompresses = type(stream).__module__ in {"gzip", "bz2", "lzma"}  # named `a.txt.gz`, but reads as `a.txt`
    # In web frameworks, `filename` is the sender's name for the file, and `name` may be that of the form field.
    for attribute in ("name",) if decompresses else ("filename", "name"):
        name: object = getattr(stream, attribute, None)
        if isinstance(name, os.PathLike):
            name = os.fsdecode(cast("os.PathLike[str]", name))
        if isinstance(name, str) and not name.startswith("<") and Path(name).name:
            return encodable(Path(name).stem if decompresses else Path(name).name)
    return None


def encodable(name: str) -> str:
    """The name with its undecodable bytes, which Linux allows, replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def position(stream: Any) -> Any:
    """The current position of a file object, or None if it cannot seek. A text file's is not a number of bytes."""
    try:
        if hasattr(stream, "seekable") and not stream.seekable():
            return None
        at = stream.tell()
        stream.seek(at)
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    return at


def restore_position(stream: Any, at: Any) -> None:
    """Move a file object back; does nothing if it cannot seek."""
    if at is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.seek(at)


def remaining_size(stream: Any, start: int) -> int | None:
    """The number of bytes that a seekable binary file object has from `start` on, or None if it does not know."""
    try:
        stream.seek(0, os.SEEK_END)
        return max(int(stream.tell()) - start, 0)
    except (OSError, ValueError, TypeError):
        return None


def chunks_of(stream: Any, size: int, where: str) -> Iterator[tuple[bytes, bool]]:
    """The rest of a file object in chunks, each with whether it was text, which is encoded as UTF-8.

    Raises:
        InvalidInput: The file object is closed, asynchronous, or returns neither bytes nor text that UTF-8 can encode.
    """
    if inspect.iscoroutinefunction(stream.read):
        raise _unreadable(where, "it is asynchronous: read it first and pass the bytes, or pass its path")
    while True:
        try:
            chunk: object = stream.read(size)
            encoded = chunk.encode() if isinstance(chunk, str) else chunk
        except UnicodeError as error:
            raise _unreadable(where, f"its text is not in its encoding ({error})") from error
        except (OSError, ValueError, TypeError) as error:
            raise _unreadable(where, str(error) or type(error).__name__) from error
        if encoded is None:
            raise _unreadable(where, "it is non-blocking and has nothing to read yet")
        if not isinstance(encoded, (bytes, bytearray, memoryview)):
            raise _unreadable(where, f"its read() returned {type(chunk).__name__} instead of bytes or text")
        if not encoded:
            return
        yield bytes(cast("bytes", encoded)), isinstance(chunk, str)


def read_repeatedly(start: Any, stream: Any, where: str) -> Callable[[int], Chunks]:
    """A reader that reads a seekable file object from `start` each time, and restores that position."""

    def read(size: int) -> Chunks:
        try:
            stream.seek(start)
        except (OSError, ValueError) as error:
            raise _unreadable(where, str(error)) from error
        try:
            for chunk, _ in chunks_of(stream, size, where):
                yield chunk
        finally:
            restore_position(stream, start)

    return read


def read_once(head: bytes, stream: Any, where: str) -> Callable[[int], Chunks]:
    """A reader of a stream that cannot seek, whose `head` was read already."""
    unread = [head]

    def read(size: int) -> Chunks:
        if not unread:
            raise _unreadable(where, "it has been read before, and cannot seek back")
        yield unread.pop()
        for chunk, _ in chunks_of(stream, size, where):
            yield chunk

    return read


def _unreadable(where: str, why: str) -> InvalidInput:
    return InvalidInput(f"{where}: this file object cannot be read: {why}", path=where)
