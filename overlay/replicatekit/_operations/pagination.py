"""Lists of the API: page by page, or item by item with the next page fetched in the background."""

from __future__ import annotations

import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from replicatekit._base.logs import log
from replicatekit._base.validation import format_value
from replicatekit._session.default import default_session
from replicatekit.errors import APIError, InvalidArgument, NoNextPage, NoPreviousPage, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from replicatekit._runtime import Pending
    from replicatekit._session.session import Session

T = TypeVar("T")

# Seconds for half a page. For faster readers, a thread that fetches the next page costs more than it saves.
_SLOW_READER = 0.002


class RawPage(Protocol):
    """The attributes that all pages of the generated package have."""

    @property
    def results(self) -> Sequence[Any]:
        """The items."""
        ...

    @property
    def next(self) -> str | None:
        """The URL of the next page."""
        ...

    @property
    def previous(self) -> str | None:
        """The URL of the previous page."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the API sent it."""
        ...


@frozen(eq=False)
class FetchedPage(Generic[T]):
    """A page as the API sent it, its items in the caller's form, and the cursor it was requested with."""

    raw: RawPage
    items: list[T]
    cursor: str | None


@frozen(eq=False)
class ListRequest(Generic[T]):
    """One list of the API with the caller's filters: how to request a page, and how to bind an item.

    A copy keeps the client. A pickle does not contain it: an unpickled page uses the default client.
    """

    _session: Session | None
    call: Callable[[Session, str | None], Coroutine[Any, Any, RawPage]]
    bind: Callable[[Session, Any], T]
    _is_async: bool = False
    """Which default client is used, if there is no session."""

    @property
    def session(self) -> Session:
        """The session of the client."""
        return self._session or default_session(is_async=self._is_async)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        is_async = self._is_async if self._session is None else self._session.io.is_async
        return ListRequest, (None, self.call, self.bind, is_async)

    def fetch_ahead(self, url: str) -> Pending[FetchedPage[T]]:
        """Begin to fetch a page in the background, in one attempt."""
        session = self.session
        once = session.api.without_retries(is_async=session.io.is_async)
        return session.io.start_background(self._fetch(session._replace(api=once), url))

    async def fetch(self, cursor: str | None) -> FetchedPage[T]:
        """Fetch the page at a cursor or at a page's URL; the first page for None.

        Raises:
            ForbiddenURLError: The URL belongs to another list, or not to the API.
        """
        if cursor is not None and not (isinstance(cursor, str) and cursor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"cursor must be `next_cursor` or `next` of a page, not {format_value(cursor)}")
        return await self._fetch(self.session, cursor)

    async def _fetch(self, session: Session, cursor: str | None) -> FetchedPage[T]:
        raw = await self.call(session, cursor)
        bind, own = self.bind, self.session
        return FetchedPage(raw, [bind(own, item) for item in raw.results], cursor_of(cursor))


def unbound(session: Session, item: T) -> T:
    """The item itself, for a list whose items make no requests."""
    del session
    return item


@lru_cache(maxsize=8)  # called with a URL when the page before it is read, and when it is fetched
def cursor_of(url: str | None) -> str | None:
    """Return the cursor in a page's URL; a text without one is returned as it is."""
    if url is None or "://" not in url:
        return url
    try:
        return parse_qs(urlsplit(url).query).get("cursor", [url])[0]
    except ValueError:
        return url


async def after(request: ListRequest[T], page: FetchedPage[T]) -> FetchedPage[T]:
    """Fetch the next page.

    Raises:
        NoNextPage: This is the last page.
    """
    if page.raw.next is None:
        raise NoNextPage("this is the last page; check `has_next` first")
    return await request.fetch(page.raw.next)


async def before(request: ListRequest[T], page: FetchedPage[T]) -> FetchedPage[T]:
    """Fetch the previous page.

    Raises:
        NoPreviousPage: This is the first page.
    """
    if page.raw.previous is None:
        raise NoPreviousPage("this is the first page; check `has_previous` first")
    return await request.fetch(page.raw.previous)


@define(eq=False)
class PageIterator(Generic[T]):
    """Iterates over the items or the pages of a list. A failed step can be repeated.

    Not a generator: an unfinished one would have to be closed in its event loop.
    """

    request: ListRequest[T]
    page: FetchedPage[T] | None
    """The first page; None fetches the page at `start`."""
    start: str | None = None
    is_alone: bool = False
    """Whether to stop at the end of the first page."""
    ready: deque[T] = field(factory=deque["T"], init=False)
    """The items that come next."""
    _has_returned_first: bool = False
    _has_started: bool = False
    """Whether a page was read to its end, so that `_url` is the next one's."""
    _url: str | None = None
    _index: int = 0
    _ahead: Pending[FetchedPage[T]] | None = None
    _since: float = field(factory=time.monotonic)
    """When the current page arrived."""
    _seen: set[str | None] = field(factory=set[str | None])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self.ready:
            while self.page is None or self._index >= len(self.page.items):
                await self.advance()
            # By halves: fetching the next page begins at the second half.
            items, half = self.page.items, (len(self.page.items) + 1) // 2
            if self._index >= half:
                self._look_ahead(self.page)
                half = len(items)
            self.ready.extend(items[self._index : half])
            self._index = half
        return self.ready.popleft()

    async def next_page(self) -> FetchedPage[T]:
        """Return the next page; the first call returns the first page.

        Raises:
            StopAsyncIteration: There are no more pages.
        """
        is_started, self._has_returned_first = self._has_returned_first, True
        return await self.advance() if is_started or self.page is None else self.page

    async def advance(self) -> FetchedPage[T]:
        """Move to the next page, and return it.

        Raises:
            StopAsyncIteration: There are no more pages.
            APIError: The next page was already listed.
        """
        if self.page is not None:
            self._has_started, self._url = True, self._next_url(self.page)
            self._seen.add(self.page.cursor)
            self.page = None  # freed before the next page is read, which then takes the same memory
        if not self._has_started:
            self.page = await self.request.fetch(self.start)
        elif self._url is None:
            raise StopAsyncIteration
        else:
            if cursor_of(self._url) in self._seen:
                why = f"the API returned a page that was already listed ({self._url}); iteration stopped"
                raise APIError(why, method="GET", url=self._url)
            ahead, self._ahead = self._ahead, None
            self.page = await self._result_of(ahead) or await self.request.fetch(self._url)
        self._index = 0
        self._since = time.monotonic()
        self.ready.clear()
        return self.page

    def _next_url(self, page: FetchedPage[T]) -> str | None:
        return None if self.is_alone else page.raw.next

    async def _result_of(self, ahead: Pending[FetchedPage[T]] | None) -> FetchedPage[T] | None:
        try:
            return await ahead.result() if ahead else None
        except ReplicateError as error:
            log.debug("a page could not be fetched in the background: %s", error)
            return None

    def _look_ahead(self, page: FetchedPage[T]) -> None:
        """Begin to fetch the next page if that saves time; never more than one."""
        url = self._next_url(page)
        if url is None or self._ahead is not None:
            return
        if not self.request.session.io.is_async and time.monotonic() - self._since < _SLOW_READER:
            return
        if cursor_of(url) not in self._seen | {page.cursor}:
            self._ahead = self.request.fetch_ahead(url)
