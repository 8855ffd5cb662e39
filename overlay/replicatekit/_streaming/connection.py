"""One connection to an event stream, from the request to its end."""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from attrs import define, field

from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.request import RedactedHeaders, Timeouts
from replicatekit._streaming.sse import Comment, Decoder
from replicatekit.errors import APIConnectionError, APITimeoutError, ForbiddenURLError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._session.session import Session
    from replicatekit._streaming.events import OtherEvent, StreamEvent

# The server closes a connection that was silent for 30 s; after a longer silence, the server is gone.
IDLE_TIMEOUT = 45.0
_MAX_ERROR_BODY = 65_536
# The characters that a header may contain. Any other id is not sent; the server then starts from the first event.
_HEADER_SAFE = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,4000}[\x21-\x7e\x80-\xff])?")


class StreamIdle(Exception):
    """The server closed a connection that had no events for a while."""


@define(eq=False)
class EventConnection:
    """One connection to an event stream, opened by the first `next_events`.

    It is not an async generator: an event loop closes abandoned nested generators in any order, which fails.
    """

    _session: Session
    """The client's session; its deadline ends the connection."""
    _url: str
    """The stream's URL, as the API gave it. It is requested with the token only where the token may be sent."""
    _decoder: Decoder
    """The decoder of this connection. The server is asked to continue after its last id."""
    _token: CancelToken | None = None
    """A cancel token that ends the connection."""
    _idle_timeout: float = IDLE_TIMEOUT
    """Seconds without a byte after which the connection counts as lost."""
    _response: httpx.Response | None = field(default=None, init=False)
    _chunks: AsyncGenerator[bytes, None] | None = field(default=None, init=False)
    _is_idle: bool = field(default=False, init=False)
    _is_closed: bool = field(default=False, init=False)

    async def next_events(self) -> list[StreamEvent | OtherEvent] | None:
        """Wait for the next batch of events, as it arrives; None when the connection was closed.

        Raises:
            StreamIdle: The server closed the connection because it had nothing to send.
            APIConnectionError: The connection could not be opened, or broke.
            APITimeoutError: The server stopped responding, or the deadline passed.
            APIStatusError, StreamError: The URL has no event stream.
            ForbiddenURLError: The URL must not be requested.
            TokenSet: The token was set.
        """
        import httpx

        try:
            events = await self._next_events()
        except BaseException as error:
            await self.close()
            if isinstance(error, (httpx.InvalidURL, UnicodeError)):
                msg = f"the URL of the event stream cannot be requested: {error}"
                raise ForbiddenURLError(msg, url=self._url, prediction_id=self._session.api.prediction_id) from error
            if isinstance(error, (httpx.HTTPError, httpx.StreamError, OSError)):
                raise _connection_error(self._session, self._url, error) from error
            raise
        if events is None:
            await self.close()
        return events

    async def _next_events(self) -> list[StreamEvent | OtherEvent] | None:
        if self._chunks is None:
            self._chunks = await self._open()
        while not self._is_idle:
            chunk = await anext(self._chunks, None)
            if chunk is None:
                return None
            items = self._decoder.feed(chunk)
            events = [item for item in items if not isinstance(item, Comment)]
            self._is_idle = len(events) < len(items) and any(map(_announces_close, items))
            if events:
                return events
        raise StreamIdle

    async def _open(self) -> AsyncGenerator[bytes, None]:
        io, api = self._session.io, self._session.api
        url = api.rules.token_policy.at_base_url(self._url)
        with_token = api.rules.token_policy.allows_token(url)
        arguments = _request(self._session, url, self._decoder.last_event_id, self._idle_timeout, with_token=with_token)

        async def open_response() -> httpx.Response:
            response = await io.open(api.context, arguments, is_bare=not with_token)
            if self._is_closed:  # sync code: the token was set while it was opened
                await io.close(response)
            return response

        self._response = await io.cancellable(self._token, open_response())
        await _require_stream(self._session, self._response)
        return io.iter_event_bytes(self._response, api.deadline, self._token)

    async def close(self) -> None:
        """Close the connection."""
        self._is_closed = True
        response, self._response = self._response, None
        chunks, self._chunks = self._chunks, None
        if chunks is not None:
            await chunks.aclose()
        if response is not None:
            await self._session.io.close(response)


def _announces_close(item: StreamEvent | OtherEvent | Comment) -> bool:
    return isinstance(item, Comment) and item.text.lstrip(":").lstrip().startswith("408")


def _request(
    session: Session, url: str, last_event_id: str, idle_timeout: float, *, with_token: bool
) -> dict[str, Any]:
    api = session.api
    headers: dict[str, str | bytes] = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if with_token:
        headers = {**api.headers, **headers, "Authorization": f"Bearer {api.token}"}
    elif "User-Agent" in api.headers:
        headers["User-Agent"] = api.headers["User-Agent"]
    last = last_event_id.encode()
    if _HEADER_SAFE.fullmatch(last):
        headers["Last-Event-ID"] = last
    timeout = Timeouts.of(api.timeout)._replace(read=idle_timeout)
    return {"method": "GET", "url": url, "headers": RedactedHeaders(headers), "timeout": timeout}


def _connection_error(session: Session, url: str, error: Exception) -> APIConnectionError:
    import httpx

    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    msg = f"the event stream was interrupted: {reason}"
    return kind(msg, method="GET", url=url, prediction_id=session.api.prediction_id)


async def _require_stream(session: Session, response: httpx.Response) -> None:
    """Raise an error unless the response is an event stream."""
    import httpx

    if response.status_code != 200:
        body = b""
        async with aclosing(session.io.iter_event_bytes(response, session.api.deadline)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > _MAX_ERROR_BODY:
                    break
        buffered = httpx.Response(response.status_code, content=body, request=response.request)
        raise error_from_response(buffered, session.api.prediction_id)
    kind = response.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "text/event-stream":
        msg = f"{response.url} returned {kind or 'no media type'} instead of an event stream"
        raise StreamError(msg, prediction_id=session.api.prediction_id)
