"""A file behind a URL, and what is known of it so far."""

from __future__ import annotations

import io as files
import os
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, cast

from replicatekit._base.validation import shown
from replicatekit._files import data_urls as _dataurl
from replicatekit._http.sync_sender import BLOCKING
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from replicatekit._files.data_urls import DataURL
    from replicatekit._files.representation import Representation
    from replicatekit._http.contract import Sender
    from replicatekit._session.session import Session
    from replicatekit._transfer.download import Reading

__all__ = ["RemoteContent", "content_of", "copied", "default_session", "read", "read_to_show", "session_of", "spooled"]

_PIECE = 256 * 1024
_IN_MEMORY = 1024 * 1024  # bytes of a file object that are kept in memory; what is longer is on the disk


def default_session(io: Sender) -> Session:
    """The inside of the client behind the functions of the module."""
    from replicatekit._default_client import default_async_client, default_client

    client = default_client() if io is BLOCKING else default_async_client()
    return client._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (our own)


def session_of(client: object, io: Sender) -> Session | None:
    """The inside of a client that was given, or None where none was.

    Raises:
        InvalidArgument: It is no client, or one of the other half.
    """
    if client is None:
        return None
    session = cast("Session | None", getattr(client, "_session", None))
    if session is None or getattr(session, "io", None) is not io:
        kind = "Client" if io is BLOCKING else "AsyncClient"
        raise InvalidArgument(f"client must be a {kind} here, not {shown(client)}")
    return session


def content_of(value: object) -> RemoteContent | None:
    """What is behind a file, if it is one."""
    content = value if isinstance(value, RemoteContent) else getattr(value, "_content", None)
    return content if isinstance(content, RemoteContent) else None


