"""From what a caller gives a client to the low-level client that does it."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from replicatekit._base.deadline import LONGEST
from replicatekit._http.api_client import ApiClient, Rules
from replicatekit._http.rate_limiter import Limiter
from replicatekit._http.retry_policy import Policy
from replicatekit._http.token_policy import TokenPolicy
from replicatekit._transports import checked_engine
from replicatekit.errors import InvalidArgument, MissingTokenError
from replicatekit.options import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._runtime import IO
    from replicatekit._transports import Engine

__all__ = [
    "BASE_URL",
    "ENGINE_VARIABLE",
    "TOKEN_VARIABLE",
    "URL_VARIABLE",
    "changed",
    "checked",
    "checked_headers",
    "checked_transport",
    "make_api_client",
    "use_http_client",
    "user_agent_header",
]

BASE_URL = "https://api.replicate.com/v1"
TOKEN_VARIABLE = "REPLICATE_API_TOKEN"  # noqa: S105 (the variable's name)
URL_VARIABLE = "REPLICATE_BASE_URL"
ENGINE_VARIABLE = "REPLICATEKIT_ENGINE"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def make_api_client(
    token: str | None,
    base_url: str | None,
    *,
    timeout: float | httpx.Timeout | None,
    headers: Mapping[str, str] | None,
    user_agent: str | None,
    max_retries: int | None,
    http_options: Mapping[str, Any],
    engine: Engine | None = None,
) -> ApiClient:
    """The low-level client for these settings.

    Raises:
        MissingTokenError: There is no token.
        InvalidArgument: The token, the URL or a header cannot be used.
    """
    from replicatekit_api.client import DEFAULT_TIMEOUT

    url = base_url or os.environ.get(URL_VARIABLE) or BASE_URL
    gate = TokenPolicy(url)
    return ApiClient(
        url,
        token=_token(token),
        headers=_merged(_named(user_agent or user_agent_header()), checked_headers(headers)),
        timeout=DEFAULT_TIMEOUT if timeout is None else _timeout(timeout),
        engine=checked_engine(engine or os.environ.get(ENGINE_VARIABLE) or "httpx"),
        httpx_args={key: value for key, value in http_options.items() if value is not None},
        rules=Rules(gate, Policy() if max_retries is None else Policy(max_retries=max_retries), Limiter()),
    )


def checked(options: HttpOptions) -> dict[str, Any]:
    """The options for httpx, all of which have to be known ones.

    Raises:
        InvalidArgument: One is not.
    """
    unknown = sorted(set(options) - set(HttpOptions.__annotations__))
    if unknown:
        known = ", ".join(HttpOptions.__annotations__)
        raise InvalidArgument(f"a client has no option {unknown[0]!r}; what is handed on to httpx: {known}")
    return dict(options)


def use_http_client(api: ApiClient, http_client: Any, io: IO) -> ApiClient:
    """The same low-level client, whose requests go through an HTTP client of the caller's.

    Raises:
        InvalidArgument: It is not of the kind that goes with this client.
    """
    import httpx

    kind = httpx.AsyncClient if io.is_async else httpx.Client
    if not isinstance(http_client, kind):
        raise InvalidArgument(f"http_client must be an httpx.{kind.__name__} here, not {type(http_client).__name__}")
    return api.with_changes(user_http_client=http_client)


def checked_transport(transport: Any, io: IO) -> Any:
    """An httpx transport, of the kind that goes with this client.

    Raises:
        InvalidArgument: It is none.
    """
    wanted = "handle_async_request" if io.is_async else "handle_request"
    if transport is not None and not callable(getattr(transport, wanted, None)):
        kind = "AsyncBaseTransport" if io.is_async else "BaseTransport"
        raise InvalidArgument(f"transport must be an httpx.{kind} here, not {transport!r}")
    return transport


def changed(
    api: ApiClient,
    *,
    token: str | None,
    timeout: float | httpx.Timeout | None,
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
        named = {} if user_agent is None else _named(user_agent)
        changes["headers"] = _merged(api.headers, named, checked_headers(headers))
    if max_retries is not None:
        changes["rules"] = api.rules.with_retries(max_retries)
    return api.with_changes(**changes)


def user_agent_header() -> str:
    """What this package calls itself to the API."""
    from replicatekit import __version__

    return f"replicatekit/{__version__} (python/{'.'.join(map(str, sys.version_info[:3]))})"


def _token(given: str | None) -> str:
    token = given if given is not None else os.environ.get(TOKEN_VARIABLE)
    token = token.strip() if isinstance(token, str) else token
    if not token:
        raise MissingTokenError(
            f"no API token: give Client(token=...) or set {TOKEN_VARIABLE}; "
            "tokens are made at https://replicate.com/account/api-tokens"
        )
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:  # pyright: ignore[reportUnnecessaryIsInstance]
        # It is not shown: a token with one wrong character is still nearly a token.
        raise InvalidArgument("the API token has characters that no token has: spaces, line ends or non-ASCII")
    return token


def _named(user_agent: str) -> dict[str, str]:
    return checked_headers({"User-Agent": user_agent})


def _merged(*groups: Mapping[str, str]) -> dict[str, str]:
    """All headers, a later one in place of an earlier one, however their names are spelt."""
    merged = {name.lower(): (name, value) for group in groups for name, value in group.items()}
    return dict(merged.values())


def checked_headers(given: Mapping[str, str] | None) -> dict[str, str]:
    """A caller's headers, all of which have to be such that can be sent.

    Raises:
        InvalidArgument: One cannot, or would replace the token.
    """
    try:
        headers = dict(given or {})
    except (TypeError, ValueError):
        raise InvalidArgument(f"headers must be a mapping of names to values, not {given!r}") from None
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"the header {name!r} must be text, and its value too, not {type(value).__name__}")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            # The value is not shown: it may be a secret.
            raise InvalidArgument(f"the header {name!r} has characters that no header may have")
        if name.lower() == "authorization":
            raise InvalidArgument("the Authorization header is the client's own: give token=... instead")
    return headers


def _timeout(given: float | httpx.Timeout) -> float | httpx.Timeout | None:
    import httpx

    if isinstance(given, httpx.Timeout):
        return given
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"timeout must be a number of seconds above 0 or an httpx.Timeout, not {given!r}")
    return given if given < LONGEST else None
