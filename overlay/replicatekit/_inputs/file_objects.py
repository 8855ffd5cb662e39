"""File objects of every kind, read as bytes: binary and text, seekable and not, of any library."""

from __future__ import annotations

import contextlib
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

__all__ = [
    "Chunks",
    "go_to",
    "is_stream",
    "name_of",
    "position",
    "pull",
    "read_from",
    "read_once",
    "rest",
    "writable",
]

Chunks: TypeAlias = "Generator[bytes, None, None]"


def is_stream(value: object) -> bool:
    """Whether a value is a file object: something with a `read`."""
    return not isinstance(value, type) and callable(getattr(value, "read", None))


def name_of(stream: Any) -> str | None:
    """The name of the file behind a file object, without its folder, or None."""
    stream = getattr(stream, "buffer", stream)  # a text file is called what the binary one below it is
    unpacks = type(stream).__module__ in {"gzip", "bz2", "lzma"}  # `a.txt.gz`, but what is read is `a.txt`
    # In web frameworks `filename` is what the sender called the file; `name` may be the form's field.
    for attribute in ("name",) if unpacks else ("filename", "name"):
        given: object = getattr(stream, attribute, None)
        if isinstance(given, os.PathLike):
            given = os.fsdecode(cast("os.PathLike[str]", given))
        if isinstance(given, str) and not given.startswith("<") and Path(given).name:
            return writable(Path(given).stem if unpacks else Path(given).name)
    return None


def writable(name: str) -> str:
    """A name whose undecodable bytes (Linux allows any) are replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def position(stream: Any) -> Any:
    """Where a file object stands, or None where it cannot seek. For text it is no number of bytes."""
    try:
        if hasattr(stream, "seekable") and not stream.seekable():
            return None
        at = stream.tell()
        stream.seek(at)
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    return at


def go_to(stream: Any, at: Any) -> None:
    """Put a file object back where it was; nothing happens where it cannot be."""
    if at is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.seek(at)


def rest(stream: Any, start: int) -> int | None:
    """How many bytes a seekable binary file object has from `start` on, or None where it does not know."""
    try:
        stream.seek(0, os.SEEK_END)
        return max(int(stream.tell()) - start, 0)
    except (OSError, ValueError, TypeError):
        return None


def pull(stream: Any, size: int, where: str) -> Iterator[tuple[bytes, bool]]:
    """What is left of a file object, in pieces, each with whether it came as text (then it is UTF-8 now).

    Raises:
        InvalidInput: It is closed, asynchronous, gives no bytes, or has text that UTF-8 cannot hold.
    """
    if inspect.iscoroutinefunction(stream.read):
        raise _refused(where, "it is asynchronous: read it first and give the bytes, or give its path")
    while True:
        try:
            piece: object = stream.read(size)
            encoded = piece.encode() if isinstance(piece, str) else piece
        except UnicodeError as error:
            raise _refused(where, f"its text is not what it should be ({error})") from error
        except (OSError, ValueError, TypeError) as error:
            raise _refused(where, str(error) or type(error).__name__) from error
        if encoded is None:
            raise _refused(where, "it has nothing to read yet, and does not wait for it")
        if not isinstance(encoded, (bytes, bytearray, memoryview)):
            raise _refused(where, f"its read() gave a {type(piece).__name__} instead of bytes or text")
        if not encoded:
            return
        yield bytes(cast("bytes", encoded)), isinstance(piece, str)


def read_from(start: Any, stream: Any, where: str) -> Callable[[int], Chunks]:
    """A reader of a seekable file object, from `start` each time; afterwards it stands there again."""

    def read(size: int) -> Chunks:
        try:
            stream.seek(start)
        except (OSError, ValueError) as error:
            raise _refused(where, str(error)) from error
        try:
            for piece, _ in pull(stream, size, where):
                yield piece
        finally:
            go_to(stream, start)

    return read


def read_once(head: bytes, stream: Any, where: str) -> Callable[[int], Chunks]:
    """A reader of a stream that cannot go back, of which `head` has been read already."""
    unread = [head]

    def read(size: int) -> Chunks:
        if not unread:
            raise _refused(where, "it has been read before, and cannot go back")
        yield unread.pop()
        for piece, _ in pull(stream, size, where):
            yield piece

    return read


def _refused(where: str, why: str) -> InvalidInput:
    return InvalidInput(f"{where}: this file object cannot be read: {why}", path=where)
