"""Output files: lazy until they are read, whole when they are saved, and shown by notebooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_text
from replicatekit._http.token_policy import UrlAccess
from replicatekit._runtime import ASYNC, BLOCKING, iterate_sync, run_sync
from replicatekit._transfer import content as flows
from replicatekit._transfer.content import RemoteContent, session_of
from replicatekit._transfer.fetch import shown
from replicatekit._transfer.notebook import SHOWN_LIMIT, bundle, can_show
from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from replicatekit._runtime import IO
    from replicatekit._session.session import Session
    from replicatekit.client import AsyncClient, Client

__all__ = ["AsyncFileOutput", "FileOutput", "async_save_outputs", "save_outputs"]


class _File:
    """What sync and async files have in common: all that needs no request."""

    __slots__ = ("_content", "_shown")

    _io: ClassVar[IO]
    _content: RemoteContent
    _shown: tuple[bytes | ReplicateError | None] | None

    @classmethod
    def bind(cls, session: Session, url: str) -> Self:
        """A file by a client."""
        made = cls.__new__(cls)
        made._begin(url, session)  # noqa: SLF001 (made here)
        return made

    def _begin(self, url: str, session: Session | None) -> None:
        self._content = RemoteContent(url, session, self._io)
        self._shown = None

    @property
    def url(self) -> str:
        """Where it is: an HTTPS URL, or a `data:` URL that is the file itself."""
        return self._content.url

    @property
    def __replicate_url__(self) -> str:
        return self._content.url

    @property
    def name(self) -> str:
        """A file name for it, safe on every system: by its URL, and by the server's word as soon as it was asked."""
        return self._content.name

    @property
    def media_type(self) -> str:
        """Such as `image/png`: by its name, and by the server's word as soon as it was asked."""
        return self._content.media_type

    @property
    def size(self) -> int | None:
        """Bytes; None as long as the server was not asked (see `load`), or does not say."""
        return self._content.size

    def __str__(self) -> str:
        return shown(self.url) if self._content.is_inside else self.url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown(self.url)!r})"

    def __eq__(self, other: object) -> bool:
        return self.url == other.url if isinstance(other, _File) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.url)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self.url,
        )  # connections stay in their process: there it is asked for by a client of its own

    def _bundle(self, data: bytes | None) -> dict[str, str]:
        content = self._content
        is_public = not content.is_inside and content.session.api.rules.gate.decide(content.url) is UrlAccess.PLAIN
        return bundle(content, data, is_public=is_public)


