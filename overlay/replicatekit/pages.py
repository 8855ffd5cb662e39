"""Pagination: one page of a list, its neighbors, and all items that follow.

Every list of the API comes in pages. `len` and indexing refer to one page's own items (`results`). Iterating a page
yields its items and then those of all following pages; the next page is fetched in the background while the current one
is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from replicatekit._base.signatures import resolvable
from replicatekit._operations.pagination import FetchedPage, ListRequest, PageIterator, after, before, cursor_of
from replicatekit._runtime import run_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["AsyncPage", "AsyncPages", "Page", "paginate"]

P = ParamSpec("P")
T = TypeVar("T")

# The possible columns of a page's table in a notebook: those that its items have.
_COLUMNS = ("id", "name", "slug", "status", "model", "description", "content_type", "size", "created_at")
_LONGEST_CELL = 80


class _Page(Generic[T]):
    """The members of a page that send no requests."""

    __slots__ = ("_alone", "_fetched", "_request")

    def __init__(self, request: ListRequest[T], fetched: FetchedPage[T], *, alone: bool = False) -> None:
        self._request = request
        self._fetched = fetched
        self._alone = alone

    @property
    def results(self) -> list[T]:
        """The items on this page."""
        return self._fetched.items

    @property
    def next(self) -> str | None:
        """The URL of the next page, or None. `list(cursor=...)` accepts it; it contains the filters."""
        return self._fetched.raw.next

    @property
    def previous(self) -> str | None:
        """The URL of the previous page, or None."""
        return self._fetched.raw.previous

    @property
    def has_next(self) -> bool:
        """Whether there is a next page."""
        return self.next is not None

    @property
    def has_previous(self) -> bool:
        """Whether there is a previous page."""
        return self.previous is not None

    @property
    def cursor(self) -> str | None:
        """The cursor of this page, for `list(cursor=...)` with the same filters; None for the first page."""
        return self._fetched.cursor

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, for `list(cursor=...)` with the same filters; None on the last page."""
        return cursor_of(self.next)

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the API sent it."""
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

    def _repr_html_(self) -> str:
        """The items as a table, for notebooks."""
        rows = [[_cell(item, name) for name in _COLUMNS] for item in self.results]
        shown = [place for place in range(len(_COLUMNS)) if any(row[place] for row in rows)]
        head = "".join(f"<th>{_COLUMNS[place]}</th>" for place in shown)
        body = "".join(f"<tr>{''.join(f'<td>{row[place]}</td>' for place in shown)}</tr>" for row in rows)
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{body}</table>"


class Page(_Page[T]):
    """One page of a list.

    `results`, `len` and indexing refer to this page. Iterating yields this page's items, then those of all following
    pages; the next page is prefetched when half of the current one has been read. If a page fails, the error is raised
    when the iteration reaches it, and iterating on requests the page again.

    Pages that come from `pages()` or `paginate` iterate over their own items only.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.results) if self._alone else _Items(PageIterator(self._request, self._fetched))

    def next_page(self) -> Page[T]:
        """Request the page after this one.

        Raises:
            NoNextPage: This is the last page.
            ForbiddenURLError: The page's URL belongs to another list, or not to the API.
        """
        return Page(self._request, run_sync(after(self._request, self._fetched)))

    def previous_page(self) -> Page[T]:
        """Request the page before this one.

        Raises:
            NoPreviousPage: This is the first page.
            ForbiddenURLError: The page's URL belongs to another list, or not to the API.
        """
        return Page(self._request, run_sync(before(self._request, self._fetched)))

    def pages(self) -> Iterator[Page[T]]:
        """Iterate over this page and all following pages. Each is requested when the iteration reaches it."""
        return _Pages(PageIterator(self._request, self._fetched))


