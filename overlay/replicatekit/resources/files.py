"""`client.files`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from replicatekit._base.docstrings import mirrors
from replicatekit._operations import files as flows
from replicatekit._runtime import run_sync
from replicatekit._transfer.upload import create as upload_given
from replicatekit._transfer.upload import url_of_download
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from replicatekit._operations.pagination import Listing
    from replicatekit.outputs import AsyncFileOutput, FileOutput
    from replicatekit.pages import Page
    from replicatekit_api.models import File

__all__ = ["AsyncFiles", "Files"]


class Files(Namespace):
    """Files that were uploaded to be a model's input; the API keeps them for 24 hours."""

    __slots__ = ()

    def create(
        self,
        file: str | os.PathLike[str] | bytes | BinaryIO | Any,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> File:
        """Upload a file, for use as an input in several runs; a run uploads by itself what is in its input.

        It is read as it is sent, and compared with what the API has stored by its SHA-256.

        Args:
            file: A path, bytes, a file object (read from where it stands) or a PIL picture; up to 100 MiB.
            filename: In place of its own.
            content_type: Its media type, in place of what its name or its first bytes say.
            metadata: JSON that is kept with it.
            on_progress: Called with the bytes that were sent and with all of them (None where that is not known). An
                attempt that is made again begins at 0.

        Raises:
            InvalidInput: It cannot be read.
            FileTooLargeError: It is longer than the API takes. Nothing was sent.
            FileCorruptedError: The API has stored something else.
            OutcomeUnknownError: It may have been stored, or not; it was not sent again.
        """
        return run_sync(
            upload_given(
                self._session,
                file,
                filename=filename,
                content_type=content_type,
                metadata=metadata,
                on_progress=on_progress,
            )
        )

    def download(
        self,
        file: str,
        *,
        owner: str | None = None,
        expiry: int | None = None,
        signature: str | None = None,
    ) -> FileOutput:
        """A file that can be read and saved. Nothing is fetched before that.

        Args:
            file: The URL of an output, or a file's id with what its signed link is made of.
            owner: Who uploaded it.
            expiry: When the link ends, in seconds since 1970.
            signature: Of the two and the id.
        """
        from replicatekit.outputs import FileOutput

        return FileOutput.bind(self._session, url_of_download(self._session, file, owner, expiry, signature))

    def list(self, cursor: str | None = None) -> Page[File]:
        """The account's files, the newest first.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(self._listing(), cursor)

    def get(self, file_id: str) -> File:
        """What is recorded of a file: its name, size, checksums, and the URL that goes into a model's input."""
        return run_sync(flows.get(self._session, file_id))

    def delete(self, file_id: str) -> None:
        """Delete a file before its time."""
        run_sync(flows.delete(self._session, file_id))

    def _listing(self) -> Listing[File]:
        return flows.listing(self._session, lambda file: file)


@mirrors(Files)
class AsyncFiles(Namespace):
    __slots__ = ()

    async def create(
        self,
        file: str | os.PathLike[str] | bytes | BinaryIO | Any,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> File:
        return await upload_given(
            self._session,
            file,
            filename=filename,
            content_type=content_type,
            metadata=metadata,
            on_progress=on_progress,
        )

    def download(
        self,
        file: str,
        *,
        owner: str | None = None,
        expiry: int | None = None,
        signature: str | None = None,
    ) -> AsyncFileOutput:
        from replicatekit.outputs import AsyncFileOutput

        return AsyncFileOutput.bind(self._session, url_of_download(self._session, file, owner, expiry, signature))

    def list(self, cursor: str | None = None) -> AsyncPages[File]:
        return AsyncPages(self._listing(), cursor)

    async def get(self, file_id: str) -> File:
        return await flows.get(self._session, file_id)

    async def delete(self, file_id: str) -> None:
        await flows.delete(self._session, file_id)

    def _listing(self) -> Listing[File]:
        return flows.listing(self._session, lambda file: file)
