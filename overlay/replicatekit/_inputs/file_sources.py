"""Files to send: what they are called, how long they are, and how to read them piece by piece.

A source is made from a path, bytes, a file object or a picture. Making it looks at no more than the first
256 KB; what is longer is read when it is sent, in chunks.

A file object is read from its current position, as other clients do. Where it can seek, it is put back there
afterwards, so that it can be given again; where it cannot, what has been read is gone.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from replicatekit._files.media_types import SNIFF_LENGTH, extension_of, media_type_of
from replicatekit._inputs.file_objects import (
    go_to,
    is_stream,
    name_of,
    position,
    pull,
    read_from,
    read_once,
    rest,
    writable,
)
from replicatekit.errors import FileTooLargeError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from replicatekit._inputs.file_objects import Chunks

__all__ = ["CHUNK", "INLINE_LIMIT", "UPLOAD_LIMIT", "FileSource", "file_source", "identity", "is_file"]

INLINE_LIMIT = 256 * 1024
"""Bytes up to which a file is best sent inside the request, as a `data:` URL."""
UPLOAD_LIMIT = 100 * 1024 * 1024
"""Bytes of a file that the API takes as an upload."""
CHUNK = 64 * 1024

# What PNG can hold without a change.
_PNG_MODES = {"1", "L", "LA", "I;16", "P", "RGB", "RGBA"}


@attrs.frozen(eq=False)
class FileSource:
    """A file that is there to be sent; nothing of it is open before `chunks` is iterated."""

    name: str
    media_type: str
    size: int | None
    """Bytes; None for a stream that does not know its length and is longer than 256 KB."""
    where: str
    """Where it was given, for errors, such as `input.images[2]`."""
    replayable: bool
    """Whether `chunks` can be called again, for a second attempt."""
    _read: Callable[[int], Chunks] = attrs.field(repr=False)

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Read it from its beginning, in chunks of about `size` bytes.

        Raises:
            InvalidInput: It cannot be read, or has another length than when it was given.
            FileTooLargeError: It turned out to be longer than the API takes.
        """
        total = 0
        with contextlib.closing(self._read(size)) as pieces:
            for chunk in pieces:
                total += len(chunk)
                if self.size is not None and total > self.size:
                    raise self._changed(f"at least {total}")
                _check_size(total, self.name, self.where)
                yield chunk
        if self.size is not None and total < self.size:
            raise self._changed(str(total))

    def _changed(self, now: str) -> InvalidInput:
        return InvalidInput(
            f"{self.where}: {self.name!r} changed while it was read: it had {self.size} bytes, and now has {now}",
            path=self.where,
        )


def is_file(value: object) -> bool:
    """Whether a value is one that `file_source` takes: a path, bytes, a file object or a PIL picture."""
    return isinstance(value, (os.PathLike, bytes, bytearray, memoryview)) or _is_picture(value) or is_stream(value)


def identity(value: Any) -> Hashable:
    """What two uses of the same file have in common; it holds as long as `value` is kept."""
    if isinstance(value, os.PathLike):
        path = _as_path(cast("os.PathLike[str]", value))
        with contextlib.suppress(OSError, ValueError):
            return path.name, os.path.realpath(path)
    return id(cast("object", value))


def file_source(
    value: Any, *, where: str = "file", name: str | None = None, media_type: str | None = None
) -> FileSource:
    """Make a source of a path, bytes, a file object or a PIL picture.

    Args:
        value: The file. Text of a file opened as text is sent as UTF-8; a picture is sent as PNG.
        where: Where it was given, for errors.
        name: Instead of its own.
        media_type: Instead of what its name or its first bytes say.

    Raises:
        InvalidInput: It does not exist, cannot be read, is a folder, or is no file at all.
        FileTooLargeError: It is longer than the API takes.
    """
    if isinstance(value, os.PathLike):
        return _from_path(_as_path(value), where, name, media_type)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _from_bytes(cast("bytes", value), where, name, media_type)
    if _is_picture(value):
        return _from_picture(value, where, name, media_type)
    if is_stream(value):
        return _from_stream(value, where, name, media_type)
    raise InvalidInput(f"{where}: a {type(value).__name__} is no file: give a path, bytes or a file object", path=where)


