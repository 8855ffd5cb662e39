"""Files to send: their name, type and length, and a reader of their content.

A `FileSource` is made from a path, bytes, a file object or an image. At most the first 256 KB are read then; the rest
is read in chunks while it is sent.

A file object is read from its current position, as other clients do. Afterwards that position is restored if it can
seek, so that it can be passed again.
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
    chunks_of,
    encodable,
    is_stream,
    name_of,
    position,
    read_once,
    read_repeatedly,
    remaining_size,
    restore_position,
)
from replicatekit.errors import FileTooLargeError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from replicatekit._inputs.file_objects import Chunks

INLINE_LIMIT = 256 * 1024
"""Bytes; files up to this size are best sent inside the request, as `data:` URLs."""
UPLOAD_LIMIT = 100 * 1024 * 1024
"""Bytes; the API refuses larger uploads."""
CHUNK = 64 * 1024

_ORIENTATION = 0x0112  # the EXIF tag
# PNG stores these without conversion.
_PNG_MODES = {"1", "L", "LA", "I;16", "P", "RGB", "RGBA"}


@attrs.frozen(eq=False)
class FileSource:
    """A file to send. It is opened when `chunks` is iterated."""

    name: str
    media_type: str
    size: int | None
    """Bytes; None for a stream of unknown length that is longer than 256 KB."""
    where: str
    """Its place in the input, for errors, such as `input.images[2]`."""
    replayable: bool
    """Whether `chunks` can be called again, for another attempt."""
    _read: Callable[[int], Chunks] = attrs.field(repr=False)

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Read the file from its beginning, in chunks of about `size` bytes.

        Raises:
            InvalidInput: The file cannot be read, or its length has changed.
            FileTooLargeError: The stream is longer than the API accepts.
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
            f"{self.where}: {self.name!r} changed while it was read: it had {self.size} bytes and now has {now}",
            path=self.where,
        )


def is_file(value: object) -> bool:
    """Whether `file_source` accepts a value: a path, bytes, a file object or a PIL image."""
    return isinstance(value, (os.PathLike, bytes, bytearray, memoryview)) or _is_image(value) or is_stream(value)


def identity(value: Any) -> Hashable:
    """A key that is equal for two uses of one file, as long as `value` is referenced."""
    if isinstance(value, os.PathLike):
        path = _as_path(cast("os.PathLike[str]", value))
        with contextlib.suppress(OSError, ValueError):
            return path.name, os.path.realpath(path)
    return id(cast("object", value))


def file_source(
    value: Any, *, where: str = "file", name: str | None = None, media_type: str | None = None
) -> FileSource:
    """Make a `FileSource` from a path, bytes, a file object or a PIL image.

    Args:
        value: The file. A file opened as text is sent as UTF-8, an image as PNG.
        where: Its place in the input, for errors.
        name: A name instead of its own.
        media_type: A media type instead of the one that its name or its first bytes indicate.

    Raises:
        InvalidInput: The file does not exist, cannot be read, or is a folder; or the value is not a file.
        FileTooLargeError: The file is larger than the API accepts.
    """
    if isinstance(value, os.PathLike):
        return _from_path(_as_path(value), where, name, media_type)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _from_bytes(cast("bytes", value), where, name, media_type)
    if _is_image(value):
        return _from_image(value, where, name, media_type)
    if is_stream(value):
        return _from_stream(value, where, name, media_type)
    raise InvalidInput(
        f"{where}: must be a path, bytes, a file object or a PIL image, not {type(value).__name__}", path=where
    )


def _check_regular(mode: int, path: Path, where: str) -> None:
    if stat.S_ISDIR(mode):
        raise InvalidInput(f"{where}: {str(path)!r} is a folder: pass a file, or pack the folder first", path=where)
    if not stat.S_ISREG(mode):
        raise InvalidInput(
            f"{where}: {str(path)!r} is a device or a pipe: open it and give the file object", path=where
        )


def _from_path(path: Path, where: str, name: str | None, media_type: str | None) -> FileSource:
    try:
        status = path.stat()
        _check_regular(status.st_mode, path, where)
        # Read something now, so that an unreadable file is refused before anything is sent.
        with path.open("rb") as file:
            head = file.read(SNIFF_LENGTH)
    except InvalidInput:
        raise  # it is a ValueError too
    except (OSError, ValueError) as error:
        raise _unreadable(repr(str(path)), where, error) from error

    def read(size: int) -> Chunks:
        try:
            with path.open("rb") as file:
                while chunk := file.read(size):
                    yield chunk
        except OSError as error:
            raise _unreadable(repr(str(path)), where, error) from error

    return _source(read, where, name or encodable(path.name), media_type, size=status.st_size, head=head)


def _from_bytes(
    value: bytes | bytearray | memoryview, where: str, name: str | None, media_type: str | None
) -> FileSource:
    if isinstance(value, memoryview) and not value.c_contiguous:
        value = value.tobytes()
    data = value

    def read(size: int) -> Chunks:
        # The views are released at the end: a bytearray cannot grow while one exists.
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


def _from_image(image: Any, where: str, name: str | None, media_type: str | None) -> FileSource:
    """The image as viewers show it: as PNG, which is lossless, or as TIFF for 32 bits per pixel."""
    form, extension = ("TIFF", ".tiff") if image.mode in {"F", "I"} else ("PNG", ".png")
    own_name = Path(getattr(image, "filename", None) or "image").stem + extension
    buffer = io.BytesIO()
    try:
        image = _upright(image)
        if form == "PNG" and image.mode not in _PNG_MODES:
            image = image.convert("RGBA" if image.mode[-1] in "aA" else "RGB")
            image.info.pop("icc_profile", None)  # it describes the previous mode
        image.save(buffer, format=form)
    except (OSError, ValueError, SyntaxError, SystemError) as error:
        raise _unreadable(f"this image (mode {image.mode}, {image.size})", where, error) from error
    return _from_bytes(buffer.getbuffer(), where, name or own_name, media_type)


def _upright(image: Any) -> Any:
    """The image turned as its EXIF data says. Cameras store the orientation there, and viewers apply it."""
    try:
        is_turned = image.getexif().get(_ORIENTATION, 1) != 1
    except Exception:  # noqa: BLE001 (broken EXIF data, which viewers ignore)
        return image
    if not is_turned:
        return image
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _from_stream(stream: Any, where: str, name: str | None, media_type: str | None) -> FileSource:
    name = name or name_of(stream)
    start = position(stream)
    beginning, is_text = bytearray(), False
    pieces = chunks_of(stream, CHUNK, where)
    for piece, is_text_piece in pieces:
        beginning += piece
        is_text = is_text_piece
        if len(beginning) > INLINE_LIMIT:
            break
    head = bytes(beginning)
    if is_text:
        name = name or "file.txt"
        media_type = _as_utf8(media_type or media_type_of(name, head[:SNIFF_LENGTH]))
    if len(head) <= INLINE_LIMIT:
        restore_position(stream, start)
        return _from_bytes(head, where, name, media_type)
    if start is None:
        read = read_once(head, stream, where)
        return _source(read, where, name, media_type, size=None, head=head, replayable=False)
    # The length of a text in UTF-8 is known only after reading it.
    size = len(head) + sum(len(piece) for piece, _ in pieces) if is_text else remaining_size(stream, start)
    restore_position(stream, start)
    return _source(read_repeatedly(start, stream, where), where, name, media_type, size=size, head=head)


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
            f"{where}: {name!r} is {size / 2**20:.1f} MiB long, and the API accepts at most "
            f"{UPLOAD_LIMIT // 2**20} MiB. Store it where the model can download it, and give that URL instead: a "
            "public or signed HTTPS URL",
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


def _is_image(value: object) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)
