"""`client.collections`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.docstrings import mirrors
from replicatekit._operations import collections as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.collection import AsyncCollection, Collection

if TYPE_CHECKING:
    from replicatekit._operations.pagination import Listing
    from replicatekit.pages import Page
    from replicatekit_api.models import CollectionSummary

__all__ = ["AsyncCollections", "Collections"]


class Collections(Namespace):
    """Models that were gathered by what they do."""

    __slots__ = ()

    def list(self, cursor: str | None = None) -> Page[CollectionSummary]:
        """All collections, without their models.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(self._listing(), cursor)

    def get(self, slug: str) -> Collection:
        """A collection with its models, by the name that it has in its address, such as `super-resolution`."""
        return Collection.bind(self._session, run_sync(flows.get(self._session, slug)))

    def _listing(self) -> Listing[CollectionSummary]:
        return flows.listing(self._session, lambda summary: summary)


@mirrors(Collections)
class AsyncCollections(Namespace):
    __slots__ = ()

    def list(self, cursor: str | None = None) -> AsyncPages[CollectionSummary]:
        return AsyncPages(self._listing(), cursor)

    async def get(self, slug: str) -> AsyncCollection:
        return AsyncCollection.bind(self._session, await flows.get(self._session, slug))

    def _listing(self) -> Listing[CollectionSummary]:
        return flows.listing(self._session, lambda summary: summary)
