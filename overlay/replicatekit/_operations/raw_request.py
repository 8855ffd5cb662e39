"""Requests to endpoints that have no method, with the same retries, limits and errors as all others."""

from __future__ import annotations

import json as to_json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from replicatekit._base.deadline import Deadline
from replicatekit._base.validation import format_value
from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.exchange import send_with_retries
from replicatekit._http.settings import check_headers
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import httpx

    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session

_METHOD = re.compile(r"[A-Z][A-Z0-9_-]{0,39}")


async def request(
    session: Session,
    method: str,
    path: str,
    params: Mapping[str, Any] | None,
    json: Any,
    content: str | bytes | None,
    headers: Mapping[str, str] | None,
    timeout: float | None,  # noqa: ASYNC109 (a deadline over all attempts)
) -> httpx.Response:
    """Send a request and return the whole response; see `Client.request`."""
    if not isinstance(method, str) or not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"method and path must be str, not {format_value(method)} and {format_value(path)}")
    if not path:
        raise InvalidArgument("path must not be empty: pass a path such as '/predictions', or a whole URL")
    if headers is not None and not isinstance(headers, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"headers must be a mapping of names to values, not {format_value(headers)}")
    api = session.api.with_deadline(Deadline.after(timeout))
    arguments, with_token = _arguments(api, method.upper(), path, _body(json, content), headers)
    if params is not None:
        arguments["url"] = _with_params(arguments["url"], params)
    response = (await send_with_retries(session.io, api.context, arguments, is_bare=not with_token)).response
    if not response.is_success:
        raise error_from_response(response)
    return response


def _arguments(
    api: ApiClient, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None
) -> tuple[dict[str, Any], bool]:
    if not _METHOD.fullmatch(method):
        raise InvalidArgument(f"method must be an HTTP method such as 'GET', not {format_value(method)}")
    url = path if "://" in path or path.startswith("//") else f"{api.base_url.rstrip('/')}/{path.lstrip('/')}"
    sent = {**body.get("headers", {}), **check_headers(headers)}
    if "#" in url:
        raise InvalidArgument(f"path must not contain a fragment ('#...'): {format_value(path)}")
    url = api.rules.token_policy.at_base_url(url)
    with_token = api.rules.token_policy.allows_token(url)
    if with_token:
        sent = {**api.headers, "Authorization": f"Bearer {api.token}", **sent}
    return {"method": method, "url": url, **body, "headers": sent, "timeout": api.timeout}, with_token


def _with_params(url: str, params: Mapping[str, Any]) -> str:
    import httpx

    try:
        values = {key: value for key, value in params.items() if value is not None}
        # `httpx.get(params=...)` would replace the URL's own query.
        return str(httpx.URL(url).copy_merge_params(values))
    except (TypeError, ValueError, AttributeError, httpx.InvalidURL) as error:
        raise InvalidArgument(
            f"params must be a mapping of names to values, not {format_value(params)}: {error}"
        ) from None


def _body(json: Any, content: str | bytes | None) -> dict[str, Any]:
    """Return the body in a form that can be sent again."""
    if json is not None and content is not None:
        raise InvalidArgument("give json or content, not both: a request has one body")
    if content is not None:
        if not isinstance(content, (str, bytes)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"content must be str or bytes, not {format_value(content)}")
        return {"content": content}
    if json is None:
        return {}
    try:
        text = to_json.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return {"content": text.encode(), "headers": {"Content-Type": "application/json"}}
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"json cannot be sent: {error}") from None
