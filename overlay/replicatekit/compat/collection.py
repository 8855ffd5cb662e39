"""Collections of models."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from types import EllipsisType
from typing import ClassVar, overload

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.pages import fetch_page, page_address
from replicatekit.compat._impl.records import Readers, attach, list_reader
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat.model import Model
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Namespace, Resource

__all__ = ["Collection", "Collections", "Page"]


class Collection(Resource):
    """A collection of models. Iterating it yields the models."""

    _readers: ClassVar[Readers] = {"models": list_reader(Model)}

    slug: str
    name: str
    description: str
    models: list[Model] | None = None

    @property
    def id(self) -> str:
        """The old name of `slug`."""
        warnings.warn("Collection.id is the old name of Collection.slug", DeprecationWarning, stacklevel=2)
        return self.slug

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models or [])

    @overload
    def __getitem__(self, index: int) -> Model | None: ...
    @overload
    def __getitem__(self, index: slice) -> list[Model] | None: ...
    def __getitem__(self, index: int | slice) -> Model | list[Model] | None:
        return None if self.models is None else self.models[index]

    def __len__(self) -> int:
        return len(self.models or [])


class Collections(Namespace):
    """The namespace `client.collections`."""

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Collection]:
        """Return a page of the collections, without their models.

        Args:
            cursor: A page's `next` or `previous`; without it, the first page.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(fetch_page(blocking(self._client), Collection, page_address(cursor, "/v1/collections")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Collection]:
        """Return a page of the collections; see `list`."""
        return await fetch_page(awaiting(self._client), Collection, page_address(cursor, "/v1/collections"))

    def get(self, slug: str) -> Collection:
        """Return a collection with its models, by its slug."""
        return run_sync(_get(blocking(self._client), slug))

    async def async_get(self, slug: str) -> Collection:
        """Return a collection with its models, by its slug."""
        return await _get(awaiting(self._client), slug)


async def _get(api: CompatSession, slug: str) -> Collection:
    return attach(Collection(**await api.json("GET", path("collections", slug))), api.client)
