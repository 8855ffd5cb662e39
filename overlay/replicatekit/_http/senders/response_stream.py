"""The body of a response as httpx reads it, in sync and async code, with errors of httpx."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx

from replicatekit._runtime import run_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

__all__ = ["ResponseStream"]


class ResponseStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is still to be read.

    Args:
        parts: Its bytes: an iterable, or an async one.
        close: Ends the response; called once.
        failure: The error of httpx for one of the library's.
    """

    def __init__(
        self, parts: Any, close: Callable[[], Coroutine[Any, Any, None]], failure: Callable[[Exception], Exception]
    ) -> None:
        self._parts = aiter(parts) if hasattr(parts, "__aiter__") else parts
        self._close = close
        self._failure = failure
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except Exception as error:
            raise self._failure(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async with aclosing(self._parts):
                async for part in self._parts:
                    yield part
        except Exception as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Release the connection."""
        run_sync(self._end())

    async def aclose(self) -> None:
        """Release the connection."""
        if not self._parts.ag_running:  # else its reader ends it
            await self._parts.aclose()
        await self._end()

    async def _end(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._close()
