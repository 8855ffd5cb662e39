"""Lists of the API: a page at a time, or item by item with the next page fetched ahead of its reader."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from replicatekit.errors import APIError, InvalidArgument, NoNextPage, NoPreviousPage, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from replicatekit._http.api_client import ApiClient
    from replicatekit._runtime import Pending
    from replicatekit._session.session import Session

__all__ = ["Fetched", "Listing", "RawPage", "Walk", "after", "before", "cursor_of"]

T = TypeVar("T")

log = logging.getLogger("replicatekit")

# Seconds over half a page. For who goes faster, a thread that fetches the next page costs more than it saves.
_LEISURE = 0.002


class RawPage(Protocol):
    """What all pages of the generated package are."""

    @property
    def results(self) -> Sequence[Any]:
        """What is on it."""
        ...

    @property
    def next(self) -> str | None:
        """The URL of the page after it."""
        ...

    @property
    def previous(self) -> str | None:
        """The URL of the page before it."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Exactly what came."""
        ...


@frozen(eq=False)
class Fetched(Generic[T]):
    """A page as it came, its items as the caller gets them, and the cursor that it was asked for by."""

    raw: RawPage
    items: list[T]
    cursor: str | None


@frozen(eq=False)
class Listing(Generic[T]):
    """One list of the API, as a caller asked for it: how a page is fetched, and what is made of an item."""

    session: Session
    call: Callable[[ApiClient, str | None], Coroutine[Any, Any, RawPage]]
    bind: Callable[[Any], T]

    def fetch_ahead(self, url: str) -> Pending[Fetched[T]]:
        """Begin to fetch a page that may not be wanted any more when it comes: in one attempt."""
        once = self.session.api.without_retries(is_async=self.session.io.is_async)
        return self.session.io.start_background(self._fetch(once, url))

    async def fetch(self, cursor: str | None) -> Fetched[T]:
        """The page at a cursor, or at a page's URL; the first one for None.

        Raises:
            ForbiddenURLError: The URL is not of this list, on the API's own scheme, host and port.
        """
        if cursor is not None and not (isinstance(cursor, str) and cursor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"a cursor is the text that a page has as `next_cursor` or `next`, not {cursor!r}")
        return await self._fetch(self.session.api, cursor)

    async def _fetch(self, api: ApiClient, cursor: str | None) -> Fetched[T]:
        raw = await self.call(api, cursor)
        return Fetched(raw, [self.bind(item) for item in raw.results], cursor_of(cursor))


def cursor_of(url: str | None) -> str | None:
    """The bare cursor in a page's URL; what has none in it stays as it is."""
    if url is None or "://" not in url:
        return url
    try:
        return parse_qs(urlsplit(url).query).get("cursor", [url])[0]
    except ValueError:
        return url


async def after(listing: Listing[T], page: Fetched[T]) -> Fetched[T]:
    """The next page.

    Raises:
        NoNextPage: It is the last.
    """
    if page.raw.next is None:
        raise NoNextPage("this is the last page; `has_next` tells before")
    return await listing.fetch(page.raw.next)


async def before(listing: Listing[T], page: Fetched[T]) -> Fetched[T]:
    """The page before.

    Raises:
        NoPreviousPage: It is the first.
    """
    if page.raw.previous is None:
        raise NoPreviousPage("this is the first page; `has_previous` tells before")
    return await listing.fetch(page.raw.previous)


@define(eq=False)
class Walk(Generic[T]):
    """The way through a list, forwards. A step that failed can be taken again.

    No generator: one that is left halfway would have to be closed in its event loop.
    """

    listing: Listing[T]
    page: Fetched[T] | None
    """Where it begins; None fetches the page at `start` first."""
    start: str | None = None
    ready: deque[T] = field(factory=deque["T"], init=False)
    """Items that `item` gives next."""
    _given: bool = False
    _place: int = 0
    _ahead: Pending[Fetched[T]] | None = None
    _since: float = field(factory=time.monotonic)
    """When its items were first there."""
    _been: set[str | None] = field(factory=set[str | None])

    async def item(self) -> T:
        """The next item.

        Raises:
            StopAsyncIteration: There is none.
        """
        while not self.ready:
            while self.page is None or self._place >= len(self.page.items):
                await self.turn()
            # By halves: the next page is begun to be fetched when the second one is reached.
            items, half = self.page.items, (len(self.page.items) + 1) // 2
            if self._place >= half:
                self._look_ahead(self.page)
                half = len(items)
            self.ready.extend(items[self._place : half])
            self._place = half
        return self.ready.popleft()

    async def step(self) -> Fetched[T]:
        """The next page; at first the one where it begins.

        Raises:
            StopAsyncIteration: There is none.
        """
        given, self._given = self._given, True
        return await self.turn() if given or self.page is None else self.page

    async def turn(self) -> Fetched[T]:
        """Go on to the next page.

        Raises:
            StopAsyncIteration: There is none.
            APIError: It leads back to where the walk has been.
        """
        if self.page is None:
            self.page = await self.listing.fetch(self.start)
        else:
            url = self.page.raw.next
            if url is None:
                raise StopAsyncIteration
            self._been.add(self.page.cursor)
            if cursor_of(url) in self._been:
                raise APIError(
                    f"the list goes in a circle: the next page was seen before, {url}", method="GET", url=url
                )
            ahead, self._ahead = self._ahead, None
            self.page = await self._fetched(ahead) or await self.listing.fetch(url)
        self._place = 0
        self._since = time.monotonic()
        self.ready.clear()
        return self.page

    async def _fetched(self, ahead: Pending[Fetched[T]] | None) -> Fetched[T] | None:
        try:
            return await ahead.result() if ahead else None
        except ReplicateError as error:
            log.debug("a page that was fetched ahead did not come: %s", error)
            return None

    def _look_ahead(self, page: Fetched[T]) -> None:
        """Begin to fetch the next page, where that is worth it; never more than that one."""
        url = page.raw.next
        if url is None or self._ahead is not None:
            return
        if not self.listing.session.io.is_async and time.monotonic() - self._since < _LEISURE:
            return
        if cursor_of(url) not in self._been | {page.cursor}:
            self._ahead = self.listing.fetch_ahead(url)
