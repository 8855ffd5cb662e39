"""The form in which a file is uploaded: multipart/form-data (RFC 7578), around a content that is read as it is sent."""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit._base.validation import format_value as show_value
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Form", "form_of"]

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?", re.ASCII)
# What the web's own forms escape (https://html.spec.whatwg.org/#multipart-form-data), and every other control
# character: nothing in a name ends its line, or the quotes around it.
_ESCAPED = re.compile(r'["\x00-\x1f\x7f]')


@frozen
class Form:
    """What stands before and after a file's content."""

    media_type: str
    head: bytes
    tail: bytes

    def length(self, size: int | None) -> int | None:
        """Bytes of the whole, around a content of `size` bytes; None where that is not known."""
        return None if size is None else len(self.head) + size + len(self.tail)


def form_of(name: str, media_type: str, metadata: Mapping[str, Any] | None = None) -> Form:
    """The form for a file.

    Args:
        name: Any text; one that cannot stand in a header as it is goes into a part of its own as well.
        media_type: Of the file.
        metadata: What is to be kept with it; sent as JSON.

    Raises:
        InvalidArgument: The media type is none, or the metadata cannot be JSON.
    """
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidArgument(f"content_type must be a media type such as image/png, not {show_value(media_type)}")
    # At random: whoever made the file cannot know what would end its part.
    boundary = secrets.token_hex(16)
    shown = _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", name)
    parts: list[str] = []
    if metadata is not None:
        parts.append(_part(boundary, 'name="metadata"', "application/json", _json(metadata)))
    if shown != name:
        parts.append(_part(boundary, 'name="filename"', "text/plain; charset=utf-8", name))
    parts.append(_part(boundary, f'name="content"; filename="{shown}"', media_type, ""))
    return Form(
        media_type=f"multipart/form-data; boundary={boundary}",
        head="\r\n".join(parts).encode("utf-8", "replace"),
        tail=f"\r\n--{boundary}--\r\n".encode(),
    )


def _part(boundary: str, disposition: str, media_type: str, content: str) -> str:
    return (
        f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {media_type}\r\n\r\n{content}"
    )


def _json(metadata: object) -> str:
    if not isinstance(metadata, dict):
        raise InvalidArgument(f"metadata must be a dict, not {type(metadata).__name__}")
    try:
        return json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"the metadata cannot be sent as JSON: {error}") from None
