"""The low-level client: the API's address, the token, and the HTTP client that sends the requests."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import parse_qs

from . import _lazy
from . import types as _types
from ._call import Call, undecodable
from ._document import DEFAULT_BASE_URL
from ._pool import Pool
from ._send import checked, cookie_header
from .errors import ForeignCursor, InvalidArgument
from .types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx
else:
    # Annotations resolve through it. A program that only sends JSON through another transport never loads httpx.
    httpx = _lazy.LazyModule("httpx")

T = TypeVar("T")

__all__ = ["DEFAULT_BASE_URL", "DEFAULT_TIMEOUT", "AuthenticatedClient", "Client"]

# The API may hold a request for 60 s (`Prefer: wait`) before it responds; connecting never takes that long.
DEFAULT_TIMEOUT = (10.0, 75.0, 75.0, 75.0)
"""Seconds to connect, to read, to write and to wait for a connection, as passed to `httpx.Timeout`."""

_Timeout = tuple[float | None, float | None, float | None, float | None]
_PLAIN = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::([1-9][0-9]{0,4}))?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

# A cursor that is a URL, or that some parser would read as one. Any other cursor is sent unchanged.
_ADDRESS = re.compile(r"[\x00-\x20]*(?:[a-z][a-z0-9+.-]*:[\\/]|[\\/]{2}|.*://)", re.IGNORECASE | re.DOTALL)
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9._~%=&+-]*")  # all parsers read it alike
_EVENTS = {"Accept": "text/event-stream"}
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")  # a name as sent, or an address


def _base(given: object) -> str:
    url = str(given).rstrip("/")
    plain = _PLAIN.fullmatch(url)
    if plain is not None and int(plain[1] or 80) < 65536 and "xn--" not in url:
        return url
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidArgument(f"the base URL is invalid: {error}") from None
    if parsed.userinfo or parsed.query or parsed.fragment:
        # Not shown: it may contain a password.
        raise InvalidArgument("the base URL must consist of scheme, host, port and path only")
    is_host = _HOST.fullmatch(parsed.raw_host.decode("ascii", "replace"))
    if (
        parsed.scheme not in {"http", "https"}
        or not is_host
        or not 0 < (80 if parsed.port is None else parsed.port) < 65536
    ):
        raise InvalidArgument(f"the base URL must look like https://api.example.com/v1, not {url!r}")
    return url


class Client:
    """A client without a token, for operations that need none. See `AuthenticatedClient`.

    Use it in `with` or `async with`, or call `close` or `aclose`, to close its connections.

    Args:
        base_url: Scheme, host, port if any, and the path before that of every operation.
        headers: Sent with every request.
        cookies: Sent with every request.
        timeout: Seconds, or an `httpx.Timeout`; None waits without limit.
        verify: Whether certificates are verified, or an `ssl.SSLContext` to verify them with.
        follow_redirects: Off by default: the API does not redirect, and a redirected create could run twice.
        httpx_args: Further arguments of `httpx.Client` and `httpx.AsyncClient`: `proxy`, `transport`, `limits`, ...
        verify_ssl: The name that openapi-python-client has for `verify`.
        raise_on_unexpected_status: Accepted for users of openapi-python-client; only True is possible, since every
            status other than 2xx raises `errors.StatusError`.

    Raises:
        InvalidArgument: An argument is invalid, such as a base URL with a password in it.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | _Timeout | None = DEFAULT_TIMEOUT,
        verify: bool | SSLContext = True,
        follow_redirects: bool = False,
        httpx_args: Mapping[str, Any] | None = None,
        verify_ssl: bool | SSLContext | Unset = UNSET,
        raise_on_unexpected_status: bool = True,
    ) -> None:
        if not raise_on_unexpected_status:
            raise InvalidArgument(
                "raise_on_unexpected_status=False is not available: every status other than 2xx raises "
                "errors.StatusError; catch that instead"
            )
        self.base_url = _base(base_url)
        """Scheme, host, port if any, and the path before that of every operation."""
        self.headers = dict(headers or {})
        """Sent with every request."""
        self.cookies = dict(cookies or {})
        """Sent with every request."""
        self.timeout = timeout
        """Seconds, or `httpx.Timeout`; None waits without limit."""
        self.verify = verify if isinstance(verify_ssl, Unset) else verify_ssl
        """Whether certificates are verified, or an `ssl.SSLContext` to verify them with."""
        self.follow_redirects = follow_redirects
        """Whether redirects are followed."""
        self.httpx_args = dict(httpx_args or {})
        """Further arguments of `httpx.Client` and `httpx.AsyncClient`."""
        self._pool = Pool()
        # The headers of all requests when they were last checked, and their checked form; shared with the copies.
        self._checked: list[tuple[dict[str, str], dict[str, str]]] = [({}, {})]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, timeout={self.timeout!r})"

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """Return a copy that also sends these headers. It shares the connections; the original does not change."""
        return self._copy(headers={**self.headers, **headers})

    def with_cookies(self, cookies: Mapping[str, str]) -> Self:
        """Return a copy that also sends these cookies. It shares the connections; the original does not change."""
        return self._copy(cookies={**self.cookies, **cookies})

    def with_timeout(self, timeout: float | httpx.Timeout | _Timeout | None) -> Self:
        """Return a copy with another timeout. It shares the connections; the original does not change."""
        return self._copy(timeout=timeout)

    def _copy(self, **changes: Any) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def get_httpx_client(self) -> httpx.Client:
        """Return the HTTP client that sends sync requests. It is created on first use, once for all threads."""
        return self._pool.sync(self._made)

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the HTTP client that sends async requests. One is created for each event loop."""
        return self._pool.asynchronous(self._made_async)

    def _made(self) -> httpx.Client:
        return httpx.Client(**self._arguments())

    def _made_async(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(**self._arguments())

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use this HTTP client for sync requests. The token, headers and timeout of this client still apply."""
        self._pool.set_sync(client)
        return self

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use this HTTP client for async requests in the running event loop."""
        self._pool.set_asynchronous(async_client)
        return self

    def send(self, call: Call[T]) -> Response[T]:
        """Send a call and read its response.

        Raises:
            ApiError: The API refused the request, or its response cannot be read; see `errors`.
            httpx.TransportError: No response arrived.
        """
        http = self.get_httpx_client()
        answer = http.send(self._request(http, call), stream=True)
        try:
            answer.read()
        except httpx.DecodingError as error:
            raise undecodable(answer, error) from None
        finally:
            answer.close()
        return call.response(answer)

    async def asend(self, call: Call[T]) -> Response[T]:
        """Send a call and read its response, in async code.

        Raises:
            ApiError: The API refused the request, or its response cannot be read; see `errors`.
            httpx.TransportError: No response arrived.
        """
        http = self.get_async_httpx_client()
        answer = await http.send(self._request(http, call), stream=True)
        try:
            await answer.aread()
        except httpx.DecodingError as error:
            raise undecodable(answer, error) from None
        finally:
            await answer.aclose()
        return call.response(answer)

    def stream(self, call: Call[Any]) -> Iterator[_types.ServerSentEvent]:
        """Send a call and yield the server-sent events of its response as they arrive.

        Raises:
            ApiError: The API refused the request; see `errors`.
            httpx.TransportError: No response arrived, or it broke off.
        """
        from ._events import EventDecoder

        http = self.get_httpx_client()
        answer = http.send(self._request(http, call, _EVENTS), stream=True)
        try:
            if not answer.is_success:
                answer.read()
                call.response(answer)  # raises
            decoder = EventDecoder()
            for chunk in answer.iter_bytes():
                yield from decoder.decode(chunk)
            yield from decoder.decode(b"", final=True)
        except httpx.DecodingError as error:
            raise undecodable(answer, error) from None
        finally:
            answer.close()

    async def astream(self, call: Call[Any]) -> AsyncIterator[_types.ServerSentEvent]:
        """Send a call and yield the server-sent events of its response as they arrive, in async code.

        Raises:
            ApiError: The API refused the request; see `errors`.
            httpx.TransportError: No response arrived, or it broke off.
        """
        from ._events import EventDecoder

        http = self.get_async_httpx_client()
        answer = await http.send(self._request(http, call, _EVENTS), stream=True)
        try:
            if not answer.is_success:
                await answer.aread()
                call.response(answer)  # raises
            decoder = EventDecoder()
            async for chunk in answer.aiter_bytes():
                for event in decoder.decode(chunk):
                    yield event
            for event in decoder.decode(b"", final=True):
                yield event
        except httpx.DecodingError as error:
            raise undecodable(answer, error) from None
        finally:
            await answer.aclose()

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        client = self._pool.take_sync()
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The next call opens new ones."""
        client = self._pool.take_asynchronous()
        if client is not None:
            await client.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _request(
        self, http: httpx.Client | httpx.AsyncClient, call: Call[Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        arguments = self.arguments(call)
        if headers:
            arguments["headers"] = checked(headers, arguments["headers"])
        chunks = getattr(arguments.get("content"), "chunks", None)  # of an open file; see _files.py
        if chunks is not None and isinstance(http, httpx.AsyncClient):
            arguments["content"] = chunks()
        try:
            return http.build_request(**arguments)
        except httpx.InvalidURL as error:
            raise InvalidArgument(f"{call.method} {self.base_url} cannot be sent: {error}") from None

    def _authorization(self) -> dict[str, str]:
        return {}

    def _arguments(self) -> dict[str, Any]:
        return {
            "timeout": self.timeout,
            "verify": self.verify,
            "follow_redirects": self.follow_redirects,
            **self.httpx_args,
        }

    def arguments(self, call: Call[Any]) -> dict[str, Any]:
        """Return the arguments of `httpx.Client.build_request` for a call.

        Raises:
            ForeignCursor: The call's cursor is a URL that leads elsewhere.
            InvalidArgument: A header or a cookie cannot be sent.
        """
        url = (self.base_url if call.base_url is None else self._base_url_of(call.base_url)) + call.path
        authorization = self._authorization()
        own = {**self.headers, **authorization}
        before, sent = self._checked[0]
        if before != own:
            sent = checked(self.headers, authorization)
            self._checked[0] = own, sent
        body = call.body
        if self.cookies or call.cookies:
            sent = checked(cookie_header({**self.cookies, **call.cookies}), sent)
        if call.headers or "headers" in body:
            body = dict(body)
            sent = checked(sent, call.headers, body.pop("headers", {}))
        return {
            "method": call.method,
            "url": url,
            "params": (_followed(url, call.params) if "cursor" in call.params else call.params) or None,
            "headers": dict(sent),
            "timeout": self.timeout,
            **body,
        }

    def _base_url_of(self, own: str) -> str:
        """Return an operation's own base URL from the document, unless the caller chose another API."""
        if self.base_url != DEFAULT_BASE_URL.rstrip("/"):
            return self.base_url
        return _base(httpx.URL(self.base_url).join(own))


class AuthenticatedClient(Client):
    """A client with a token, for all operations. The token is in no repr, and is sent to the API alone.

    Args:
        base_url: Scheme, host, port if any, and the path before that of every operation.
        token: The API token.
        prefix: The word before the token in its header.
        auth_header_name: The header that carries the token.
        headers: Sent with every request.
        cookies: Sent with every request.
        timeout: Seconds, or an `httpx.Timeout`; None waits without limit.
        verify: Whether certificates are verified, or an `ssl.SSLContext` to verify them with.
        follow_redirects: Off by default: the API does not redirect, and a redirected create could run twice.
        httpx_args: Further arguments of `httpx.Client` and `httpx.AsyncClient`: `proxy`, `transport`, `limits`, ...
        verify_ssl: The name that openapi-python-client has for `verify`.
        raise_on_unexpected_status: Accepted for users of openapi-python-client; only True is possible, since every
            status other than 2xx raises `errors.StatusError`.

    Raises:
        InvalidArgument: An argument is invalid, such as a base URL with a password in it.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        token: str,
        prefix: str = "Bearer",
        auth_header_name: str = "Authorization",
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | _Timeout | None = DEFAULT_TIMEOUT,
        verify: bool | SSLContext = True,
        follow_redirects: bool = False,
        httpx_args: Mapping[str, Any] | None = None,
        verify_ssl: bool | SSLContext | Unset = UNSET,
        raise_on_unexpected_status: bool = True,
    ) -> None:
        super().__init__(
            base_url,
            headers=headers,
            cookies=cookies,
            timeout=timeout,
            verify=verify,
            follow_redirects=follow_redirects,
            httpx_args=httpx_args,
            verify_ssl=verify_ssl,
            raise_on_unexpected_status=raise_on_unexpected_status,
        )
        self.token = token
        """The API token."""
        self.prefix = prefix
        """The word before the token in its header."""
        self.auth_header_name = auth_header_name
        """The header that carries the token."""

    def _authorization(self) -> dict[str, str]:
        return {self.auth_header_name: f"{self.prefix} {self.token}" if self.prefix else self.token}


def _followed(url: str, params: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Return the query parameters; a cursor that is a page's whole URL is replaced by that URL's parameters."""
    cursor = params.get("cursor")
    if not isinstance(cursor, str) or not _ADDRESS.match(cursor):
        return params
    page, _, query = cursor.partition("?")
    if page != url or not _PLAIN_QUERY.fullmatch(query):
        query = _query_at(url, cursor)
    return {**params, "cursor": [], **parse_qs(query, keep_blank_values=True)}


def _query_at(url: str, cursor: str) -> str:
    """Return the query of a cursor URL, after checking that its origin and path equal the list's."""
    try:
        page = httpx.URL(cursor)
    except httpx.InvalidURL:
        page = None
    if page is None or _place(httpx.URL(url)) != _place(page):
        raise ForeignCursor(
            f"the cursor {cursor!r} is not a page of {url}: only a URL with the same origin and path is followed"
        )
    return page.query.decode("ascii")


def _place(url: httpx.URL) -> tuple[str, bytes, int | None, str, bytes]:
    port = {"http": 80, "https": 443}.get(url.scheme) if url.port is None else url.port
    return url.scheme, url.raw_host, port, url.path, url.userinfo
