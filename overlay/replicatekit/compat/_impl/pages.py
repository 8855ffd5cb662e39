"""Fetches one page of a list by its cursor."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, TypeVar

from replicatekit.compat._impl.records import attach
from replicatekit.compat._impl.session import CompatSession
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Resource

T = TypeVar("T", bound=Resource)


def page_address(cursor: str | EllipsisType | None, first: str) -> str:
    """Return the address of the page at a cursor; without one, of the first page.

    Raises:
        ValueError: The cursor is None, as that of the last page.
    """
    if cursor is None:
        raise ValueError("cursor cannot be None")
    return first if cursor is ... else cursor


async def fetch_page(
    api: CompatSession, make: Callable[..., T], address: str, method: str = "GET", **body: Any
) -> Page[T]:
    """Return the page at an address."""
    page: dict[str, Any] = await api.json(method, address, **body)
    records: list[Any] = page.get("results") or []
    results = [make(**record) for record in records]
    return attach(Page[T](**{**page, "results": results}), api.client)
