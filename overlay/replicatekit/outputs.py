"""Output files: downloaded when they are read, saved atomically, and displayed by notebooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

from replicatekit._base.signatures import resolvable
from replicatekit._http.async_sender import ASYNC
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit._transfer.content import read
from replicatekit._transfer.file_protocol import ReadableFile
from replicatekit._transfer.output_file import OutputFile

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
    from pathlib import Path


__all__ = ["AsyncFileOutput", "FileOutput", "async_save_outputs", "save_outputs"]


class FileOutput(ReadableFile, OutputFile):
    """An output file. Its content is downloaded when it is read.

        output = client.run("black-forest-labs/flux-schnell", {"prompt": "a lighthouse"})[0]
        output.save("lighthouse.webp")

    `read` returns the whole file, iterating yields it in chunks, and `open` returns a file object. Code that expects a
    binary file object can read a `FileOutput` itself: `shutil.copyfileobj(output, target)`. As an `os.PathLike`, it is
    the path of a temporary copy. As a model's input, a `FileOutput` is sent as its URL.

    pydantic writes a `FileOutput` as its URL. The encoders of json, orjson, msgspec, Flask and Django refuse it with a
    TypeError of their own, which no class can change: write `output.url`, or pass `default=str` (to msgspec:
    `enc_hook=str`).

    Args:
        url: The file's URL. The token is sent only if the URL is on the API's own host.
        client: The client that downloads it; by default that of the module's functions.
    """

    __slots__ = ("__weakref__",)
    _io = BLOCKING

    def fetch_metadata(self) -> Self:
        """Request `size`, `media_type` and `name`, unless they are known already, and return this object.

        Raises:
            FileGoneError: The API has deleted the file, as it does an hour after the prediction.
            APIError: The server refused, or did not respond.
        """
        run_sync(self._content.fetch_metadata())
        return self

    def read(self, size: int | None = -1) -> bytes:
        """Read the whole file; or, as file objects do, up to `size` bytes from the current position.

        Args:
            size: The number of bytes. By default the whole file, or the rest of it after a read with a size.

        Raises:
            FileGoneError: The API has deleted the file, as it does an hour after the prediction.
            FileCorruptedError: The file is not what the server promised, or changed while it was read.
            APIError: The server refused, or did not respond.
        """
        everything = size is None or size < 0
        if everything and self._stream is None:
            return run_sync(read(self._content))
        return self._open_stream().read(-1 if everything else size or 0)

    def __iter__(self) -> Iterator[bytes]:
        """The whole file, in chunks as they arrive."""
        # `Chunks` has all that it needs.
        return iterate_sync(cast("AsyncGenerator[bytes, None]", self._content.chunks()))

    def save(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Save the file, whole or not at all: it is written beside its destination, and renamed when it is complete.

        Args:
            target: A file path, or a directory (one that exists, or a path that ends in a slash), in which the file is
                saved under its own `name`.
            overwrite: Replace an existing file.
            on_progress: Called with the bytes received so far and the size of the file (None if unknown).

        Returns:
            The path of the saved file.

        Raises:
            FileAlreadyExistsError: The target exists, and `overwrite` is False.
            LocalFileError: The file cannot be written: no space, a read-only folder, ... It is also an `OSError`.
            FileGoneError, FileCorruptedError, APIError: As in `read`.
        """
        from replicatekit._transfer.save import save

        return run_sync(save(self._content, target, overwrite=overwrite, on_progress=on_progress))

    def open(self) -> BinaryIO:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Open the file as a binary file object that can seek: `PIL.Image.open(output.open())`. Close it after use.

        If the server supports ranges, only the parts that are read are downloaded; otherwise the whole file is
        downloaded first.
        """
        from replicatekit._transfer.remote_file import open_file

        return open_file(self._content)

    def path(self) -> Path:
        """Return the path of a temporary copy. It is made at the first call, and removed when the process ends."""
        from replicatekit._transfer.copies import cached_copy

        return run_sync(cached_copy(self._content))

    def __fspath__(self) -> str:
        return str(self.path())


class AsyncFileOutput(OutputFile):
    """An output file. Its content is downloaded when it is read.

        output = (await client.run("black-forest-labs/flux-schnell", {"prompt": "a lighthouse"}))[0]
        await output.save("lighthouse.webp")

    `await read()` returns the whole file, `async for` yields it in chunks, and `await open()` returns a file object
    whose content has been downloaded, so that it does not block. `await path()` returns the path of a temporary copy.
    As a model's input, an `AsyncFileOutput` is sent as its URL.

    Args:
        url: The file's URL. The token is sent only if the URL is on the API's own host.
        client: The client that downloads it; by default that of the module's async functions.
    """

    __slots__ = ("__weakref__",)
    _io = ASYNC

    async def fetch_metadata(self) -> Self:
        """Request `size`, `media_type` and `name`, unless they are known already, and return this object.

        Raises:
            FileGoneError: The API has deleted the file, as it does an hour after the prediction.
            APIError: The server refused, or did not respond.
        """
        await self._content.fetch_metadata()
        return self

    async def read(self, size: int | None = -1) -> bytes:
        """Read the whole file; or, as file objects do, up to `size` bytes from the current position.

        Args:
            size: The number of bytes. By default the whole file, or the rest of it after a read with a size.

        Raises:
            FileGoneError: The API has deleted the file, as it does an hour after the prediction.
            FileCorruptedError: The file is not what the server promised, or changed while it was read.
            APIError: The server refused, or did not respond.
        """
        everything = size is None or size < 0
        if everything and self._stream is None:
            return await read(self._content)
        if self._stream is None:
            self._stream = await self.open()
        return self._stream.read(-1 if everything else size or 0)

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The whole file, in chunks as they arrive."""
        return self._content.chunks()

    async def save(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Save the file, whole or not at all: it is written beside its destination, and renamed when it is complete.

        Args:
            target: A file path, or a directory (one that exists, or a path that ends in a slash), in which the file is
                saved under its own `name`.
            overwrite: Replace an existing file.
            on_progress: Called with the bytes received so far and the size of the file (None if unknown).

        Returns:
            The path of the saved file.

        Raises:
            FileAlreadyExistsError: The target exists, and `overwrite` is False.
            LocalFileError: The file cannot be written: no space, a read-only folder, ... It is also an `OSError`.
            FileGoneError, FileCorruptedError, APIError: As in `read`.
        """
        from replicatekit._transfer.save import save

        return await save(self._content, target, overwrite=overwrite, on_progress=on_progress)

    async def open(self) -> BinaryIO:
        """Download the whole file, and open it as a binary file object that can seek. Close it after use."""
        from replicatekit._transfer.copies import download_to_spool

        return await download_to_spool(self._content)

    async def path(self) -> Path:
        """Return the path of a temporary copy. It is made at the first call, and removed when the process ends."""
        from replicatekit._transfer.copies import cached_copy

        return await cached_copy(self._content)


def save_outputs(
    output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save everything in an output into a folder, several files at a time.

    Files get their own names, and a number is appended if a name exists. The rest of the output is saved beside them: a
    text as `output.txt`, anything else as `output.json`, with each file replaced by the name under which it was saved.

    Args:
        output: The result of `run`, or a prediction that has succeeded.
        folder: The folder; it is created if it does not exist.
        overwrite: Replace existing files.
        progress: Show progress bars; by default on a terminal, if rich is installed.

    Returns:
        The paths, in the order of the output.

    Raises:
        FileError, APIError: A file could not be saved; the others are saved.
    """
    from replicatekit._predictions.save_output import save_whole

    return run_sync(save_whole(BLOCKING, output, folder, overwrite=overwrite, progress=progress))


async def async_save_outputs(
    output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save everything in an output into a folder, several files at a time.

    Files get their own names, and a number is appended if a name exists. The rest of the output is saved beside them: a
    text as `output.txt`, anything else as `output.json`, with each file replaced by the name under which it was saved.

    Args:
        output: The result of `run`, or a prediction that has succeeded.
        folder: The folder; it is created if it does not exist.
        overwrite: Replace existing files.
        progress: Show progress bars; by default on a terminal, if rich is installed.

    Returns:
        The paths, in the order of the output.

    Raises:
        FileError, APIError: A file could not be saved; the others are saved.
    """
    from replicatekit._predictions.save_output import save_whole

    return await save_whole(ASYNC, output, folder, overwrite=overwrite, progress=progress)


resolvable(__name__)

if "IPython" in sys.modules:
    from replicatekit._transfer.notebook import register_formatters

    register_formatters()