class RemoteContent:
    """What is behind one URL. A `data:` URL is it itself, and is decoded when it is needed."""

    def __init__(self, url: str, session: Session | None, io: Sender) -> None:
        self.url = url
        self.io = io
        self.entity: Representation | None = None
        self._session = session

    @property
    def session(self) -> Session:
        """By which client it is asked for: its own, else the process's."""
        if self._session is None:
            self._session = default_session(self.io)
        return self._session

    @property
    def is_inside(self) -> bool:
        """Whether the URL is the file."""
        return _dataurl.is_data_url(self.url)

    @cached_property
    def data(self) -> DataURL:
        """What a `data:` URL holds.

        Raises:
            FileCorruptedError: It is broken.
        """
        return _dataurl.parse(self.url)

    @property
    def name(self) -> str:
        """By the answer's headers as soon as there were any, else by the URL; safe on every system."""
        from replicatekit._files.names import file_name

        known = self.entity
        disposition = known and known.disposition
        media_type = self.data.media_type if self.is_inside else known and known.media_type
        path = self.url.partition("?")[0].removesuffix("/download")  # the API's own files end so, all of them
        return file_name(disposition=disposition, url=path if not self.is_inside else None, media_type=media_type)

    @property
    def media_type(self) -> str:
        """By the answer's headers as soon as there were any, else by the name."""
        from replicatekit._files.media_types import DEFAULT, by_name
        from replicatekit._files.names import from_disposition

        if self.is_inside:
            return self.data.media_type
        told = self.entity and self.entity.media_type
        if told and told != DEFAULT:
            return told
        said = (self.entity and from_disposition(self.entity.disposition)) or self.name
        return by_name(said) or DEFAULT

    @property
    def size(self) -> int | None:
        """Bytes; None as long as no answer has said it."""
        if self.is_inside:
            return len(self.data.data)
        return self.entity and self.entity.total

    async def load(self) -> None:
        """Ask what it is, if no answer has said so yet.

        Raises:
            FileGoneError: It is not there any more.
            APIError: It cannot be had.
        """
        if self.entity is None:
            begun = await self.begun()
            if begun is not None:
                await begun.close()

    async def begun(self) -> Reading | None:
        """A reading of it that has begun, so that everything is known of it; None where nothing has to be asked."""
        if self.is_inside:
            return None
        reading = self.reading()
        try:
            await reading.begin()
        except BaseException:
            await reading.close()
            raise
        return reading

    def reading(self) -> Reading:
        """A reading of it from its beginning."""
        from replicatekit._transfer.download import Reading

        return Reading(self.session, self.url, learn=self.learn)

    def learn(self, entity: Representation) -> None:
        """An answer has said what it is."""
        self.entity = entity

    def pieces(
        self, restart: Callable[[], object] | None = None, begun: Reading | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Its bytes from the beginning, as they come.

        Args:
            restart: Called where everything so far is to be forgotten, because it is another file now.
            begun: A reading that goes on, in place of a new one.
        """
        if self.is_inside:
            return self._own_pieces()
        reading = begun or self.reading()
        reading.restart = restart
        return reading.pieces()

    async def _own_pieces(self) -> AsyncGenerator[bytes, None]:
        data = self.data.data
        for at in range(0, len(data), _PIECE):
            yield data[at : at + _PIECE]


async def read(content: RemoteContent) -> bytes:
    """All of it."""
    if content.is_inside:
        return content.data.data
    buffer = files.BytesIO()  # gives its bytes without another copy of them

    def restart() -> None:
        buffer.seek(0)
        buffer.truncate()

    async with aclosing(content.pieces(restart)) as pieces:
        async for piece in pieces:
            buffer.write(piece)
    return buffer.getvalue()


async def read_to_show(content: RemoteContent, can_show: Callable[[str], bool], limit: int) -> bytes | None:
    """All of it, if it is of a type that can be shown, and no longer than `limit` bytes; else nothing."""
    if content.is_inside:
        return content.data.data if can_show(content.media_type) and len(content.data.data) <= limit else None
    data: list[bytes] = []
    size = 0
    async with aclosing(content.pieces(data.clear)) as pieces:
        async for piece in pieces:
            data.append(piece)
            size += len(piece)
            if size > limit or (content.size or 0) > limit or not can_show(content.media_type):
                return None
    return b"".join(data)


async def copied(content: RemoteContent) -> Path:
    """A copy on the disk that lasts as long as the process."""
    from replicatekit._files.temporary_copies import folder_for
    from replicatekit._transfer.save import save

    io = content.io
    folder = await io.run(folder_for, content.url)
    known = await io.run(_only_file, folder)
    return known or await save(content, f"{folder}{os.sep}", overwrite=True)


def _only_file(folder: Path) -> Path | None:
    """The file in a folder of copies; what is still being written begins with a dot."""
    try:
        return next((path for path in folder.iterdir() if not path.name.startswith(".")), None)
    except FileNotFoundError:
        return None


async def spooled(content: RemoteContent, begun: Reading | None = None) -> BinaryIO:
    """All of it as a file object that can seek: in memory where it is short, else on the disk.

    Args:
        content: The file.
        begun: A reading of it that has begun; without it, one is begun.
    """
    if content.is_inside:
        return files.BytesIO(content.data.data)
    from replicatekit._transfer.write_buffer import BufferedWriter

    spool = _Spool()
    filling = BufferedWriter(content.io, spool)
    try:
        await filling.fill(content.pieces(filling.restart, begun))
    except BaseException:
        spool.file.close()
        raise
    spool.file.seek(0)
    return spool.file


class _Spool:
    """A file object that is filled: in memory, until there is much of it."""

    def __init__(self) -> None:
        self.file: BinaryIO = files.BytesIO()

    def write(self, pieces: Sequence[bytes]) -> None:
        """Add these bytes."""
        if isinstance(self.file, files.BytesIO) and self.file.tell() > _IN_MEMORY:
            import tempfile

            short = self.file
            self.file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (it is the caller's to close)
            self.file.write(short.getbuffer())
        self.file.writelines(pieces)

    def restart(self) -> None:
        """Forget what was written."""
        self.file.seek(0)
        self.file.truncate()
