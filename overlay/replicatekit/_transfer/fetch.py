"""One GET of a file, redirects included. The token is sent only to hosts that may get it."""

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

_REDIRECTS = {301, 302, 303, 307, 308}
_MAX_REDIRECTS = 10
_MAX_REFUSAL = 65_536


async def fetch(session: Session, url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Send a GET, and return its response with the body unread. Close it.

    Raises:
        ForbiddenURLError: No request may be made to the URL, or to the target of a redirect.
        APIConnectionError: There are too many redirects.
        httpx.HTTPError, OSError: There is no response.
    """
    policy = session.api.rules.token_policy
    url = policy.at_base_url(url)
    try:
        with_token = policy.allows_token(url)
    except ForbiddenURLError as error:
        error.prediction_id = session.api.prediction_id
        raise
    for _ in range(_MAX_REDIRECTS + 1):
        response = await session.io.open(
            session.api.context, _arguments(session, url, headers, with_token), is_bare=not with_token
        )
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            return response
        await session.io.close(response)
        access, target = policy.redirect(url, location)
        if access is UrlAccess.FORBIDDEN:
            raise ForbiddenURLError(
                f"{redact_url(url)} redirects to {location[:200]!r}, where no request may be made",
                url=target or location,
                prediction_id=session.api.prediction_id,
            )
        # After a redirect to another host, the token is not sent again, not even to the API.
        with_token, url = with_token and access is UrlAccess.TOKEN, target
    raise APIConnectionError(
        f"{redact_url(url)}: more than {_MAX_REDIRECTS} redirects",
        method="GET",
        url=url,
        prediction_id=session.api.prediction_id,
    )


def _arguments(session: Session, url: str, headers: Mapping[str, str], with_token: bool) -> dict[str, Any]:  # noqa: FBT001
    from replicatekit._http.user_agent import user_agent_header

    api = session.api
    # A body that is compressed in transit could not be resumed, and its length could not be checked.
    own = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
    if with_token:
        own = {**api.headers, **own, "Authorization": f"Bearer {api.token}"}
    else:
        own["User-Agent"] = user_agent_header()
    return {"method": "GET", "url": url, "headers": RedactedHeaders(own), "timeout": api.timeout}


async def read_refusal(session: Session, response: httpx.Response) -> httpx.Response:
    """An error response with the beginning of its body, as much as an error message needs."""
    import httpx

    body = b""
    async with aclosing(session.io.iter_bytes(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > _MAX_REFUSAL:
                break
    described = {b"content-encoding", b"content-length", b"transfer-encoding"}
    headers = [pair for pair in response.headers.raw if pair[0].lower() not in described]
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


def redact_url(url: str) -> str:
    """A URL for messages: without its query, which may contain a signature, and with a limited length."""
    bare = url.partition("?")[0] if url[:5].lower() != "data:" else url
    return bare if len(bare) <= 200 else f"{bare[:60]}... ({len(bare)} characters)"
