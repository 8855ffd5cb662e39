"""Requests of sync code through httpcore2's connection pools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httpcore2

from replicatekit._http.response import ResponseHeaders
from replicatekit._http.senders.errors import as_httpx, not_sent
from replicatekit._http.senders.httpcore_base import FAILURES, Pools, core_request, extensions_of
from replicatekit._http.senders.network import Attempt, Network, current_attempt
from replicatekit._http.senders.usage import Usage
from replicatekit._http.urls import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import httpx

    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse

__all__ = ["HttpcoreTransport"]


class HttpcoreTransport(Usage):
    """See `Transport`. Safe to share between threads.

    Args:
        options: httpx's own: verify, limits, trust_env, proxy.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__()
        self._pools = Pools(options, partial(httpcore2.ConnectionPool, network_backend=Network()))

    def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `Transport`."""
        answer, attempt, proxy = self._send(request)
        headers = ResponseHeaders(answer.headers)
        received.begin(answer.status, headers, headers.get("content-encoding", ""))
        try:
            try:
                for part in cast("Iterable[bytes]", answer.stream):
                    received.take(part)
            finally:
                answer.close()
        except FAILURES as error:
            raise as_httpx(error, is_sent=attempt.is_sent, proxy=proxy) from error

    def open(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        import httpx

        answer, _, _ = self._send(request)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_stream(answer),
            extensions=extensions_of(answer),
            request=httpx.Request(request.method, request.url, headers=request.headers),
        )

    def close(self) -> None:
        """See `Transport`."""
        self.is_closed = True
        for pool in self._pools.take_all():
            pool.close()

    def _send(self, request: Request) -> tuple[httpcore2.Response, Attempt, str | None]:
        if self.is_closed:
            raise not_sent("the client is closed")
        pool, proxy = self._pools.for_url(split(request.url))
        attempt = Attempt(request.deadline)
        token = current_attempt.set(attempt)
        try:
            return pool.handle_request(core_request(request)), attempt, proxy
        except FAILURES as error:
            raise as_httpx(error, is_sent=attempt.is_sent, proxy=proxy) from error
        finally:
            current_attempt.reset(token)


def _stream(answer: httpcore2.Response) -> httpx.SyncByteStream:
    """The body as httpx reads it, with errors of httpx."""
    import httpx

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            try:
                yield from cast("Iterable[bytes]", answer.stream)
            except FAILURES as error:
                raise as_httpx(error) from error

        def close(self) -> None:
            answer.close()

    return Stream()
