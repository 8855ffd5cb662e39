"""Requests through a client of httpx or httpx2: the caller's, or one with the caller's transport."""

from __future__ import annotations

import sys
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

import httpx

from replicatekit._base.locks import fork_safe_lock
from replicatekit._http.async_sender import close_early
from replicatekit._http.bodies import AsyncBody
from replicatekit._http.failures import HookError
from replicatekit._http.interrupt import shutdown_on_cancel
from replicatekit._http.response import is_raw
from replicatekit._http.senders.certificates import ssl_context
from replicatekit._http.senders.errors import as_httpx, not_sent
from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.senders.response_stream import ResponseStream
from replicatekit._http.urls import split
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from replicatekit._http.context import SendTracker
    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse
    from replicatekit._http.senders.proxies import ProxyAddress

_BODY_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")


class HttpxTransport:
    """See `Transport`.

    Args:
        http: The client of httpx or httpx2.
        is_ours: Whether it was made here, and is closed with this transport.
        is_async: Whether it serves an event loop.
    """

    def __init__(self, http: Any, *, is_ours: bool, is_async: bool) -> None:
        self.is_closed, self.closes_with_loop = False, not is_ours
        self._http = http
        self._is_ours = is_ours
        self._is_async = is_async
        self._library: Any = sys.modules[next(each.__module__ for each in type(http).__mro__ if _is_library(each))]
        self._lock = fork_safe_lock()
        self._requests = 0

    async def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `Transport`."""
        with self._lock:
            self._requests += 1
        try:
            await self._exchange(request, received)
        finally:
            # A connection that is closed while a thread waits for its response may leave the thread waiting.
            with self._lock:
                self._requests -= 1
                is_last = self.is_closed and not self._requests
            if is_last:
                await self._close_client()

    async def _exchange(self, request: Request, received: BufferedResponse) -> None:
        response = await self._send(request)
        received.begin(response.status_code, response.headers.raw, is_decoded=True)
        try:
            if self._is_async:
                parts = aiter(response.stream) if is_raw(response) else response.aiter_bytes()
                try:
                    async for part in parts:
                        received.take(part)
                except BaseException:
                    await close_early(response, parts)
                    raise
                await response.aclose()
            else:
                with shutdown_on_cancel(response, request.deadline, None):
                    for part in response.stream if is_raw(response) else response.iter_bytes():
                        received.take(part)
            received.finish()
        except Exception as error:  # noqa: BLE001 (it is mapped)
            if request.deadline.is_over:
                raise httpx.ReadTimeout("the deadline has passed") from None
            raise self._failure(error) from error.__cause__
        finally:
            if not self._is_async:
                response.close()

    async def open(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        response = await self._send(request)
        if self._library is httpx:
            result: httpx.Response = response
            return result
        sent = response.request
        parts = response.aiter_raw() if self._is_async else response.iter_raw()
        return httpx.Response(
            response.status_code,
            headers=response.headers.raw,
            stream=ResponseStream(parts, partial(self._close, response), self._failure),
            extensions=dict(response.extensions),
            request=httpx.Request(sent.method, str(sent.url), headers=sent.headers.raw),
        )

    async def _close(self, response: Any) -> None:
        await response.aclose() if self._is_async else response.close()

    async def aclose(self) -> None:
        """See `Transport`."""
        with self._lock:
            self.is_closed = True
            is_last = not self._requests
        if is_last:
            await self._close_client()

    async def _close_client(self) -> None:
        if self._is_ours:
            await self._http.aclose() if self._is_async else self._http.close()

    async def _send(self, request: Request) -> Any:
        # Redirects are followed by this package, or not at all.
        how = {"stream": True, "follow_redirects": False, **({"auth": None} if request.is_bare else {})}
        try:
            built = self._build(request)
            return await self._http.send(built, **how) if self._is_async else self._http.send(built, **how)
        except Exception as error:  # noqa: BLE001 (it is mapped)
            response = self._rejected_response(error)
            if response is None:
                raise self._failure(error) from error.__cause__
            return response

    def _build(self, request: Request) -> Any:
        """Convert a request to one of the library.

        Raises:
            httpx.InvalidURL: It cannot be sent.
        """
        if self.is_closed or self._http.is_closed:
            raise not_sent("the client is closed")
        timeout = self._library.Timeout(**request.timeouts.within(request.deadline)._asdict())
        arguments: dict[str, Any] = {**request.body, "headers": request.headers, "extensions": {}}
        if request.tracker is not None:
            request.tracker.sending()  # the caller's transport may not support `trace`
            arguments["extensions"]["trace"] = _trace(request.tracker, is_async=self._is_async)
        if request.is_bare:
            arguments["extensions"]["timeout"] = timeout.as_dict()
            built = self._library.Request(request.method, request.url, **arguments)
        else:
            built = self._http.build_request(request.method, request.url, timeout=timeout, **arguments)
        # Not httpx's generators, because trio warns of suspended ones.
        content = request.body.get("content")
        if self._is_async and isinstance(content, AsyncBody):
            built.stream = _RequestStream(content.__aiter__)
        elif self._is_async and isinstance(built, httpx.Request) and isinstance(built.stream, httpx.ByteStream):
            built.stream = _RequestStream(partial(_SingleChunk, built.content))
        return built

    def _failure(self, error: Exception) -> Exception:
        """The error to raise for one of the client; an error of the caller's event hook propagates unchanged."""
        if self._is_from_hook(error):
            return HookError(error)
        if isinstance(error, (self._library.HTTPError, self._library.StreamError, self._library.InvalidURL)):
            return error if self._library is httpx else as_httpx(error)
        return error

    def _rejected_response(self, error: Exception) -> Any:
        """The response that a hook rejected by its status (`response.raise_for_status()`), or None."""
        if not isinstance(error, self._library.HTTPStatusError) or not self._is_from_hook(error):
            return None
        rejected: Any = error
        try:
            content = rejected.response.content
        except self._library.ResponseNotRead:  # closed since
            content = b""
        return self._library.Response(
            rejected.response.status_code,
            headers=[each for each in rejected.response.headers.raw if each[0].lower() not in _BODY_HEADERS],
            content=content,
            request=rejected.request,
        )

    def _is_from_hook(self, error: Exception) -> bool:
        hooks = [hook for hooks in self._http.event_hooks.values() for hook in hooks]
        functions = [hook if isinstance(hook, (FunctionType, MethodType)) else type(hook).__call__ for hook in hooks]
        codes = {getattr(function, "__code__", None) for function in functions}
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code in codes:
                return True
            trace = trace.tb_next
        return False


