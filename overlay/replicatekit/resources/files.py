"""`client.files`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._flows import files as flows
from replicatekit._io import finish
from replicatekit._mirror import mirrors
from replicatekit.pages import AsyncListing, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from replicatekit._flows.pages import Listing
    from replicatekit.pages import Page
    from replicatekit_api.models import File

__all__ = ["AsyncFiles", "Files"]


class Files(Namespace):
    """Files that were uploaded to be a model's input; the API keeps them for 24 hours."""

    __slots__ = ()

    def list(self, cursor: str | None = None) -> Page[File]:
        """The account's files, the newest first.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(self._listing(), cursor)

    def get(self, file_id: str) -> File:
        """What is recorded of a file: its name, size, checksums, and the URL that goes into a model's input."""
        return finish(flows.get(self._core, file_id))

    def delete(self, file_id: str) -> None:
        """Delete a file before its time."""
        finish(flows.delete(self._core, file_id))

    def _listing(self) -> Listing[File]:
        return flows.listing(self._core, lambda file: file)


@mirrors(Files)
class AsyncFiles(Namespace):
    __slots__ = ()

    def list(self, cursor: str | None = None) -> AsyncListing[File]:
        return AsyncListing(self._listing(), cursor)

    async def get(self, file_id: str) -> File:
        return await flows.get(self._core, file_id)

    async def delete(self, file_id: str) -> None:
        await flows.delete(self._core, file_id)

    def _listing(self) -> Listing[File]:
        return flows.listing(self._core, lambda file: file)
