"""Lists: one page, by its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from replicatekit.compat._impl.records import attached
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import EllipsisType

    from replicatekit.compat._impl.session import CompatSession

__all__ = ["cursor_of", "page_of"]

T = TypeVar("T", bound=Resource)


def cursor_of(cursor: str | EllipsisType | None, first: str) -> str:
    """Where a page is; the first one, where no cursor is given.

    Raises:
        ValueError: It is None: there is no such page.
    """
    if cursor is None:
        raise ValueError("cursor cannot be None")
    return first if cursor is ... else cursor


async def page_of(
    api: CompatSession, made: Callable[..., T], address: str, method: str = "GET", **body: Any
) -> Page[T]:
    """The page at an address."""
    found: dict[str, Any] = await api.json(method, address, **body)
    given: list[Any] = found.get("results") or []
    results = [made(**result) for result in given]
    return attached(Page[T](**{**found, "results": results}), api.client)
