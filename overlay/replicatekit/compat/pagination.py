"""Pages of lists, and iterators over them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from types import EllipsisType
from typing import Any, Generic, TypeVar

from replicatekit.compat._impl.records import Record
from replicatekit.compat.resource import Resource

__all__ = ["Page", "async_paginate", "paginate"]

T = TypeVar("T", bound=Resource)


class Page(Record, Generic[T]):
    """One page of a list."""

    previous: str | None = None
    """The address of the previous page; None on the first one."""

    next: str | None = None
    """The address of the next page; None on the last one."""

    results: list[T]
    """The objects on this page."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.results)

    def __getitem__(self, index: int) -> T:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)


def paginate(list_method: Callable[[Any], Page[T]]) -> Generator[Page[T], None, None]:
    """Yield all pages of a list, each fetched when it is needed.

    Args:
        list_method: Returns a page for a cursor, such as `models.list`.
    """
    cursor: str | EllipsisType | None = ...
    while cursor is not None:
        page = list_method(cursor)
        yield page
        cursor = page.next


async def async_paginate(list_method: Callable[[Any], Awaitable[Page[T]]]) -> AsyncGenerator[Page[T], None]:
    """Yield all pages of a list, for an async method such as `models.async_list`."""
    cursor: str | EllipsisType | None = ...
    while cursor is not None:
        page = await list_method(cursor)
        yield page
        cursor = page.next
