"""Pages of lists: what is on one, the ones beside it, and all items of all that follow.

Every list of the API comes in pages. A page holds its own items (`results`, `len`, indexing) and goes, when it is
iterated, over them and over those of all pages after it; the next page is fetched while the current one is consumed,
where that takes a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from replicatekit._base.docstrings import mirrors
from replicatekit._operations.pagination import Fetched, Listing, Walk, after, before, cursor_of
from replicatekit._runtime import run_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

__all__ = ["AsyncPage", "AsyncPages", "Page", "async_paginate", "paginate"]

P = ParamSpec("P")
T = TypeVar("T")


class _Page(Generic[T]):
    """What a page knows without asking."""

    __slots__ = ("_alone", "_fetched", "_listing")

    def __init__(self, listing: Listing[T], fetched: Fetched[T], *, alone: bool = False) -> None:
        self._listing = listing
        self._fetched = fetched
        self._alone = alone

    @property
    def results(self) -> list[T]:
        """The items on this page."""
        return self._fetched.items

    @property
    def next(self) -> str | None:
        """The URL of the next page; None on the last. `list(cursor=...)` takes it: with it, the filters stay."""
        return self._fetched.raw.next

    @property
    def previous(self) -> str | None:
        """The URL of the page before; None on the first."""
        return self._fetched.raw.previous

    @property
    def has_next(self) -> bool:
        """Whether there is a next page."""
        return self.next is not None

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.previous is not None

    @property
    def cursor(self) -> str | None:
        """Where this page begins, for `list(cursor=...)` with the same filters; None for the first page."""
        return self._fetched.cursor

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins, for `list(cursor=...)` with the same filters; None on the last."""
        return cursor_of(self.next)

    def to_dict(self) -> dict[str, Any]:
        """The page as the API sent it."""
        return self._fetched.raw.to_dict()

    def __len__(self) -> int:
        return len(self.results)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        return self.results[place]

    def __repr__(self) -> str:
        more = ", and more" if self.has_next else ""
        return f"<{type(self).__name__} of {len(self)}{more}>"


class Page(_Page[T]):
    """One page of a list.

    `results`, `len` and indexing are about this page. Iterating goes over its items and over those of all pages after
    it: the next one is fetched when half of the current one is consumed (by sync code where that took two
    milliseconds: a thread does it), never more than one ahead, and an error is raised where its items would come (going
    on then asks again). Pages that come from `pages()` or `paginate` go over
    their own items alone, since the others come by themselves.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.results) if self._alone else _Items(Walk(self._listing, self._fetched))

    def next_page(self) -> Page[T]:
        """The page after this one.

        Raises:
            NoNextPage: This is the last.
            ForbiddenURLError: Its URL is not of this list, or not of the API.
        """
        return Page(self._listing, run_sync(after(self._listing, self._fetched)))

    def previous_page(self) -> Page[T]:
        """The page before this one.

        Raises:
            NoPreviousPage: This is the first.
            ForbiddenURLError: Its URL is not of this list, or not of the API.
        """
        return Page(self._listing, run_sync(before(self._listing, self._fetched)))

    def pages(self) -> Iterator[Page[T]]:
        """This page and all after it, each fetched when it is asked for."""
        return _Pages(Walk(self._listing, self._fetched))


class _Items(Generic[T]):
    """The items of a page and of all after it."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk
        self._ready = walk.ready

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self._ready:
            return self._ready.popleft()
        try:
            return run_sync(self._walk.item())
        except StopAsyncIteration:
            raise StopIteration from None


class _Pages(Generic[T]):
    """A page and all after it."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[Page[T]]:
        return self

    def __next__(self) -> Page[T]:
        try:
            return Page(self._walk.listing, run_sync(self._walk.step()), alone=True)
        except StopAsyncIteration:
            raise StopIteration from None


@mirrors(Page)
class AsyncPage(_Page[T]):
    __slots__ = ()

    # With __getitem__ and without this, a plain `for` would go over this page's own items and seem to work.
    __iter__ = None

    def __aiter__(self) -> AsyncIterator[T]:
        return _AsyncOwn(self.results) if self._alone else _AsyncItems(Walk(self._listing, self._fetched))

    async def next_page(self) -> AsyncPage[T]:
        return AsyncPage(self._listing, await after(self._listing, self._fetched))

    async def previous_page(self) -> AsyncPage[T]:
        return AsyncPage(self._listing, await before(self._listing, self._fetched))

    def pages(self) -> AsyncIterator[AsyncPage[T]]:
        return _AsyncPages(Walk(self._listing, self._fetched))


class AsyncPages(Generic[T]):
    """A list that is yet to be asked for. Nothing is requested before it is awaited or iterated.

    page = await client.predictions.list()             # its first page, an `AsyncPage`
    async for prediction in client.predictions.list():  # all its items
    async for page in client.predictions.list().pages():
    """

    __slots__ = ("_cursor", "_listing")

    def __init__(self, listing: Listing[T], cursor: str | None) -> None:
        self._listing = listing
        self._cursor = cursor

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._first().__await__()

    async def _first(self) -> AsyncPage[T]:
        return AsyncPage(self._listing, await self._listing.fetch(self._cursor))

    def __aiter__(self) -> AsyncIterator[T]:
        return _AsyncItems(Walk(self._listing, None, self._cursor))

    def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """Its pages, each fetched when it is asked for."""
        return _AsyncPages(Walk(self._listing, None, self._cursor))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: await it for its first page, or go over its items with `async for`>"


class _AsyncItems(Generic[T]):
    """The items of a page and of all after it."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk
        self._ready = walk.ready

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return self._ready.popleft() if self._ready else await self._walk.item()


class _AsyncOwn(Generic[T]):
    """The items of one page."""

    def __init__(self, items: list[T]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None


class _AsyncPages(Generic[T]):
    """A page and all after it."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __aiter__(self) -> AsyncIterator[AsyncPage[T]]:
        return self

    async def __anext__(self) -> AsyncPage[T]:
        return AsyncPage(self._walk.listing, await self._walk.step(), alone=True)


def first_page(listing: Listing[T], cursor: str | None) -> Page[T]:
    """The first page of a list, or the one at a cursor."""
    return Page(listing, run_sync(listing.fetch(cursor)))


def paginate(method: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[T]]:
    """The pages of a list, one after another.

        for page in paginate(client.predictions.list, created_after="yesterday"):
            print(page.results)

    Args:
        method: Any `list` or `search` that gives pages.
        *args: Its arguments.
        **kwargs: Its arguments.
    """
    return method(*args, **kwargs).pages()


def async_paginate(
    method: Callable[P, AsyncPages[T]], *args: P.args, **kwargs: P.kwargs
) -> AsyncIterator[AsyncPage[T]]:
    """As `paginate`, for the lists of an `AsyncClient`."""
    return method(*args, **kwargs).pages()
