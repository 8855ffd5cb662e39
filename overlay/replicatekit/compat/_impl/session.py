"""Sends the compat client's requests by this package's transport, with its retries and token rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from attrs import define, field, frozen

from replicatekit import errors
from replicatekit._http.api_client import ApiClient
from replicatekit._http.async_sender import ASYNC
from replicatekit._http.context import Rules
from replicatekit._http.contract import Sender
from replicatekit._http.exchange import send_with_retries
from replicatekit._http.rate_limiter import Limiter
from replicatekit._http.retry_policy import Policy
from replicatekit._http.settings import URL_VARIABLE
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._http.token_and_url import TOKEN_VARIABLE, check_token, strip_quotes
from replicatekit._http.token_policy import TokenPolicy
from replicatekit._http.user_agent import user_agent_header
from replicatekit._session.session import Session
from replicatekit.compat._impl.types import ClientLike, PredictionLike
from replicatekit.compat.exceptions import ReplicateError, ReplicateException

if TYPE_CHECKING:
    import httpx

_API = "https://api.replicate.com"
_ANSWER_SECONDS = 60.0
"""Seconds that the response to a create or an upload may take: the longest time that the API holds one."""


def token_from_environment() -> str | None:
    """Return the token of the request that a model inside Cog works on, else the environment's."""
    try:
        context: Mapping[str, str] = cast("Any", sys.modules["cog"]).current_scope().context
        for name, value in context.items():
            if name.upper() == TOKEN_VARIABLE:
                return value
    except Exception:  # noqa: BLE001, S110 (without a token in Cog's scope, the environment's is used)
        pass
    return os.environ.get(TOKEN_VARIABLE)


@define(eq=False)
class Engine:
    """The settings of a client, and the session that is created from them at the first request."""

    api_token: str | None = field(repr=False)
    base_url: str | None
    timeout: Any
    options: dict[str, Any] = field(repr=False)
    prediction_type: type[PredictionLike]
    _session: CompatSession | None = field(default=None, init=False, repr=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def session(self, client: ClientLike, io: Sender) -> CompatSession:
        """Return the session that sends a client's requests.

        Raises:
            ValueError: The base URL is not safe for the token, or a setting is invalid.
        """
        with self._lock, translated():
            if self._session is None:
                self._session = self._made(client)
            return self._session if self._session.io is io else self._session.on(io)

    def _made(self, client: ClientLike) -> CompatSession:
        import httpx

        options = dict(self.options)
        headers = httpx.Headers(options.pop("headers", None))
        authorization = headers.pop("authorization", None)
        headers.setdefault("User-Agent", user_agent_header())
        token = check_token(self.api_token or token_from_environment() or "")
        if authorization is None and token:
            authorization = f"Bearer {token}"
        url = strip_quotes(self.base_url or "") or strip_quotes(os.environ.get(URL_VARIABLE, "")) or _API
        base = url.rstrip("/").removesuffix("/v1")
        api = ApiClient(
            f"{base}/v1",
            token=authorization.rpartition(" ")[2] if authorization else "",
            headers=dict(headers),
            timeout=self.timeout or httpx.Timeout(5.0, read=30.0, write=30.0, connect=5.0, pool=10.0),
            options={name: value for name, value in options.items() if value is not None},
            rules=Rules(TokenPolicy(base), Policy(), Limiter()),
        )
        session = Session.new(BLOCKING, api, _unused, _unused)
        return CompatSession(client, session, base, authorization, self.prediction_type)


def _unused(session: Session, value: Any) -> Any:
    del session
    return value


@frozen(eq=False)
class CompatSession:
    """Sends requests to the API, for sync or async callers."""

    client: ClientLike
    session: Session
    base: str
    authorization: str | None = field(repr=False)
    prediction_type: type[PredictionLike]

    @property
    def io(self) -> Sender:
        """The driver: sync or async."""
        return self.session.io

    def on(self, io: Sender) -> CompatSession:
        """Return the same session for the other kind of caller."""
        from attrs import evolve

        return evolve(self, session=self.session._replace(io=io))

    async def request(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        held: bool = False,
        **body: Any,
    ) -> httpx.Response:
        """Send a request, and return its complete response.

        Args:
            method: The HTTP method.
            address: A path, or the URL of a page.
            headers: The headers of this request.
            held: Whether the response may take as long as the API holds one.
            **body: httpx's `json`, `content`, `data`, `files` or `params`.

        Raises:
            ReplicateError: The API returned an error.
            httpx.HTTPError: There was no response.
        """
        api = self.session.api.with_hold_timeout(_ANSWER_SECONDS) if held else self.session.api
        url = self._url(address)
        authorization = {"Authorization": self.authorization} if self.authorization else {}
        sent = {**api.headers, **authorization, **(headers or {})}
        arguments = {"method": method, "url": url, "headers": sent, "timeout": api.timeout, **body}
        with translated():
            answer = (await send_with_retries(self.io, api.context, arguments)).response
        if not answer.is_success:
            raise ReplicateError.from_response(answer)
        return answer

    async def json(self, method: str, address: str, **arguments: Any) -> Any:
        """Send a request, and return its response's JSON; arguments as for `request`."""
        return (await self.request(method, address, **arguments)).json()

    def _url(self, address: str) -> str:
        if "://" not in address and not address.startswith("//"):
            return f"{self.base}/{address.removeprefix('/')}"
        if not self.session.api.rules.token_policy.is_same_origin(address):
            raise ValueError(f"{address[:200]!r} is not a page of {self.base}: no request is made there")
        return address


def blocking(client: ClientLike) -> CompatSession:
    """Return a client's session for sync callers."""
    result: CompatSession = client._engine.session(client, BLOCKING)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (our own)
    return result


def awaiting(client: ClientLike) -> CompatSession:
    """Return a client's session for async callers."""
    result: CompatSession = client._engine.session(client, ASYNC)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (our own)
    return result


def path(*segments: object) -> str:
    """Return a path under `/v1` of quoted segments.

    Raises:
        ValueError: A segment is empty, `.` or `..`, which would lead to another path.
    """
    quoted = [quote(str(segment), safe=":@") for segment in segments]
    for segment in quoted:
        if segment in ("", ".", ".."):
            raise ValueError(f"{segment!r} cannot stand in the path of a URL: {'/'.join(quoted)!r}")
    return f"/v1/{'/'.join(quoted)}"


@contextmanager
def translated() -> Generator[None]:
    """Context manager: raise this package's errors as the official client's."""
    failed: errors.ReplicateError | None = None
    try:
        yield
    except ReplicateException:
        raise
    except errors.ReplicateError as error:
        failed = error
    if failed is not None:
        raise _older_error(failed)


def _older_error(error: errors.ReplicateError) -> Exception:
    import httpx

    if isinstance(error, errors.InvalidArgument):
        return ValueError(error.message)
    if isinstance(error, (errors.APIStatusError, errors.FileGoneError)):
        status = error.status if isinstance(error, errors.APIStatusError) else 404
        url = error.url if isinstance(error, errors.APIStatusError) else ""
        return ReplicateError(title=type(error).__name__, status=status, detail=error.message, instance=url or None)
    cause = error.__cause__
    if isinstance(error, errors.APIError) and isinstance(cause, (httpx.HTTPError, httpx.StreamError)):
        cause.add_note(error.message)
        return cause
    return ReplicateError(title=type(error).__name__, detail=error.message)
