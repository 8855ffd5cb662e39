"""One connection to an event stream, from its opening to its end."""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.request import RedactedHeaders, Timeouts
from replicatekit._streaming.sse import Comment, Decoder, Event
from replicatekit.errors import APIConnectionError, APITimeoutError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._session.session import Session

__all__ = ["Silence", "connection"]

# The server gives up a silent connection after 30 s; one that is silent for longer is not there any more.
_SILENCE = 45.0
_LONGEST_REFUSAL = 65_536
# What may stand in a header. Any other id is not sent back: the server then begins at the beginning.
_SENDABLE = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,4000}[\x21-\x7e\x80-\xff])?")


class Silence(Exception):
    """The server gave up a connection on which there was nothing to say for a while."""


async def connection(
    session: Session,
    url: str,
    decoder: Decoder | None = None,
    *,
    token: CancelToken | None = None,
    silence: float = _SILENCE,
) -> AsyncGenerator[list[Event], None]:
    """The events of one connection, those together that came together; until it ends: without a word, if it is cut.

    Args:
        session: Its client's inside; its deadline ends the connection.
        url: The stream's, as the API gave it. It is asked with the token only where the token may go.
        decoder: What reads it. The server is asked to go on after the decoder's last id; afterwards, the next
            connection's can be seen there.
        token: Ends the connection when it is set.
        silence: Seconds without a byte after which nobody is there any more.

    Raises:
        Silence: The server says that it gave up because there was nothing to say.
        APIConnectionError: No connection, or it broke.
        APITimeoutError: Nobody is there any more, or the deadline has passed.
        APIStatusError, StreamError: There is no stream.
        ForbiddenURLError: No request may be made there.
        TokenSet: The token was set.
    """
    import httpx

    decoder = Decoder() if decoder is None else decoder
    response: httpx.Response | None = None
    try:
        url = session.api.rules.token_policy.at_base_url(url)
        with_token = session.api.rules.token_policy.allows_token(url)
        arguments = _arguments(session, url, decoder.last_event_id, silence, with_token=with_token)
        response = await session.io.cancellable(
            token, session.io.open(session.api.context, arguments, is_bare=not with_token)
        )
        await _check(session, response)
        async with aclosing(session.io.iter_event_bytes(response, session.api.deadline, token)) as chunks:
            async for chunk in chunks:
                items = decoder.feed(chunk)
                events = [item for item in items if isinstance(item, Event)]
                if events:
                    yield events
                if len(events) < len(items) and any(map(_gives_up, items)):
                    raise Silence
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise _broken(session, url, error) from error
    finally:
        if response is not None:
            await session.io.close(response)


def _gives_up(item: Event | Comment) -> bool:
    return isinstance(item, Comment) and item.text.lstrip(":").lstrip().startswith("408")


def _arguments(session: Session, url: str, last_event_id: str, silence: float, *, with_token: bool) -> dict[str, Any]:
    api = session.api
    headers: dict[str, str | bytes] = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if with_token:
        headers = {**api.headers, **headers, "Authorization": f"Bearer {api.token}"}
    elif "User-Agent" in api.headers:
        headers["User-Agent"] = api.headers["User-Agent"]
    last = last_event_id.encode()
    if _SENDABLE.fullmatch(last):
        headers["Last-Event-ID"] = last
    timeout = Timeouts.of(api.timeout)._replace(read=silence)
    return {"method": "GET", "url": url, "headers": RedactedHeaders(headers), "timeout": timeout}


def _broken(session: Session, url: str, error: Exception) -> APIConnectionError:
    import httpx

    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return kind(f"the event stream broke: {said}", method="GET", url=url, prediction_id=session.api.prediction_id)


async def _check(session: Session, response: httpx.Response) -> None:
    """That there is a stream."""
    if response.status_code != 200:
        body = b""
        async with aclosing(session.io.iter_event_bytes(response, session.api.deadline)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > _LONGEST_REFUSAL:
                    break
        raise error_from_response(_read(response, body), session.api.prediction_id)
    kind = response.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "text/event-stream":
        msg = f"{response.url} answers with {kind or 'no media type'}, which is no event stream"
        raise StreamError(msg, prediction_id=session.api.prediction_id)


def _read(response: httpx.Response, body: bytes) -> httpx.Response:
    import httpx

    return httpx.Response(response.status_code, content=body, request=response.request)
