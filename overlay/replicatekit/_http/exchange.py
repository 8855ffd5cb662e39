"""One request, from its arguments to its answer: sent when the limits allow, repeated where that cannot bill twice.

A flow (see `_io`): written once, for sync and async. What may be repeated is decided in `_retry`, when in `_limiter`.
"""

from __future__ import annotations

import logging
import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from replicatekit._http import retry_policy as _retry
from replicatekit._http.connections import line_of
from replicatekit._http.error_mapping import AttemptFailed, broken, redacted, refusal, status_failure, unreadable
from replicatekit._http.rate_limiter import bucket_of
from replicatekit._http.request import RedactedHeaders, sent_trace
from replicatekit._http.response import BufferedResponse
from replicatekit._http.retry_after import asked_wait
from replicatekit._http.retry_policy import Answer, Failure, Kind
from replicatekit.errors import APITimeoutError, ForbiddenURLError, InvalidArgument

if TYPE_CHECKING:
    import httpx

    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.rate_limiter import Limiter, Turn
    from replicatekit._runtime import IO
    from replicatekit_api import Call
    from replicatekit_api.types import Response

__all__ = ["answered", "exchange", "refusal"]

T = TypeVar("T")

log = logging.getLogger("replicatekit")


async def exchange(io: IO, api: ApiClient, call: Call[T]) -> Response[T]:
    """Send a call until it is answered, or until that cannot be hoped for.

    Raises:
        APIError: See `errors`.
        ForbiddenURLError: It is a page's URL that leads away from its list.
        InvalidArgument: It cannot be sent.
    """
    from replicatekit_api import errors as raw

    try:
        arguments = api.arguments(call)
    except raw.ForeignCursor as error:
        url = str(call.params.get("cursor"))
        raise ForbiddenURLError(str(error), url=url, prediction_id=api.prediction_id) from None
    except raw.InvalidArgument as error:
        raise InvalidArgument(str(error), prediction_id=api.prediction_id) from None
    kind, sent_at = _retry.kind_of(call.method, call.path), datetime.now(UTC)
    answer = await answered(io, api, arguments, kind)
    try:
        return call.response(cast("httpx.Response", answer))
    except raw.StatusError as error:
        raise status_failure(error, answer.response, api.prediction_id, kind) from None
    except raw.UnreadableResponse as error:
        failure = unreadable(error.message, answer.response, api.prediction_id, kind, sent_at)
        raise failure from failure.__cause__


async def answered(
    io: IO, api: ApiClient, arguments: dict[str, Any], kind: Kind, *, plain: bool = False
) -> BufferedResponse:
    """The whole answer to a request, whatever its status; repeated as its kind allows.

    Args:
        io: How it is sent.
        api: Whose connections, limits and deadline are used.
        arguments: httpx's own: method, url, headers, ... The headers are concealed in place: no traceback shows them.
        kind: What it would mean to send it twice.
        plain: Without anything else that the HTTP client would send; see `IO.open`.

    Raises:
        APIError: There is none; `OutcomeUnknownError` where it may have created something all the same.
        TokenSet: The wire's token was set between two attempts.
    """
    policy, limiter = api.rules.policy, api.rules.limiter
    bucket = bucket_of(arguments["method"], str(arguments["url"]))
    begun, attempts, unsure = time.monotonic(), 0, False
    arguments["headers"] = RedactedHeaders(arguments.get("headers", {}))
    if api.retry_budget is not None:
        policy = policy.patient()
    while True:
        turn = await _turn(io, api, bucket, arguments)
        attempts += 1
        answer, lost = None, None
        try:
            answer = await _once(io, api, arguments, plain=plain)
        except AttemptFailed as failure:
            lost = failure
            outcome = failure.failure
        else:
            outcome = Answer(answer.status_code, answer.headers, answer.content)
            _observe(limiter, turn, outcome)
            if answer.status_code < 400:
                return answer
            if _retry.is_gone(answer.method, outcome, repeated=unsure):
                return _emptied(answer)
        unsure = unsure or outcome is Failure.UNKNOWN
        left = _time_left(api, begun)
        delay = policy.wait(kind, outcome, attempt=attempts, now=time.time(), time_left=left)
        if delay is None or (lost and _is_hopeless(lost.error)):
            if answer is not None:
                return answer
            given_up = cast("AttemptFailed", lost)
            raise broken(given_up, kind, api.token, api.prediction_id) from given_up.error
        log.info("%s %s: %s; again in %.2f s", arguments["method"], arguments["url"], _said(outcome), delay)
        await io.sleep(delay, api.cancel_token)


