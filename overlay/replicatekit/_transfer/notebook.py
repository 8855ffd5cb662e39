"""Display output files in notebooks: images, audio and video, but nothing that could run code."""

from __future__ import annotations

import base64
import sys
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from replicatekit._http.sync_sender import BLOCKING
from replicatekit._http.token_policy import UrlAccess
from replicatekit._runtime import run_sync
from replicatekit._transfer.content import RemoteContent, content_of, read_if_displayable
from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PREVIEW = 8 * 1024 * 1024
"""Bytes of a file that a notebook stores; longer files are linked."""

_MAX_FILES = 24  # of one list
_NATIVE_TYPES = {"image/png", "image/jpeg"}  # which every notebook viewer supports
_FIT = "max-width: 100%"


def _can_show(media_type: str) -> bool:
    """Whether files of this media type can be seen or heard in a page."""
    return media_type.partition("/")[0] in {"image", "audio", "video"}


def preview(content: RemoteContent) -> bytes | ReplicateError | None:
    """The bytes of a file to embed, downloaded once, because notebooks request several representations.

    None if the file cannot be shown or is too long; the error if the download failed.
    """
    if content.preview is None:
        try:
            content.preview = (_download(content),)
        except ReplicateError as error:
            content.preview = (error,)
    return content.preview[0]


def bundle(content: RemoteContent) -> dict[str, str]:
    """The representations of a file for a notebook, by media type."""
    data = preview(content)
    if isinstance(data, ReplicateError):
        return {"text/plain": str(data)}
    text = {"text/plain": f"{content.name} ({_describe(content)})"}
    if data is not None and content.media_type in _NATIVE_TYPES:
        return {content.media_type: base64.b64encode(data).decode("ascii"), **text}
    return {"text/html": _html(content, data), **text}


def register_formatters() -> None:
    """Make IPython show the files in lists, tuples and dicts, if this process is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        for kind in (list, tuple, dict):
            if kind not in formatter.type_printers:
                formatter.for_type(kind, _html_of_files)


def _html_of_files(value: object) -> str | None:
    """The files in a list, one after another; None leaves other values to IPython."""
    contents = list(islice(_files_in(value, 0), _MAX_FILES + 1))
    if not contents:
        return None
    shown = contents[:_MAX_FILES]
    figures = [f'<figure style="margin: 4px; max-width: 45%">{_figure(content)}</figure>' for content in shown]
    more = "…" if len(contents) > _MAX_FILES else ""
    return f'<div style="display: flex; flex-wrap: wrap">{"".join(figures)}{more}</div>'


def _figure(content: RemoteContent) -> str:
    data = preview(content)
    return escape(str(data)) if isinstance(data, ReplicateError) else _html(content, data)


def _files_in(value: object, depth: int) -> Iterator[RemoteContent]:
    content = content_of(value)
    if content is not None:
        yield content
    elif isinstance(value, (list, tuple, dict)) and depth < 4:
        container = cast("Any", value)
        for part in islice(container.values() if isinstance(value, dict) else container, 1000):
            yield from _files_in(part, depth + 1)


def _download(content: RemoteContent) -> bytes | None:
    """Download the bytes, blocking even for an async client, as a notebook cannot await here."""
    if content.is_data_url or not content.io.is_async:
        return run_sync(read_if_displayable(content, _can_show, MAX_PREVIEW))
    session = content.session
    if session.api.context.connections.user_client is not None:
        return None  # it is for async code only
    copy = RemoteContent(content.url, session._replace(io=BLOCKING), BLOCKING)
    try:
        return run_sync(read_if_displayable(copy, _can_show, MAX_PREVIEW))
    finally:
        content.representation = copy.representation
        session.api.close()


def _html(content: RemoteContent, data: bytes | None) -> str:
    media_type, name = content.media_type, escape(content.name)
    is_public = (
        not content.is_data_url and content.session.api.rules.token_policy.classify(content.url) is UrlAccess.PLAIN
    )
    if data is not None:
        url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    elif is_public:
        url = content.url
    else:
        return f"{name} ({escape(_describe(content))})"
    source = escape(url)
    match media_type.partition("/")[0]:
        case "image":
            # Inside <img>, not even an SVG can run code.
            return f'<img src="{source}" alt="{name}" style="{_FIT}">'
        case "audio":
            return f'<audio controls src="{source}"></audio>'
        case "video":
            return f'<video controls src="{source}" style="{_FIT}"></video>'
        case _:
            link = f'<a href="{source}" target="_blank" rel="noopener noreferrer">{name}</a>' if is_public else name
            return f"{link} ({escape(_describe(content))})"


def _describe(content: RemoteContent) -> str:
    size = content.size
    return content.media_type if size is None else f"{content.media_type}, {_format_size(size)}"


def _format_size(size: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
