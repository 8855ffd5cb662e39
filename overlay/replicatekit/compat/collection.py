"""Collections of models."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, ClassVar, overload

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.pages import cursor_of, page_of
from replicatekit.compat._impl.records import attached, several
from replicatekit.compat._impl.session import awaiting, blocking, path
from replicatekit.compat.model import Model
from replicatekit.compat.resource import Namespace, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType

    from replicatekit.compat._impl.records import Readers
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.pagination import Page

__all__ = ["Collection", "Collections"]


class Collection(Resource):
    """Models that belong together. It is iterated over them."""

    _readers: ClassVar[Readers] = {"models": several(Model)}

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
    """Collections."""

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Collection]:
        """A page of the collections, without their models.

        Args:
            cursor: A page's `next` or `previous`.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(page_of(blocking(self._client), Collection, cursor_of(cursor, "/v1/collections")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Collection]:
        """As `list`."""
        return await page_of(awaiting(self._client), Collection, cursor_of(cursor, "/v1/collections"))

    def get(self, slug: str) -> Collection:
        """A collection with its models, by its slug."""
        return run_sync(_get(blocking(self._client), slug))

    async def async_get(self, slug: str) -> Collection:
        """As `get`."""
        return await _get(awaiting(self._client), slug)


async def _get(api: CompatSession, slug: str) -> Collection:
    return attached(Collection(**await api.json("GET", path("collections", slug))), api.client)
