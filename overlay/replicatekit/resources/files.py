"""`client.files`."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Protocol, TypeAlias

from replicatekit._operations import files as operations
from replicatekit._operations.pagination import ListRequest, unbound
from replicatekit._runtime import run_sync
from replicatekit._transfer.upload import create as upload_file
from replicatekit._transfer.upload import url_of_download
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from replicatekit.outputs import AsyncFileOutput, FileOutput
    from replicatekit.pages import Page
    from replicatekit_api.models import File

    Uploadable: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | "PILImage"

__all__ = ["AsyncFiles", "Files", "PILImage"]


class PILImage(Protocol):
    """An image of Pillow: `PIL.Image.Image`."""

    @property
    def format(self) -> str | None:
        """The format, such as `PNG`."""
        ...

    def save(self, fp: Any, /, *, format: str | None = None) -> None:
        """Write the image to a file."""
        ...


class Files(Namespace):
    """Uploaded files, for the inputs of models. The API keeps them for 24 hours."""

    def create(
        self,
        file: Uploadable,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> File:
        """Upload a file, to use it as an input of several runs. A run uploads the files in its input by itself.

        The file is read while it is sent. Its SHA-256 is compared with that of the stored file.

        Args:
            file: A path, bytes, a file object (read from its current position) or a PIL image. At most 100 MiB.
            filename: The name to store. By default the file's own.
            content_type: The media type. By default it is guessed from the name, then from the first bytes.
            metadata: JSON to store with the file.
            on_progress: Called with the number of bytes sent and the total (None if unknown). A retry starts at 0.

        Raises:
            InvalidInput: The file cannot be read.
            FileTooLargeError: The file is larger than the API accepts. Nothing was sent.
            FileCorruptedError: The stored file has another checksum.
            OutcomeUnknownError: The file may have been stored; it was not sent again.
        """
        return run_sync(upload_file(self._session, file, filename, content_type, metadata, on_progress))

    def download(
        self,
        file: str,
        *,
        owner: str | None = None,
        expiry: int | None = None,
        signature: str | None = None,
    ) -> FileOutput:
        """Return a file that can be read and saved. Nothing is requested before that.

        Args:
            file: The URL of an output; or the id of an uploaded file, with `owner`, `expiry` and `signature` of its
                signed URL.
            owner: The account that uploaded the file.
            expiry: When the link expires, in seconds since 1970.
            signature: The signature of the link.
        """
        from replicatekit.outputs import FileOutput

        return FileOutput.bind(self._session, url_of_download(self._session, file, owner, expiry, signature))

    def list(self, cursor: str | None = None) -> Page[File]:
        """List the account's files, the newest first.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(ListRequest(self._session, operations.page, unbound), cursor)

    def get(self, file_id: str) -> File:
        """Get a file's metadata: its name, size and checksums, and the URL to use as an input."""
        return run_sync(operations.get(self._session, file_id))

    def delete(self, file_id: str) -> None:
        """Delete a file before it expires."""
        run_sync(operations.delete(self._session, file_id))


class AsyncFiles(Namespace):
    """Uploaded files, for the inputs of models. The API keeps them for 24 hours."""

    async def create(
        self,
        file: Uploadable,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> File:
        """Upload a file, to use it as an input of several runs. A run uploads the files in its input by itself.

        The file is read while it is sent. Its SHA-256 is compared with that of the stored file.

        Args:
            file: A path, bytes, a file object (read from its current position) or a PIL image. At most 100 MiB.
            filename: The name to store. By default the file's own.
            content_type: The media type. By default it is guessed from the name, then from the first bytes.
            metadata: JSON to store with the file.
            on_progress: Called with the number of bytes sent and the total (None if unknown). A retry starts at 0.

        Raises:
            InvalidInput: The file cannot be read.
            FileTooLargeError: The file is larger than the API accepts. Nothing was sent.
            FileCorruptedError: The stored file has another checksum.
            OutcomeUnknownError: The file may have been stored; it was not sent again.
        """
        return await upload_file(self._session, file, filename, content_type, metadata, on_progress)

    def download(
        self,
        file: str,
        *,
        owner: str | None = None,
        expiry: int | None = None,
        signature: str | None = None,
    ) -> AsyncFileOutput:
        """Return a file that can be read and saved. Nothing is requested before that.

        Args:
            file: The URL of an output; or the id of an uploaded file, with `owner`, `expiry` and `signature` of its
                signed URL.
            owner: The account that uploaded the file.
            expiry: When the link expires, in seconds since 1970.
            signature: The signature of the link.
        """
        from replicatekit.outputs import AsyncFileOutput

        return AsyncFileOutput.bind(self._session, url_of_download(self._session, file, owner, expiry, signature))

    def list(self, cursor: str | None = None) -> AsyncPages[File]:
        """List the account's files, the newest first.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(ListRequest(self._session, operations.page, unbound), cursor)

    async def get(self, file_id: str) -> File:
        """Get a file's metadata: its name, size and checksums, and the URL to use as an input."""
        return await operations.get(self._session, file_id)

    async def delete(self, file_id: str) -> None:
        """Delete a file before it expires."""
        await operations.delete(self._session, file_id)