class FileOutput(_File, os.PathLike[str]):
    """A file that a model has made. Nothing of it is fetched before it is read.

        output = client.run("black-forest-labs/flux-schnell", {"prompt": "a lighthouse"})[0]
        output.save("lighthouse.webp")

    It is read by `read`, by iterating over its chunks, or as a file object (`open`). It is a path too, wherever Python
    takes one: of a copy that is made then. As a model's input it is passed by its URL.

    Args:
        url: Of the file. The token goes with a request for it only if it is on the API's own host.
        client: By which it is asked for; without it, the one behind the functions of the module.
    """

    __slots__ = ("__weakref__",)
    _io = BLOCKING

    def __init__(self, url: str, client: Client | None = None) -> None:
        self._begin(check_text(url, "a file's URL", blank=True), session_of(client, self._io))

    def load(self) -> Self:
        """Ask for `size`, `media_type` and `name`, if nothing was asked yet. Itself."""
        run_sync(self._content.load())
        return self

    def read(self) -> bytes:
        """All of it.

        Raises:
            FileGoneError: The API has deleted it, as it does an hour after the prediction.
            FileCorruptedError: It is not what was promised, or changed while it was read.
            APIError: It cannot be had.
        """
        return run_sync(flows.read(self._content))

    def __iter__(self) -> Iterator[bytes]:
        """Its bytes, in chunks as they come."""
        return iterate_sync(self._content.pieces())

    def save(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Save it, whole or not at all: it is written beside its place and moved there at the end.

        Args:
            target: A path; or a folder, which is there or ends in a slash, and in which it gets its own `name`.
            overwrite: Whether a file that is there is replaced.
            on_progress: Called with the bytes that came, and with all of them (None where that is not known).

        Returns:
            Where it is.

        Raises:
            FileAlreadyExistsError: There is a file, and it is kept.
        """
        from replicatekit._transfer.save import save

        return run_sync(save(self._content, target, overwrite=overwrite, on_progress=on_progress))

    def open(self) -> BinaryIO:
        """A binary file object that can seek, to be closed: `PIL.Image.open(output.open())`.

        It fetches what is read of it, if the server gives parts of files; else all of it at once, onto the disk.
        """
        from replicatekit._transfer.remote_file import open_file

        return open_file(self._content)

    def path(self) -> Path:
        """The path of a copy, made when it is first asked for and removed when the process ends."""
        return run_sync(flows.copied(self._content))

    def __fspath__(self) -> str:
        return str(self.path())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        seen = self._seen()
        if isinstance(seen, ReplicateError):
            return {"text/plain": f"{self!r}: {seen}"}
        return self._bundle(seen)

    def _repr_png_(self) -> bytes | None:
        return self._as("image/png")

    def _repr_jpeg_(self) -> bytes | None:
        return self._as("image/jpeg")

    def _repr_html_(self) -> str | None:
        return self._repr_mimebundle_().get("text/html")

    def _as(self, media_type: str) -> bytes | None:
        seen = self._seen()
        return seen if isinstance(seen, bytes) and self.media_type == media_type else None

    def _seen(self) -> bytes | ReplicateError | None:
        """The bytes that a notebook shows, fetched once, since it asks in several ways; or why there are none.

        None if there is nothing in them to be seen, or too much.
        """
        if not self._shown:
            try:
                self._shown = (run_sync(flows.read_to_show(self._content, can_show, SHOWN_LIMIT)),)
            except ReplicateError as error:
                self._shown = (error,)
        return self._shown[0]


class AsyncFileOutput(_File):
    """A file that a model has made. Nothing of it is fetched before it is read.

        output = (await client.run("black-forest-labs/flux-schnell", {"prompt": "a lighthouse"}))[0]
        await output.save("lighthouse.webp")

    What reads it is to be awaited; its chunks come by `async for`. `open` fetches all of it at once, and the file
    object that it gives blocks no more. It is no path by itself, since that could not be awaited: `await output.path()`
    gives one. A notebook shows it by its URL, as long as that holds. As a model's input it is passed by its URL.
    """

    __slots__ = ("__weakref__",)
    _io = ASYNC

    def __init__(self, url: str, client: AsyncClient | None = None) -> None:
        self._begin(check_text(url, "a file's URL", blank=True), session_of(client, self._io))

    async def load(self) -> Self:
        """Ask for `size`, `media_type` and `name`, if nothing was asked yet. Itself."""
        await self._content.load()
        return self

    async def read(self) -> bytes:
        """All of it.

        Raises:
            FileGoneError: The API has deleted it, as it does an hour after the prediction.
            FileCorruptedError: It is not what was promised, or changed while it was read.
            APIError: It cannot be had.
        """
        return await flows.read(self._content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Its bytes, in chunks as they come."""
        return self._content.pieces()

    async def save(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Save it, whole or not at all: it is written beside its place and moved there at the end.

        Args:
            target: A path; or a folder, which is there or ends in a slash, and in which it gets its own `name`.
            overwrite: Whether a file that is there is replaced.
            on_progress: Called with the bytes that came, and with all of them (None where that is not known).

        Returns:
            Where it is.

        Raises:
            FileAlreadyExistsError: There is a file, and it is kept.
        """
        from replicatekit._transfer.save import save

        return await save(self._content, target, overwrite=overwrite, on_progress=on_progress)

    async def open(self) -> BinaryIO:
        """A binary file object that can seek, to be closed: all of the file, fetched onto the disk."""
        return await flows.spooled(self._content)

    async def path(self) -> Path:
        """The path of a copy, made when it is first asked for and removed when the process ends."""
        return await flows.copied(self._content)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        try:
            return self._bundle(self._content.data.data if self._content.is_inside else None)
        except ReplicateError as error:
            return {"text/plain": f"{self!r}: {error}"}


def save_outputs(
    output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save everything that an output has into a folder, several files at a time.

    Files get their own names, with a number where a name is taken. What is no file goes beside them: a text into
    `output.txt`, anything else into `output.json`, in which the names of the files stand in their places.

    Args:
        output: What `run` gave, or a prediction that has succeeded.
        folder: Made if there is none.
        overwrite: Whether files that are there already are replaced.
        progress: Whether bars show how far it is; None, the default, shows them on a terminal if rich is installed.

    Returns:
        Where they are, in the order of the output.

    Raises:
        FileError, APIError: A file could not be saved; those that could are there.
    """
    from replicatekit._predictions.save_output import save_whole

    return run_sync(save_whole(BLOCKING, output, folder, overwrite=overwrite, progress=progress))


async def async_save_outputs(
    output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save everything that an output has into a folder, several files at a time.

    Files get their own names, with a number where a name is taken. What is no file goes beside them: a text into
    `output.txt`, anything else into `output.json`, in which the names of the files stand in their places.

    Args:
        output: What `run` gave, or a prediction that has succeeded.
        folder: Made if there is none.
        overwrite: Whether files that are there already are replaced.
        progress: Whether bars show how far it is; None, the default, shows them on a terminal if rich is installed.

    Returns:
        Where they are, in the order of the output.

    Raises:
        FileError, APIError: A file could not be saved; those that could are there.
    """
    from replicatekit._predictions.save_output import save_whole

    return await save_whole(ASYNC, output, folder, overwrite=overwrite, progress=progress)


resolvable(__name__)
