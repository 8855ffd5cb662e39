"""Make the low-level client from a client's arguments, validated and with the environment's defaults."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from replicatekit._base.deadline import LONGEST
from replicatekit._base.validation import format_value
from replicatekit._http.api_client import ApiClient
from replicatekit._http.context import Rules
from replicatekit._http.rate_limiter import Limiter
from replicatekit._http.request import Timeouts
from replicatekit._http.retry_policy import Policy
from replicatekit._http.token_and_url import TOKEN_VARIABLE, check_token, strip_quotes, with_version
from replicatekit._http.token_policy import TokenPolicy
from replicatekit._http.user_agent import user_agent_header
from replicatekit.errors import InvalidArgument, MissingTokenError
from replicatekit.options import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx
    import httpx2

    from replicatekit._http.contract import Sender

BASE_URL = "https://api.replicate.com/v1"
URL_VARIABLE = "REPLICATE_BASE_URL"
DEFAULT_TIMEOUT = Timeouts(connect=10.0, read=75.0, write=75.0, pool=75.0)
"""The API may hold a request for 60 s (`Prefer: wait`); connecting must not take that long."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def make_api_client(
    token: str | None,
    base_url: str | None,
    *,
    timeout: float | httpx.Timeout | httpx2.Timeout | None,
    headers: Mapping[str, str] | None,
    user_agent: str | None,
    max_retries: int | None,
    http_options: Mapping[str, Any],
) -> ApiClient:
    """The low-level client for these settings.

    Raises:
        MissingTokenError: There is no token.
        InvalidArgument: The token, the URL or a header cannot be used.
    """
    url = _base_url(base_url)
    return ApiClient(
        url,
        token=_token(token),
        headers=_merge(_user_agent_header(user_agent or user_agent_header()), check_headers(headers)),
        timeout=DEFAULT_TIMEOUT if timeout is None else _timeout(timeout),
        options={key: value for key, value in http_options.items() if value is not None},
        rules=Rules(TokenPolicy(url), Policy() if max_retries is None else Policy(max_retries=max_retries), Limiter()),
    )


def _base_url(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise InvalidArgument(f"base_url must be a URL as a str, not {type(value).__name__}")
    source, url = "base_url", strip_quotes(value or "")
    if not value:
        source, url = URL_VARIABLE, strip_quotes(os.environ.get(URL_VARIABLE, "")) or BASE_URL
    url = with_version(url)
    try:
        TokenPolicy(url)
    except InvalidArgument as error:
        raise InvalidArgument(f"{source} cannot be used: {error.message}; a base URL is like {BASE_URL}") from None
    return url


def check_http_options(options: HttpOptions) -> dict[str, Any]:
    """Check a client's options of httpx, and return them.

    Raises:
        InvalidArgument: An option is unknown.
    """
    unknown = sorted(set(options) - set(HttpOptions.__annotations__))
    if unknown:
        known = ", ".join(HttpOptions.__annotations__)
        raise InvalidArgument(f"a client has no option {unknown[0]!r}; the options of httpx that it takes: {known}")
    return dict(options)


def use_http_client(api: ApiClient, http_client: Any, io: Sender) -> ApiClient:
    """A copy of the low-level client that sends through the caller's HTTP client of httpx or httpx2.

    Raises:
        InvalidArgument: The HTTP client is sync where an async one is needed, or the other way round.
    """
    name = "AsyncClient" if io.is_async else "Client"
    kinds = [getattr(sys.modules[each], name) for each in ("httpx", "httpx2") if each in sys.modules]
    if not isinstance(http_client, tuple(kinds)):
        raise InvalidArgument(f"http_client must be an httpx.{name} here, not {type(http_client).__name__}")
    return api.with_http_client(http_client)


def check_transport(transport: Any, io: Sender) -> Any:
    """Check that a transport is one of httpx of the kind that this client needs, or None. Return it.

    Raises:
        InvalidArgument: It is not one.
    """
    wanted = "handle_async_request" if io.is_async else "handle_request"
    if transport is not None and not callable(getattr(transport, wanted, None)):
        kind = "AsyncBaseTransport" if io.is_async else "BaseTransport"
        raise InvalidArgument(f"transport must be an httpx.{kind} here, not {format_value(transport)}")
    return transport


def change_settings(
    api: ApiClient,
    *,
    token: str | None,
    timeout: float | httpx.Timeout | httpx2.Timeout | None,
    headers: Mapping[str, str] | None,
    user_agent: str | None,
    max_retries: int | None,
) -> ApiClient:
    """A copy of a low-level client with other settings, on the same connections."""
    changes: dict[str, Any] = {}
    if token is not None:
        changes["token"] = _token(token)
    if timeout is not None:
        changes["timeout"] = _timeout(timeout)
    if headers is not None or user_agent is not None:
        own = {} if user_agent is None else _user_agent_header(user_agent)
        changes["headers"] = _merge(api.headers, own, check_headers(headers))
    if max_retries is not None:
        api = api.with_rules(api.rules.with_retries(max_retries))
    return api.with_changes(**changes)


def _token(value: str | None) -> str:
    token = check_token(os.environ.get(TOKEN_VARIABLE, "") if value is None else value)
    if not token:
        raise MissingTokenError(
            f"no API token: pass Client(token=...) or set {TOKEN_VARIABLE}; "
            "create one at https://replicate.com/account/api-tokens"
        )
    return token


def _user_agent_header(user_agent: str) -> dict[str, str]:
    return check_headers({"User-Agent": user_agent})


def _merge(*groups: Mapping[str, str]) -> dict[str, str]:
    """All headers; a later one replaces an earlier one, whatever the case of its name."""
    merged = {name.lower(): (name, value) for group in groups for name, value in group.items()}
    return dict(merged.values())


def check_headers(values: Mapping[str, str] | None) -> dict[str, str]:
    """Check the caller's headers, and return them.

    Raises:
        InvalidArgument: A header cannot be sent, or would replace the token.
    """
    try:
        headers = dict(values or {})
    except (TypeError, ValueError):
        raise InvalidArgument(f"headers must be a mapping of names to values, not {format_value(values)}") from None
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"the header {name!r} must be text, and its value too, not {type(value).__name__}")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            # The value is not shown: it may be a secret.
            raise InvalidArgument(f"the header {name!r} contains characters that are not allowed in headers")
        if name.lower() == "authorization":
            raise InvalidArgument("the Authorization header is set by the client: pass token=... instead")
    return headers


def _timeout(value: Any) -> Any:
    if isinstance(value, Timeouts) or callable(getattr(value, "as_dict", None)):
        return value  # a Timeout of httpx or httpx2
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise InvalidArgument(
            f"timeout must be a number of seconds above 0 or an httpx.Timeout, not {format_value(value)}"
        )
    return value if value < LONGEST else None
