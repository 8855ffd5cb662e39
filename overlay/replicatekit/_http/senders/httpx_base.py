"""What clients of httpx and httpx2 have in common for sync and async code: requests, responses, hooks."""

from __future__ import annotations

import sys
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, cast

from replicatekit._http.senders.certificates import ssl_context
from replicatekit._http.senders.errors import HookRaised, as_httpx, not_sent
from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.senders.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from replicatekit._http.request import Request
    from replicatekit._http.senders.proxies import ProxyAddress

__all__ = ["BaseHttpxTransport", "client_arguments", "httpx_proxy"]


_OF_THE_BODY = (b"content-encoding", b"content-length", b"transfer-encoding")


class BaseHttpxTransport(Usage):
    """An HTTP client of httpx or httpx2, ours or the caller's.

    Args:
        http: The client.
        is_ours: Whether it was made here, and is closed with this transport.
    """

    def __init__(self, http: Any, *, is_ours: bool) -> None:
        super().__init__()
        self.http = http
        self.is_ours = is_ours
        self._library: Any = sys.modules[next(each.__module__ for each in type(http).__mro__ if _is_library(each))]

    def build(self, request: Request) -> Any:
        """The request as the library has it.

        Raises:
            httpx.InvalidURL: It cannot be sent.
        """
        if self.is_closed or self.http.is_closed:
            raise not_sent("the client is closed")
        timeout = self._library.Timeout(**request.timeouts.within(request.deadline)._asdict())
        arguments = {**request.body, "headers": request.headers, "extensions": {**request.extensions}}
        if not request.is_bare:
            return self.http.build_request(request.method, request.url, timeout=timeout, **arguments)
        arguments["extensions"]["timeout"] = timeout.as_dict()
        return self._library.Request(request.method, request.url, **arguments)

    def send_arguments(self, request: Request) -> dict[str, Any]:
        """How the library's client is to send it: redirects are followed here, or not at all."""
        return {"stream": True, "follow_redirects": False, **({"auth": None} if request.is_bare else {})}

    def failure(self, error: Exception) -> Exception:
        """What to raise for an error of the client.

        An error of the caller's own event hook is the caller's.
        """
        if self._is_from_hook(error):
            return HookRaised(error)
        if isinstance(error, (self._library.HTTPError, self._library.StreamError, self._library.InvalidURL)):
            return error if self._library.__name__ == "httpx" else as_httpx(error)
        return error

    def answer_of(self, error: Exception) -> Any:
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
            headers=[each for each in rejected.response.headers.raw if each[0].lower() not in _OF_THE_BODY],
            content=content,
            request=rejected.request,
        )

    def _is_from_hook(self, error: Exception) -> bool:
        hooks = [hook for hooks in self.http.event_hooks.values() for hook in hooks]
        called = [hook if isinstance(hook, (FunctionType, MethodType)) else type(hook).__call__ for hook in hooks]
        codes = {getattr(each, "__code__", None) for each in called}
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code in codes:
                return True
            trace = trace.tb_next
        return False

    def as_httpx_response(self, response: Any, stream: Any) -> httpx.Response:
        """A response of httpx2 as httpx's."""
        import httpx

        return httpx.Response(
            response.status_code,
            headers=response.headers.raw,
            stream=stream,
            extensions=dict(response.extensions),
            request=httpx.Request(
                response.request.method, str(response.request.url), headers=response.request.headers.raw
            ),
        )

    @property
    def is_httpx(self) -> bool:
        """Whether the client is httpx's, so that its responses need no conversion."""
        result: bool = self._library.__name__ == "httpx"
        return result


def _is_library(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("httpx", "httpx2")


def client_arguments(options: Mapping[str, Any], routing: Callable[..., Any]) -> dict[str, Any]:
    """The arguments of an httpx client that is made here.

    Args:
        options: httpx's own.
        routing: Makes the transport that chooses among the environment's proxies.

    Raises:
        InvalidArgument: The certificates cannot be read, or the proxy is not one.
    """
    arguments: dict[str, Any] = {**options, "trust_env": False, "follow_redirects": False}
    trust_env, proxy = bool(options.get("trust_env", True)), arguments.pop("proxy", None)
    if arguments.get("transport") is not None:
        return arguments
    arguments["verify"] = ssl_context(arguments.get("verify", True), trust_env=trust_env)
    proxies = Proxies(proxy, trust_env=trust_env)
    if proxies.given is not None:
        arguments["proxy"] = httpx_proxy(proxies.given)
    elif proxies.has_any:
        connections = {name: arguments[name] for name in ("verify", "cert", "http2", "limits") if name in arguments}
        mounts = cast("Mapping[str, Any]", options.get("mounts") or {})
        arguments["mounts"] = {"all://": routing(proxies, connections), **mounts}
    return arguments


def httpx_proxy(proxy: ProxyAddress | None) -> httpx.Proxy | None:
    """A proxy as httpx has it."""
    import httpx

    return proxy and httpx.Proxy(proxy.url, auth=proxy.auth, headers=proxy.headers, ssl_context=proxy.ssl_context)