def _trace(tracker: SendTracker, *, is_async: bool) -> Callable[[str, object], object]:
    """The `trace` extension that notifies the tracker."""

    def trace(event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            tracker.sending()
        elif event.endswith(".send_request_body.complete"):
            tracker.sent()

    async def async_trace(event: str, _: object) -> None:
        trace(event, _)

    return async_trace if is_async else trace


def _is_library(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("httpx", "httpx2")


class _RequestStream(httpx.AsyncByteStream):
    def __init__(self, begin: Callable[[], AsyncIterator[bytes]]) -> None:
        self._begin = begin

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._begin()


class _SingleChunk:
    """A body of one chunk, as an iterator that is not a generator."""

    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    def __aiter__(self) -> _SingleChunk:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class _Routing(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends through the environment's proxies, except for hosts that httpx would not recognize in NO_PROXY."""

    def __init__(self, proxies: Proxies, new_transport: Callable[..., Any]) -> None:
        self._proxies = proxies
        self._new_transport = new_transport
        self._transports: dict[ProxyAddress | None, Any] = {}

    def _transport(self, request: httpx.Request) -> Any:
        proxy = self._proxies.for_url(split(str(request.url)))
        if proxy not in self._transports:
            self._transports[proxy] = self._new_transport(proxy=_httpx_proxy(proxy))
        return self._transports[proxy]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        result: httpx.Response = self._transport(request).handle_request(request)
        return result

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        result: httpx.Response = await self._transport(request).handle_async_request(request)
        return result

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


def new_client(options: Mapping[str, Any], *, is_async: bool) -> Any:
    """A client with these options of httpx.

    Raises:
        InvalidArgument: The certificates cannot be read, the proxy is invalid, or a mount is not a transport of httpx.
    """
    make = httpx.AsyncClient if is_async else httpx.Client
    arguments: dict[str, Any] = {**options, "trust_env": False, "follow_redirects": False}
    wanted = httpx.AsyncBaseTransport if is_async else httpx.BaseTransport
    mounts: Mapping[str, Any] = options.get("mounts") or {}
    for pattern, mounted in mounts.items():
        if not isinstance(mounted, (wanted, type(None))):
            what = f"an httpx.{wanted.__name__} or None"
            raise InvalidArgument(f"mounts[{pattern!r}] must be {what}, not {type(mounted)}")
    if arguments.get("transport") is not None:
        arguments.pop("proxy", None)
        return make(**arguments)
    trust_env, proxy = bool(options.get("trust_env", True)), arguments.pop("proxy", None)
    arguments["verify"] = ssl_context(arguments.get("verify", True), trust_env=trust_env)
    proxies = Proxies(proxy, trust_env=trust_env)
    if proxies.explicit is not None:
        arguments["proxy"] = _httpx_proxy(proxies.explicit)
    elif proxies.has_any:
        own = {name: arguments[name] for name in ("verify", "cert", "http2", "limits") if name in arguments}
        routing = _Routing(proxies, partial(httpx.AsyncHTTPTransport if is_async else httpx.HTTPTransport, **own))
        arguments["mounts"] = {"all://": routing, **mounts}
    return make(**arguments)


def _httpx_proxy(proxy: ProxyAddress | None) -> httpx.Proxy | None:
    return proxy and httpx.Proxy(proxy.url, auth=proxy.auth, headers=proxy.headers, ssl_context=proxy.ssl_context)