def _cell(item: object, name: str) -> str:
    value = getattr(item, name, None)
    if isinstance(value, datetime):
        value = value.replace(microsecond=0)
    text = "" if value is None or callable(value) else str(value)
    return escape(text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…")


class _Items(Iterator[T]):
    """The items of a page and of all following pages."""

    def __init__(self, walk: PageIterator[T]) -> None:
        self._walk = walk
        self._ready = walk.ready

    def __next__(self) -> T:
        if self._ready:
            return self._ready.popleft()
        try:
            return run_sync(self._walk.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None


class _Pages(Iterator[Page[T]]):
    """A page and all following pages."""

    def __init__(self, walk: PageIterator[T]) -> None:
        self._walk = walk

    def __next__(self) -> Page[T]:
        try:
            return Page(self._walk.request, run_sync(self._walk.next_page()), alone=True)
        except StopAsyncIteration:
            raise StopIteration from None


class AsyncPage(_Page[T]):
    """One page of a list.

    `results`, `len` and indexing refer to this page. Iterating yields this page's items, then those of all following
    pages; the next page is prefetched when half of the current one has been read. If a page fails, the error is raised
    when the iteration reaches it, and iterating on requests the page again.

    Pages that come from `pages()` or `paginate` iterate over their own items only.
    """

    __slots__ = ()

    # Without this, a plain `for` would use __getitem__: it would yield this page's items only, and seem to work.
    __iter__ = None

    def __aiter__(self) -> AsyncIterator[T]:
        return PageIterator(self._request, self._fetched, is_alone=self._alone)

    async def next_page(self) -> AsyncPage[T]:
        """Request the page after this one.

        Raises:
            NoNextPage: This is the last page.
            ForbiddenURLError: The page's URL belongs to another list, or not to the API.
        """
        return AsyncPage(self._request, await after(self._request, self._fetched))

    async def previous_page(self) -> AsyncPage[T]:
        """Request the page before this one.

        Raises:
            NoPreviousPage: This is the first page.
            ForbiddenURLError: The page's URL belongs to another list, or not to the API.
        """
        return AsyncPage(self._request, await before(self._request, self._fetched))

    def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over this page and all following pages. Each is requested when the iteration reaches it."""
        return _AsyncPages(PageIterator(self._request, self._fetched))


class AsyncPages(Generic[T]):
    """A list of an `AsyncClient`. Nothing is requested before it is awaited or iterated.

    page = await client.predictions.list()             # its first page, an `AsyncPage`
    async for prediction in client.predictions.list():  # all its items
    async for page in client.predictions.list().pages():
    """

    __slots__ = ("_cursor", "_request")

    def __init__(self, request: ListRequest[T], cursor: str | None) -> None:
        self._request = request
        self._cursor = cursor

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._first().__await__()

    async def _first(self) -> AsyncPage[T]:
        return AsyncPage(self._request, await self._request.fetch(self._cursor))

    def __aiter__(self) -> AsyncIterator[T]:
        return PageIterator(self._request, None, self._cursor)

    def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over the pages. Each is requested when the iteration reaches it."""
        return _AsyncPages(PageIterator(self._request, None, self._cursor))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: await it for the first page, or iterate over all items with `async for`>"


class _AsyncPages(AsyncIterator[AsyncPage[T]]):
    """A page and all following pages."""

    def __init__(self, walk: PageIterator[T]) -> None:
        self._walk = walk

    async def __anext__(self) -> AsyncPage[T]:
        return AsyncPage(self._walk.request, await self._walk.next_page(), alone=True)


def first_page(request: ListRequest[T], cursor: str | None) -> Page[T]:
    """Request the first page of a list, or the one at a cursor."""
    return Page(request, run_sync(request.fetch(cursor)))


@overload
def paginate(method: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[T]]: ...
@overload
def paginate(method: Callable[P, AsyncPages[T]], *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[AsyncPage[T]]: ...
def paginate(
    method: Callable[P, Page[T]] | Callable[P, AsyncPages[T]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[Page[T]] | AsyncIterator[AsyncPage[T]]:
    """Iterate over the pages of a list. Each is requested when the iteration reaches it.

        for page in paginate(client.predictions.list, created_after="yesterday"):
            print(page.results)

    For the lists of an `AsyncClient`, use `async for`.

    Args:
        method: A `list` or `search` method.
        *args: The method's arguments.
        **kwargs: The method's keyword arguments.
    """
    return method(*args, **kwargs).pages()


resolvable(__name__)
