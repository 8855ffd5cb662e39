"""A remote file: its URL, and what is known about it so far."""

from __future__ import annotations

import io as files
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from replicatekit._base.validation import format_value, with_article
from replicatekit._files import data_urls
from replicatekit._session.default import default_session
from replicatekit.errors import FileCorruptedError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine

    from replicatekit._files.data_urls import DataURL
    from replicatekit._files.representation import Representation
    from replicatekit._http.contract import Sender
    from replicatekit._session.session import Session
    from replicatekit._transfer.download import Download
    from replicatekit.errors import ReplicateError

_PIECE = 256 * 1024


class Chunks(Protocol):
    """Bytes as they arrive; close it if it is not read to its end."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def __anext__(self) -> Coroutine[Any, Any, bytes]: ...
    def aclose(self) -> Coroutine[Any, Any, None]:
        """End the download."""
        ...


def session_of(client: object, io: Sender) -> Session | None:
    """The session of a client that the caller gave; None if it is None.

    Raises:
        InvalidArgument: It is not a client, or a sync one where an async one is needed or the other way round.
    """
    if client is None:
        return None
    session = cast("Session | None", getattr(client, "_session", None))
    if session is None or getattr(session, "io", None) is not io:
        kind = "AsyncClient" if io.is_async else "Client"
        raise InvalidArgument(f"client must be {with_article(kind)} here, not {format_value(client)}")
    return session


def content_of(value: object) -> RemoteContent | None:
    """The remote content of a file; None if the value is not a file."""
    content = value if isinstance(value, RemoteContent) else getattr(value, "_content", None)
    return content if isinstance(content, RemoteContent) else None


class RemoteContent:
    """The content behind one URL. A `data:` URL contains it, and is decoded when it is needed."""

    def __init__(self, url: str, session: Session | None, io: Sender, prediction_id: str | None = None) -> None:
        self.url = url
        self.io = io
        self.representation: Representation | None = None
        self.preview: tuple[bytes | ReplicateError | None] | None = None
        """The download that a notebook embeds, once it was made: the bytes, None, or the error."""
        self._session = session
        self._prediction_id = prediction_id

    @property
    def session(self) -> Session:
        """The session that downloads the file: by default that of the default client."""
        if self._session is None:
            session = default_session(is_async=self.io.is_async, prediction_id=self._prediction_id)
            self._session = session.with_context(prediction_id=self._prediction_id) if self._prediction_id else session
        return self._session

    @property
    def prediction_id(self) -> str | None:
        """The prediction that the file belongs to, for errors."""
        return self._prediction_id if self._session is None else self._session.api.prediction_id

    @property
    def is_data_url(self) -> bool:
        """Whether the URL contains the file."""
        return data_urls.is_data_url(self.url)

    @cached_property
    def data(self) -> DataURL:
        """The decoded `data:` URL.

        Raises:
            FileCorruptedError: It is broken.
        """
        try:
            return data_urls.parse(self.url)
        except FileCorruptedError as error:
            error.prediction_id = self.prediction_id
            raise

    @property
    def name(self) -> str:
        """A safe file name, from the response's headers if there was a response, else from the URL."""
        from replicatekit._files.names import file_name

        known = self.representation
        disposition = known.disposition if known else None
        declared = known.media_type if known else None
        media_type = self.data.media_type if self.is_data_url else declared
        path = self.url.partition("?")[0].removesuffix("/download")  # as the URLs of all the API's own files end
        return file_name(disposition=disposition, url=path if not self.is_data_url else None, media_type=media_type)

    @property
    def media_type(self) -> str:
        """The media type, from the response's headers if there was a response, else from the name."""
        from replicatekit._files.media_types import DEFAULT, by_name
        from replicatekit._files.names import from_disposition

        if self.is_data_url:
            return self.data.media_type
        known = self.representation
        if known and known.media_type and known.media_type != DEFAULT:
            return known.media_type
        return by_name((known and from_disposition(known.disposition)) or self.name) or DEFAULT

    @property
    def size(self) -> int | None:
        """Bytes; None until a response has stated it."""
        if self.is_data_url:
            return len(self.data.data)
        return self.representation.total if self.representation else None

    async def fetch_metadata(self) -> None:
        """Request the file's headers, unless a response has described it already.

        Raises:
            FileGoneError: The file does not exist any more.
            APIError: The server refused, or did not respond.
        """
        if self.representation is None:
            opened = await self.open_download()
            if opened is not None:
                await opened.aclose()

    async def open_download(self) -> Download | None:
        """Start a download up to its first response, which has name, type and size; None for a `data:` URL."""
        if self.is_data_url:
            return None
        download = self.download()
        try:
            await download.begin()
        except BaseException:
            await download.aclose()
            raise
        return download

    def download(self) -> Download:
        """A download of the whole file."""
        from replicatekit._transfer.download import Download

        return Download(self.session, self.url, on_described=self.describe)

    def describe(self, representation: Representation) -> None:
        """Keep what a response states about the file."""
        self.representation = representation

    def chunks(self, restart: Callable[[], object] | None = None, opened: Download | None = None) -> Chunks:
        """The bytes of the whole file, as they arrive.

        Args:
            restart: Called when everything so far must be dropped, because the file has changed.
            opened: A download that has already begun.
        """
        if self.is_data_url:
            return self._decoded_chunks()
        download = opened or self.download()
        download.restart = restart
        return download

    async def _decoded_chunks(self) -> AsyncGenerator[bytes, None]:
        data = self.data.data
        for at in range(0, len(data), _PIECE):
            yield data[at : at + _PIECE]


async def read(content: RemoteContent) -> bytes:
    """Download the whole file into memory."""
    if content.is_data_url:
        return content.data.data
    buffer = files.BytesIO()  # returns its bytes without copying them again

    def restart() -> None:
        buffer.seek(0)
        buffer.truncate()

    async with aclosing(content.chunks(restart)) as chunks:
        async for chunk in chunks:
            buffer.write(chunk)
    return buffer.getvalue()


async def read_if_displayable(content: RemoteContent, can_show: Callable[[str], bool], limit: int) -> bytes | None:
    """Download the whole file, or return None if its media type cannot be shown or it is longer than `limit` bytes."""
    if content.is_data_url:
        return content.data.data if can_show(content.media_type) and len(content.data.data) <= limit else None
    data: list[bytes] = []
    size = 0

    def restart() -> None:
        nonlocal size
        data.clear()
        size = 0

    async with aclosing(content.chunks(restart)) as chunks:
        async for chunk in chunks:
            data.append(chunk)
            size += len(chunk)
            if size > limit or (content.size or 0) > limit or not can_show(content.media_type):
                return None
    return b"".join(data)
