"""The multipart/form-data body (RFC 7578) of an upload, around a file that is read while it is sent."""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?", re.ASCII)
# What browsers escape (https://html.spec.whatwg.org/#multipart-form-data), and all other control characters, so that
# nothing in a name ends its line or its quotes.
_ESCAPED = re.compile(r'["\x00-\x1f\x7f]')


@frozen
class Form:
    """The parts of the body before and after the file."""

    media_type: str
    head: bytes
    tail: bytes

    def length(self, size: int | None) -> int | None:
        """The length of the body around a file of `size` bytes; None if that is unknown."""
        return None if size is None else len(self.head) + size + len(self.tail)


def form_of(name: str, media_type: str, metadata: Mapping[str, Any] | None = None) -> Form:
    """The form for a file.

    Args:
        name: Any text; a name that a header cannot contain is sent as a separate part too.
        media_type: The media type of the file.
        metadata: JSON to store with the file.

    Raises:
        InvalidArgument: The media type is malformed, or the metadata is not JSON.
    """
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidArgument(f"content_type must be a media type such as image/png, not {format_value(media_type)}")
    # Random, so that the content of the file cannot end its part.
    boundary = secrets.token_hex(16)
    escaped = _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", name)
    parts: list[str] = []
    if metadata is not None:
        parts.append(_part(boundary, 'name="metadata"', "application/json", _json(metadata)))
    if escaped != name:
        parts.append(_part(boundary, 'name="filename"', "text/plain; charset=utf-8", name))
    parts.append(_part(boundary, f'name="content"; filename="{escaped}"', media_type, ""))
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
        raise InvalidArgument(f"metadata must be a dict, not {format_value(metadata)}")
    try:
        return json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"metadata cannot be sent as JSON: {error}") from None
