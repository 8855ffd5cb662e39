"""One connection to an event stream, from its opening to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._origin import Verdict
from replicatekit._sse import Decoder, Event
from replicatekit._transport import refusal
from replicatekit.errors import APIConnectionError, ForbiddenURLError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx

    from replicatekit._core import Core

__all__ = ["Silence", "connection"]

# The server gives up a silent connection after 30 s; one that is silent for longer is not there any more.
_SILENCE = 45.0
_LONGEST_REFUSAL = 65_536


class Silence(Exception):
    """The server gave up a connection on which there was nothing to say for a while."""


async def connection(core: Core, url: str, last_event_id: str = "") -> AsyncGenerator[Event, None]:
    """The events of one connection, until it ends: without a word, if it is cut.

    Args:
        core: Its client's inside.
        url: The stream's, as the API gave it. It is asked with the token only where the token may go.
        last_event_id: What was seen last, so that the server goes on after it.

    Raises:
        Silence: The server says that it gave up because there was nothing to say.
        APIConnectionError: No connection, or it broke.
        APIStatusError, StreamError: There is no stream.
        ForbiddenURLError: No request may be made there.
    """
    import httpx

    decoder = Decoder(last_event_id)
    response: httpx.Response | None = None
    try:
        response = await core.io.open(core.api, _arguments(core, url, last_event_id))
        await _check(core, response)
        async for chunk in core.io.chunks(response):
            for item in decoder.feed(chunk):
                if isinstance(item, Event):
                    yield item
                elif item.text.lstrip(":").lstrip().startswith("408"):
                    raise Silence
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        said = f"{type(error).__name__}: {error}"
        raise APIConnectionError(
            f"the event stream broke: {said}", method="GET", url=url, prediction_id=core.api.prediction_id
        ) from error
    finally:
        if response is not None:
            await core.io.close(response)


def _arguments(core: Core, url: str, last_event_id: str) -> dict[str, Any]:
    import httpx

    api = core.api
    verdict = api.rules.gate.decide(url)
    if verdict is Verdict.FORBIDDEN:
        raise ForbiddenURLError(f"no event stream is read from {url!r}", url=url)
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_event_id:
        headers["Last-Event-ID"] = last_event_id
    if verdict is Verdict.TOKEN:
        headers["Authorization"] = f"Bearer {api.token}"
    bounded = api.bounded
    given = bounded if isinstance(bounded, httpx.Timeout) else httpx.Timeout(bounded)
    left = api.deadline.left
    read = _SILENCE if left is None else min(_SILENCE, left)
    timeout = httpx.Timeout(**{**given.as_dict(), "read": max(read, 0.001)})
    return {"method": "GET", "url": url, "headers": headers, "timeout": timeout}


async def _check(core: Core, response: httpx.Response) -> None:
    """That there is a stream."""
    if response.status_code != 200:
        body = b""
        async for chunk in core.io.chunks(response):
            body += chunk
            if len(body) > _LONGEST_REFUSAL:
                break
        raise refusal(_read(response, body), core.api.prediction_id)
    kind = response.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "text/event-stream":
        msg = f"{response.url} answers with {kind or 'no media type'}, which is no event stream"
        raise StreamError(msg, prediction_id=core.api.prediction_id)


def _read(response: httpx.Response, body: bytes) -> httpx.Response:
    import httpx

    return httpx.Response(response.status_code, content=body, request=response.request)