def _time_left(api: ApiClient, begun: float) -> float | None:
    left = api.deadline.left
    if api.retry_budget is None:
        return left
    patience = max(0.0, api.retry_budget - (time.monotonic() - begun))
    return patience if left is None else min(left, patience)


async def _turn(io: IO, api: ApiClient, bucket: str, arguments: dict[str, Any]) -> Turn:
    """Wait for the client's turn under the API's limits, and not beyond the deadline."""
    limiter = api.rules.limiter
    turn = limiter.take(bucket)
    while (delay := limiter.wait(turn, time.monotonic())) > 0:
        if api.deadline.is_over:
            method, url = arguments["method"], str(arguments["url"])
            said = "the deadline passed while it waited for its turn under the API's limits; it was not sent"
            raise APITimeoutError(f"{method} {url}: {said}", method=method, url=url, prediction_id=api.prediction_id)
        await io.sleep(api.deadline.sooner(delay), api.cancel_token)
    return turn


def _observe(limiter: Limiter, turn: Turn, answer: Answer) -> None:
    throttled = answer.status == 429
    asked = asked_wait(answer.status, answer.headers, answer.body, time.time()) if throttled else None
    limiter.observe(turn, answer.headers, time.monotonic(), throttled=throttled, asked=asked)


async def _once(io: IO, api: ApiClient, arguments: dict[str, Any], *, plain: bool) -> BufferedResponse:
    """One attempt.

    Raises:
        Lost: There is no answer, or not all of it.
    """
    begun, sent_at = time.monotonic(), datetime.now(UTC)
    method, url = arguments["method"], str(arguments["url"])
    log.debug("%s %s %s", method, url, arguments["headers"])
    received = BufferedResponse(method, url, arguments["headers"])
    parts, last_moment = received.parts, api.last_moment
    http = api.pinned_http_client or (api.get_async_httpx_client() if io.is_async else api.get_httpx_client())

    def take(piece: bytes) -> None:
        # Whether a first piece is all there is cannot be seen, and what has come is not thrown away.
        if parts and not io.is_async and last_moment.is_over:
            raise _too_late()
        parts.append(piece)

    if api.deadline.is_over:
        raise AttemptFailed(Failure.REFUSED, _too_late(before=True), method, url, sent_at)
    if api.on_sent is not None:
        api.on_sent(complete=False)
        arguments = {**arguments, "extensions": {"trace": sent_trace(api.on_sent, suspends=io.is_async)}}
    line = line_of(http)
    line.enter()
    try:
        await io.with_deadline(last_moment, io.exchange(api, http, arguments, received, take, plain=plain))
    except Exception as error:
        failure = _failure(error, api, received, sent_at)
        if failure is None:
            raise
        raise failure from failure.__cause__
    finally:
        if line.leave():
            await io.close_client(http)
    log.debug("%s %s: %d in %.3f s", method, url, received.status_code, time.monotonic() - begun)
    return received


def _too_late(*, before: bool = False) -> Exception:
    import httpx

    return (httpx.ConnectTimeout if before else httpx.ReadTimeout)("the deadline has passed")


def _failure(
    error: Exception, api: ApiClient, received: BufferedResponse, sent_at: datetime
) -> InvalidArgument | AttemptFailed | None:
    """What to raise for an attempt that failed; None where that is no business of the network's."""
    import httpx

    method, url = received.method, received.url
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)):
        said = redacted(str(error), api.token)
        return InvalidArgument(f"{method} {url} cannot be sent: {said}", prediction_id=api.prediction_id)
    if not isinstance(error, (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError)):
        return None
    lost = AttemptFailed(_phase(error), error, method, url, sent_at, received.content, received.is_success)
    lost.__cause__ = error
    return lost


def _phase(error: Exception) -> Failure:
    import httpx

    # The errors of httpx that end an attempt before its first byte is written.
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    closed = isinstance(error, RuntimeError) and "client has been closed" in str(error)
    return Failure.REFUSED if closed or isinstance(error, never_sent) else Failure.UNKNOWN


def _is_hopeless(error: BaseException) -> bool:
    """Whether the next attempt will fail in the same way: a certificate does not become a good one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _emptied(answer: BufferedResponse) -> BufferedResponse:
    """What a DELETE is answered whose first attempt had worked: it is gone."""
    emptied = BufferedResponse(answer.method, answer.url, answer.sent)
    emptied.status_code, emptied.headers = 204, answer.headers
    return emptied


def _said(outcome: Answer | Failure) -> str:
    return str(outcome.status) if isinstance(outcome, Answer) else outcome.value
