"""Pages of lists, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from replicatekit.compat._impl.records import Record
from replicatekit.compat.resource import Resource

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
    from types import EllipsisType

__all__ = ["Page", "async_paginate", "paginate"]

T = TypeVar("T", bound=Resource)


class Page(Record, Generic[T]):
    """One page of a list."""

    previous: str | None = None
    """Where the page before is; None on the first one."""

    next: str | None = None
    """Where the page after is; None on the last one."""

    results: list[T]
    """What is on this page."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.results)

    def __getitem__(self, index: int) -> T:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)


def paginate(list_method: Callable[[Any], Page[T]]) -> Generator[Page[T], None, None]:
    """All pages of a list, each asked for when it is its turn.

    Args:
        list_method: Such as `models.list`: what gives a page for a cursor.
    """
    cursor: str | EllipsisType | None = ...
    while cursor is not None:
        page = list_method(cursor)
        yield page
        cursor = page.next


async def async_paginate(list_method: Callable[[Any], Awaitable[Page[T]]]) -> AsyncGenerator[Page[T], None]:
    """As `paginate`, for what is to be awaited, such as `models.async_list`."""
    cursor: str | EllipsisType | None = ...
    while cursor is not None:
        page = await list_method(cursor)
        yield page
        cursor = page.next
