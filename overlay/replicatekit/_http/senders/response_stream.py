"""The body of a response in httpx's form, for sync and async code, with errors of httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from replicatekit._runtime import close_soon, current_loop, run_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


class _Body:
    """A body that is still unread, and is closed once."""

    def __init__(self, parts: Any, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.parts: Any = aiter(parts) if hasattr(parts, "__aiter__") else parts
        self._close = close
        self.is_closed = False

    def close(self) -> None:
        run_sync(self._close_once())

    async def aclose(self) -> None:
        if not self.parts.ag_running:  # else its reader closes it
            await self.parts.aclose()
        await self._close_once()

    async def _close_once(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            _open.discard(self)
            await self._close()


# The bodies that event loops read, kept alive here: the garbage collector, which may run in another thread, must not
# close their generators.
_open: set[_Body] = set()


class ResponseStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in httpx's form. In async code, the event loop closes a body that was abandoned.

    Args:
        parts: Its bytes: an iterable, or an async one.
        close: Closes the response; called once.
        failure: Returns the error of httpx for one of the library.
    """

    def __init__(
        self, parts: Any, close: Callable[[], Coroutine[Any, Any, None]], failure: Callable[[Exception], Exception]
    ) -> None:
        self._loop: Any = None
        self.body = _Body(parts, close)
        self._failure = failure
        if hasattr(parts, "__aiter__"):
            self._loop = current_loop()
            _open.add(self.body)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.body.parts
        except Exception as error:
            raise self._failure(error) from error

    def __aiter__(self) -> ResponseStream:
        return self

    async def __anext__(self) -> bytes:
        try:
            part: bytes = await anext(self.body.parts)
        except StopAsyncIteration:
            raise
        except Exception as error:
            raise self._failure(error) from error
        return part

    def close(self) -> None:
        """Release the connection."""
        self.body.close()

    async def aclose(self) -> None:
        """Release the connection."""
        await self.body.aclose()

    def __del__(self) -> None:
        if self._loop is not None and not self.body.is_closed:
            close_soon(self._loop, self.body.aclose)
