"""Requests of sync code through a client of httpx or httpx2: the caller's, or one with the caller's transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from replicatekit._http.interrupt import shutdown_on_cancel
from replicatekit._http.response import is_raw
from replicatekit._http.senders.httpx_base import BaseHttpxTransport, client_arguments, httpx_proxy
from replicatekit._http.urls import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse
    from replicatekit._http.senders.proxies import Proxies, ProxyAddress

__all__ = ["HttpxTransport", "new_client"]


class HttpxTransport(BaseHttpxTransport):
    """See `Transport`."""

    def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `Transport`."""
        response = self._send(request)
        received.begin(response.status_code, response.headers)
        try:
            with shutdown_on_cancel(response, request.deadline, None):
                for part in response.stream if is_raw(response) else response.iter_bytes():
                    received.take(part)
        except Exception as error:  # noqa: BLE001 (it is mapped)
            if request.deadline.is_over:
                raise httpx.ReadTimeout("the deadline has passed") from None
            raise self.failure(error) from error.__cause__
        finally:
            response.close()

    def open(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        response = self._send(request)
        return response if self.is_httpx else self.as_httpx_response(response, _Stream(self, response))

    def close(self) -> None:
        """See `Transport`."""
        self.is_closed = True
        if self.is_ours:
            self.http.close()

    def _send(self, request: Request) -> Any:
        try:
            return self.http.send(self.build(request), **self.send_arguments(request))
        except Exception as error:  # noqa: BLE001 (it is mapped)
            answer = self.answer_of(error)
            if answer is None:
                raise self.failure(error) from error.__cause__
            return answer


class _Stream(httpx.SyncByteStream):
    """The body of a response of httpx2, with errors of httpx."""

    def __init__(self, transport: HttpxTransport, response: Any) -> None:
        self._transport = transport
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_raw()
        except Exception as error:  # noqa: BLE001 (it is mapped)
            raise self._transport.failure(error) from error.__cause__

    def close(self) -> None:
        self._response.close()


class _Routing(httpx.BaseTransport):
    """Sends through the environment's proxies, with the exceptions that httpx does not know."""

    def __init__(self, proxies: Proxies, connections: Mapping[str, Any]) -> None:
        self._proxies = proxies
        self._connections = connections
        self._transports: dict[ProxyAddress | None, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxies.for_url(split(str(request.url)))
        if proxy not in self._transports:
            self._transports[proxy] = httpx.HTTPTransport(proxy=httpx_proxy(proxy), **self._connections)
        return self._transports[proxy].handle_request(request)

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()


def new_client(options: Mapping[str, Any]) -> httpx.Client:
    """An HTTP client with these options of httpx."""
    return httpx.Client(**client_arguments(options, _Routing))