def _from_path(path: Path, where: str, name: str | None, media_type: str | None) -> FileSource:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InvalidInput(f"{where}: {str(path)!r} is a folder; give a file, or pack it first", path=where)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(
                f"{where}: {str(path)!r} is a device or a pipe; open it and give the file object", path=where
            )
        # Read at once, though little: what may not be read is refused before anything is sent.
        with path.open("rb") as file:
            head = file.read(SNIFF_LENGTH)
    except (OSError, ValueError) as error:
        raise _unreadable(repr(str(path)), where, error) from error

    def read(size: int) -> Chunks:
        try:
            with path.open("rb") as file:
                while chunk := file.read(size):
                    yield chunk
        except OSError as error:
            raise _unreadable(repr(str(path)), where, error) from error

    return _source(read, where, name or writable(path.name), media_type, size=status.st_size, head=head)


def _from_bytes(
    value: bytes | bytearray | memoryview, where: str, name: str | None, media_type: str | None
) -> FileSource:
    if isinstance(value, memoryview) and not value.c_contiguous:
        value = value.tobytes()
    data = value

    def read(size: int) -> Chunks:
        # The views are let go at the end: a bytearray cannot grow while there is one.
        with memoryview(data) as raw:
            if not raw.nbytes:
                return
            with raw.cast("B") as view:
                for at in range(0, len(view), size):
                    yield bytes(view[at : at + size])

    with contextlib.closing(read(SNIFF_LENGTH)) as pieces:
        head = next(pieces, b"")
    with memoryview(data) as view:
        return _source(read, where, name, media_type, size=view.nbytes, head=head)


def _from_picture(picture: Any, where: str, name: str | None, media_type: str | None) -> FileSource:
    """PNG, because it loses nothing; 32 bits to a point, which PNG does not have, as TIFF."""
    form, extension = ("TIFF", ".tiff") if picture.mode in {"F", "I"} else ("PNG", ".png")
    own_name = Path(getattr(picture, "filename", None) or "image").stem + extension
    buffer = io.BytesIO()
    try:
        if form == "PNG" and picture.mode not in _PNG_MODES:
            picture = picture.convert("RGBA" if picture.mode[-1] in "aA" else "RGB")
        picture.save(buffer, format=form)
    except (OSError, ValueError, SystemError) as error:
        raise _unreadable(f"this picture (mode {picture.mode}, {picture.size})", where, error) from error
    return _from_bytes(buffer.getbuffer(), where, name or own_name, media_type)


def _from_stream(stream: Any, where: str, name: str | None, media_type: str | None) -> FileSource:
    name = name or name_of(stream)
    start = position(stream)
    beginning, is_text = bytearray(), False
    pieces = pull(stream, CHUNK, where)
    for piece, came_as_text in pieces:
        beginning += piece
        is_text = came_as_text
        if len(beginning) > INLINE_LIMIT:
            break
    head = bytes(beginning)
    if is_text:
        name = name or "file.txt"
        media_type = _as_utf8(media_type or media_type_of(name, head[:SNIFF_LENGTH]))
    if len(head) <= INLINE_LIMIT:
        go_to(stream, start)
        return _from_bytes(head, where, name, media_type)
    if start is None:
        read = read_once(head, stream, where)
        return _source(read, where, name, media_type, size=None, head=head, replayable=False)
    # Only reading tells how long a text is in UTF-8.
    size = len(head) + sum(len(piece) for piece, _ in pieces) if is_text else rest(stream, start)
    go_to(stream, start)
    return _source(read_from(start, stream, where), where, name, media_type, size=size, head=head)


def _source(
    read: Callable[[int], Chunks],
    where: str,
    name: str | None,
    media_type: str | None,
    *,
    size: int | None,
    head: bytes,
    replayable: bool = True,
) -> FileSource:
    media_type = media_type or media_type_of(name, head[:SNIFF_LENGTH])
    name = name or "file" + extension_of(media_type)
    _check_size(size or 0, name, where)
    return FileSource(name, media_type, size, where, replayable, read)


def _check_size(size: int, name: str, where: str) -> None:
    if size > UPLOAD_LIMIT:
        raise FileTooLargeError(
            f"{where}: {name!r} is {size / 2**20:.1f} MiB long, and the API takes at most "
            f"{UPLOAD_LIMIT // 2**20} MiB. Put it where the model can fetch it (storage of your own, with a "
            "public or signed HTTPS URL), and give that URL instead",
            path=where,
        )


def _as_utf8(media_type: str) -> str:
    is_bare_text = media_type.startswith("text/") and ";" not in media_type
    return f"{media_type}; charset=utf-8" if is_bare_text else media_type


def _unreadable(what: str, where: str, error: Exception) -> InvalidInput:
    reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return InvalidInput(f"{where}: {what} cannot be read: {reason}", path=where)


def _as_path(value: Any) -> Path:
    return Path(os.fsdecode(value))


def _is_picture(value: object) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)
