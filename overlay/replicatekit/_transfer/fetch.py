"""One GET of a file, to wherever its redirects lead: with the token only where that may go."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from replicatekit._http.request import RedactedHeaders
from replicatekit._http.token_policy import UrlAccess
from replicatekit.errors import APIConnectionError, ForbiddenURLError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._session.session import Session

__all__ = ["beginning_of", "fetch", "shown"]

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 10
_LONGEST_REFUSAL = 65_536


async def fetch(session: Session, url: str, headers: Mapping[str, str]) -> httpx.Response:
    """The answer to a GET, its body still to be read; it must be closed.

    Raises:
        ForbiddenURLError: No request may be made there.
        APIConnectionError: There is no end of redirects.
        httpx.HTTPError, OSError: There is no answer.
    """
    gate = session.api.rules.token_policy
    url = gate.at_base_url(url)
    with_token = gate.allows_token(url)
    for _ in range(_MOST_REDIRECTS + 1):
        response = await session.io.open(
            session.api.context, _arguments(session, url, headers, with_token), is_bare=not with_token
        )
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            return response
        await session.io.close(response)
        verdict, target = gate.redirect(url, location)
        if verdict is UrlAccess.FORBIDDEN:
            raise ForbiddenURLError(
                f"{shown(url)} leads to {location[:200]!r}, and no request is made there",
                url=target or location,
                prediction_id=session.api.prediction_id,
            )
        # What came by way of another host is not asked with the token any more, even at home.
        with_token, url = with_token and verdict is UrlAccess.TOKEN, target
    raise APIConnectionError(
        f"more than {_MOST_REDIRECTS} redirects", method="GET", url=url, prediction_id=session.api.prediction_id
    )


def _arguments(session: Session, url: str, headers: Mapping[str, str], with_token: bool) -> dict[str, Any]:  # noqa: FBT001 (the verdict of the gate)
    from replicatekit._http.user_agent import user_agent_header

    api = session.api
    # Packed on the way, a file could not be taken up again in its midst, nor its length be checked.
    own = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
    if with_token:
        own = {**api.headers, **own, "Authorization": f"Bearer {api.token}"}
    else:
        own["User-Agent"] = user_agent_header()
    return {"method": "GET", "url": url, "headers": RedactedHeaders(own), "timeout": api.timeout}


async def beginning_of(session: Session, response: httpx.Response) -> httpx.Response:
    """An answer that says no, with as much of its body as a message can have."""
    import httpx

    body = b""
    async with aclosing(session.io.iter_bytes(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > _LONGEST_REFUSAL:
                break
    return httpx.Response(
        response.status_code, headers=_readable(response.headers), content=body, request=response.request
    )


def _readable(headers: httpx.Headers) -> list[tuple[bytes, bytes]]:
    described = {b"content-encoding", b"content-length", b"transfer-encoding"}
    return [pair for pair in headers.raw if pair[0].lower() not in described]


def shown(url: str) -> str:
    """A URL as a message can have it: signatures stand in queries, and `data:` URLs have no end."""
    bare = url.partition("?")[0] if url[:5].lower() != "data:" else url
    return bare if len(bare) <= 200 else f"{bare[:60]}... ({len(bare)} characters)"
