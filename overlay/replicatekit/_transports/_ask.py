"""A request whose answer is small and wanted whole, with no more around it than it takes to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from replicatekit._base.deadline import Deadline
    from replicatekit._http.response import BufferedResponse

__all__ = ["Ask", "Body", "Unpacking", "ask_of", "unpacked"]

_PLAIN = {"method", "url", "params", "headers", "content", "timeout"}


class Ask(NamedTuple):
    """What is asked."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    content: bytes | None
    timeout: httpx.Timeout
    deadline: Deadline
    """When it is broken off."""

    def __repr__(self) -> str:
        return f"Ask({self.method} {self.url})"  # headers and content may hold secrets

    @property
    def bounded(self) -> dict[str, float | None]:
        """The timeouts of its steps, of which none reaches beyond the deadline."""
        bounded = self.deadline.within(self.timeout)
        return (bounded if isinstance(bounded, httpx.Timeout) else httpx.Timeout(bounded)).as_dict()


def ask_of(
    arguments: Mapping[str, Any], defaults: Mapping[str, str], timeout: float | httpx.Timeout | None, deadline: Deadline
) -> Ask | None:
    """A request by httpx's arguments; None where its body is to be made by httpx.

    Args:
        arguments: httpx's own.
        defaults: What is sent where the arguments name nothing else, with names in lower case.
        timeout: For each step of it.
        deadline: For all of it.
    """
    content: object = arguments.get("content")
    if not _PLAIN.issuperset(arguments) or not (content is None or isinstance(content, bytes)):
        return None
    given: Mapping[str, str] = arguments["headers"]
    names = {name.lower() for name in given}
    headers = [(name, value) for name, value in defaults.items() if name not in names]
    headers.extend(given.items())
    url, params = str(arguments["url"]), arguments.get("params")
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
    timeouts = timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)
    return Ask(arguments["method"], url, headers, content, timeouts, deadline)


class Body:
    """A body for httpcore that is no generator: trio warns of each that is left when sending fails."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._content,) if self._content else ())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._content)


class _Once:
    def __init__(self, content: bytes | None) -> None:
        self._left = content

    def __aiter__(self) -> _Once:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        left, self._left = self._left, None
        return left


def unpacked(received: BufferedResponse, stream: Iterable[bytes]) -> Iterable[bytes]:
    """A body's bytes without the encoding that was put on it for the way."""
    if "content-encoding" not in received.headers:
        return stream
    return httpx.Response(received.status_code, headers=received.headers, stream=_Packed(stream)).iter_bytes()


class Unpacking:
    """The same for async code: unpacked when it has all come, for httpx leaves generators behind where it cannot be.

    Args:
        received: The answer, whose head is there.
        take: Called with the body's bytes.
    """

    def __init__(self, received: BufferedResponse, take: Callable[[bytes], object]) -> None:
        self._received = received
        self._take = take
        self._packed: list[bytes] | None = [] if "content-encoding" in received.headers else None
        self.take = take if self._packed is None else self._packed.append
        """To be called with the bytes of the wire."""

    def finish(self) -> None:
        """All has come, or nothing more will.

        Raises:
            httpx.DecodingError: It cannot be unpacked.
        """
        packed, self._packed = self._packed, None
        for piece in unpacked(self._received, packed) if packed is not None else ():
            self._take(piece)


class _Packed(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)
