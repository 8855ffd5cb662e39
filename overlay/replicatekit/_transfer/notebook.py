"""How a notebook shows a file: the picture, the sound, the film; never what could run there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._transfer.content import RemoteContent

__all__ = ["SHOWN_LIMIT", "bundle", "can_show"]

SHOWN_LIMIT = 8 * 1024 * 1024
"""Bytes of a file that a notebook is to keep in itself."""

_AS_THEMSELVES = {"image/png", "image/jpeg"}  # what every notebook, and what shows notebooks, knows
_PICTURE = "max-width: 100%"


def can_show(media_type: str) -> bool:
    """Whether files of this type can be seen or heard in a page."""
    return media_type.partition("/")[0] in {"image", "audio", "video"}


def bundle(content: RemoteContent, data: bytes | None, *, is_public: bool) -> dict[str, str]:
    """A file for a notebook, by media type.

    Args:
        content: The file.
        data: All of it; None leaves it where it is.
        is_public: Whether a browser can fetch it by its URL.
    """
    media_type = content.media_type
    shown = {"text/plain": f"{content.name} ({_described(content)})"}
    if data is not None and media_type in _AS_THEMSELVES:
        return {media_type: base64.b64encode(data).decode("ascii"), **shown}
    return {"text/html": _html(content, data, is_public=is_public), **shown}


def _html(content: RemoteContent, data: bytes | None, *, is_public: bool) -> str:
    from html import escape

    media_type, name = content.media_type, escape(content.name)
    if data is not None:
        url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    elif is_public:
        url = content.url
    else:
        return f"{name} ({escape(_described(content))})"
    source = escape(url)
    match media_type.partition("/")[0]:
        case "image":
            # In <img> not even an SVG can run anything.
            return f'<img src="{source}" alt="{name}" style="{_PICTURE}">'
        case "audio":
            return f'<audio controls src="{source}"></audio>'
        case "video":
            return f'<video controls src="{source}" style="{_PICTURE}"></video>'
        case _:
            link = f'<a href="{source}" target="_blank" rel="noopener noreferrer">{name}</a>' if is_public else name
            return f"{link} ({escape(_described(content))})"


def _described(content: RemoteContent) -> str:
    size = content.size
    return content.media_type if size is None else f"{content.media_type}, {_readable(size)}"


def _readable(size: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
