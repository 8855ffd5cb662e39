"""`client.collections`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._operations import collections as operations
from replicatekit._operations.pagination import ListRequest, unbound
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.collection import AsyncCollection, Collection

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit_api.models import CollectionSummary

__all__ = ["AsyncCollections", "Collections"]


class Collections(Namespace):
    """Collections: models grouped by what they do."""

    def list(self, cursor: str | None = None) -> Page[CollectionSummary]:
        """List all collections, without their models.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(ListRequest(self._session, operations.page, unbound), cursor)

    def get(self, slug: str) -> Collection:
        """Get a collection with its models.

        Args:
            slug: The collection's name in its URL, such as `super-resolution`.

        Raises:
            NotFoundError: No collection has this slug.
        """
        return Collection.bind(self._session, run_sync(operations.get(self._session, slug)))


class AsyncCollections(Namespace):
    """Collections: models grouped by what they do."""

    def list(self, cursor: str | None = None) -> AsyncPages[CollectionSummary]:
        """List all collections, without their models.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(ListRequest(self._session, operations.page, unbound), cursor)

    async def get(self, slug: str) -> AsyncCollection:
        """Get a collection with its models.

        Args:
            slug: The collection's name in its URL, such as `super-resolution`.

        Raises:
            NotFoundError: No collection has this slug.
        """
        return AsyncCollection.bind(self._session, await operations.get(self._session, slug))
