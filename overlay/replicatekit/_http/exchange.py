"""One request, from its arguments to its response: sent when the limits allow, retried where that cannot bill twice.

A flow (see `_runtime`): written once, for sync and async. `retry_policy` decides what may be retried, `rate_limiter`
when.
"""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from replicatekit._base.logs import log
from replicatekit._http.error_mapping import AttemptFailed, connection_error, decoding_error, status_error
from replicatekit._http.rate_limiter import bucket_of
from replicatekit._http.request import RedactedHeaders, request_of, sent_trace
from replicatekit._http.response import BufferedResponse
from replicatekit._http.retry_after import asked_wait
from replicatekit._http.retry_policy import Answer, Failure, RequestKind, is_gone, kind_of
from replicatekit._runtime import close_with_loop
from replicatekit.errors import APITimeoutError, ForbiddenURLError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from replicatekit._http.context import RequestContext
    from replicatekit._http.contract import Sender, Transport
    from replicatekit._http.rate_limiter import Permit
    from replicatekit_api import Call
    from replicatekit_api.types import Response

__all__ = ["open_response", "send", "send_with_retries"]

T = TypeVar("T")

_SHOWN = 500  # characters of a URL in a message
_LOGGED_WAIT = 1.0  # seconds: shorter waits for the rate limit are not worth a line


async def send(
    io: Sender, context: RequestContext, call: Call[T], arguments_of: Callable[[Call[T]], dict[str, Any]]
) -> Response[T]:
    """Send a call of a generated endpoint, with retries.

    Args:
        io: What sends.
        context: The connections, rules and limits.
        call: The call.
        arguments_of: httpx's arguments for a call.

    Raises:
        APIError: See `errors`.
        ForbiddenURLError: The cursor is a URL that is not a page of this list.
        InvalidArgument: The request cannot be sent.
    """
    from replicatekit_api import errors as raw

    cursor = call.params.get("cursor")
    if isinstance(cursor, str):
        call.params["cursor"] = context.rules.token_policy.at_base_url(cursor)
    try:
        arguments = arguments_of(call)
    except raw.ForeignCursor as error:
        raise ForbiddenURLError(str(error), url=str(cursor), prediction_id=context.prediction_id) from None
    except raw.InvalidArgument as error:
        raise InvalidArgument(str(error), prediction_id=context.prediction_id) from None
    kind, sent_at = kind_of(call.method, call.path), datetime.now(UTC)
    answer = await send_with_retries(io, context, arguments, kind)
    try:
        return call.response(cast("httpx.Response", answer))
    except raw.StatusError as error:
        raise status_error(error, answer.response, context.prediction_id, kind) from None
    except raw.UnreadableResponse as error:
        failure = decoding_error(error.message, answer.response, context.prediction_id, kind, sent_at)
        raise failure from failure.__cause__


async def send_with_retries(
    io: Sender, context: RequestContext, arguments: dict[str, Any], kind: RequestKind, *, is_bare: bool = False
) -> BufferedResponse:
    """The whole response to a request, whatever its status; retried as its kind allows.

    Args:
        io: What sends.
        context: The connections, rules and limits.
        arguments: httpx's: method, url, headers, ... The headers are redacted in place: no traceback shows them.
        kind: What sending it twice would mean.
        is_bare: Whether nothing else may be sent, and the API's limits do not count; see `Sender.open`.

    Raises:
        APIError: There is no response; `OutcomeUnknownError` if it may have created something.
        TokenSet: The cancel token was set between two attempts.
    """
    policy = context.rules.policy
    started, attempts, unsure = time.monotonic(), 0, False
    arguments["headers"] = RedactedHeaders(arguments.get("headers", {}))
    if context.retry_budget is not None:
        policy = policy.patient()
    while True:
        permit = None if is_bare else await _wait_for_permit(io, context, arguments)
        attempts += 1
        answer, failed = None, None
        outcome: Answer | Failure
        try:
            answer = await _attempt(io, context, arguments, is_bare=is_bare)
        except AttemptFailed as failure:
            failed = failure
            outcome = failure.failure
        else:
            outcome = given = Answer(answer.status_code, answer.headers, answer.content)
            if permit is not None:
                _record(context, permit, given)
            if answer.status_code < 400:
                return answer
            if is_gone(answer.method, outcome, repeated=unsure):
                return _as_no_content(answer)
        unsure = unsure or outcome is Failure.AMBIGUOUS
        left = _time_left(context, started)
        delay = policy.wait(kind, outcome, attempt=attempts, now=time.time(), time_left=left)
        if delay is None or (failed and _is_permanent(failed.error)):
            if answer is not None:
                return answer
            given_up = cast("AttemptFailed", failed)
            given_up.attempts, given_up.seconds = attempts, time.monotonic() - started
            raise connection_error(given_up, kind, context.prediction_id) from given_up.error
        log.info("%s %s: %s; retried in %.2f s", arguments["method"], arguments["url"], _describe(outcome), delay)
        await io.sleep(delay, context.cancel_token)


def _time_left(context: RequestContext, started: float) -> float | None:
    left = context.deadline.left
    if context.retry_budget is None:
        return left
    budget = max(0.0, context.retry_budget - (time.monotonic() - started))
    return budget if left is None else min(left, budget)


async def _wait_for_permit(io: Sender, context: RequestContext, arguments: dict[str, Any]) -> Permit:
    """Wait until the API's rate limits allow the request, and not beyond the deadline."""
    limiter, method, url = context.rules.limiter, arguments["method"], str(arguments["url"])
    permit, is_logged = limiter.acquire(bucket_of(method, url)), False
    while (delay := limiter.wait(permit, time.monotonic())) > 0:
        if context.deadline.is_over:
            said = "the deadline passed while the request waited for the API's rate limit; it was not sent"
            raise APITimeoutError(
                f"{method} {url}: {said}", method=method, url=url, prediction_id=context.prediction_id
            )
        if delay >= _LOGGED_WAIT and not is_logged:
            is_logged = True
            log.info("%s %s: waits for the API's rate limit", method, url)
        await io.sleep(context.deadline.sooner(delay), context.cancel_token)
    return permit


def _record(context: RequestContext, permit: Permit, answer: Answer) -> None:
    throttled = answer.status == 429
    asked = asked_wait(answer.status, answer.headers, answer.body, time.time()) if throttled else None
    context.rules.limiter.record(permit, answer.headers, time.monotonic(), throttled=throttled, asked=asked)


async def _attempt(
    io: Sender, context: RequestContext, arguments: dict[str, Any], *, is_bare: bool
) -> BufferedResponse:
    """Send the request once.

    Raises:
        AttemptFailed: There is no response, or not all of it.
    """
    from replicatekit._http.senders.errors import HookRaised

    started, sent_at = time.monotonic(), datetime.now(UTC)
    request = request_of(arguments, context.last_moment, is_bare=is_bare)
    log.debug("%s %s %s", request.method, request.url, request.headers)
    received = BufferedResponse(request.method, str(arguments["url"]), request.headers)
    if context.deadline.is_over:
        raise AttemptFailed(Failure.REFUSED, _too_late(), request, received, sent_at)
    if context.on_sent is not None:
        context.on_sent(complete=False)
        request = request._replace(extensions={"trace": sent_trace(context.on_sent, is_async=io.is_async)})
    transport = await _transport(io, context)
    try:
        await io.with_deadline(request.deadline, transport.exchange(request, received))
        received.finish()
    except HookRaised as raised:
        raise raised.error from raised.error.__cause__
    except Exception as error:
        failure = _failure_of(error)
        if failure is None:
            if _is_unsendable(error):
                raise _unsendable(error, request.method, received.url, context) from None
            raise
        _keep_what_came(received)
        raise AttemptFailed(failure, error, request, received, sent_at) from error
    log.debug("%s %s: %d in %.3f s", request.method, request.url, received.status_code, time.monotonic() - started)
    return received


def _too_late() -> Exception:
    import httpx

    return httpx.ConnectTimeout("the deadline has passed")


async def open_response(
    io: Sender, context: RequestContext, arguments: Mapping[str, Any], *, is_bare: bool
) -> httpx.Response:
    """A response whose body is read later; see `Sender.open`.

    Raises:
        InvalidArgument: The request cannot be sent.
        httpx.HTTPError, OSError: There is no response.
    """
    import httpx

    from replicatekit._http.senders.errors import HookRaised

    started, request = time.monotonic(), request_of(arguments, context.last_moment, is_bare=is_bare)
    log.debug("%s %s %s", request.method, request.url, request.headers)
    transport = await _transport(io, context)
    try:
        response = await io.with_deadline(request.deadline, transport.open(request))
    except HookRaised as raised:
        raise raised.error from raised.error.__cause__
    except TimeoutError as error:
        raise httpx.ReadTimeout("the deadline has passed") from error
    except Exception as error:
        if _is_unsendable(error):
            raise _unsendable(error, request.method, request.url, context) from None
        raise
    log.debug("%s %s: response begins after %.3f s", request.method, request.url, time.monotonic() - started)
    return response


async def _transport(io: Sender, context: RequestContext) -> Transport:
    transport = context.transport(is_async=io.is_async)
    if io.is_async and not transport.closes_with_loop:
        transport.closes_with_loop = True
        await close_with_loop(transport)
    return transport


def _unsendable(error: Exception, method: str, url: str, context: RequestContext) -> InvalidArgument:
    shown = url if len(url) <= _SHOWN else f"{url[:_SHOWN]}…"
    return InvalidArgument(f"{method} {shown} cannot be sent: {error}", prediction_id=context.prediction_id)


def _is_unsendable(error: Exception) -> bool:
    import httpx

    return isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError))


def _failure_of(error: Exception) -> Failure | None:
    """How an attempt failed; None if the network has nothing to do with the error."""
    import httpx

    from replicatekit._http.decompression import ContentDecodingError

    is_failure = isinstance(error, (httpx.HTTPError, httpx.StreamError, ContentDecodingError, OSError, RuntimeError))
    if not is_failure or _is_unsendable(error):
        return None
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    return Failure.REFUSED if isinstance(error, never_sent) else Failure.AMBIGUOUS


def _keep_what_came(received: BufferedResponse) -> None:
    from replicatekit._http.decompression import ContentDecodingError

    try:
        received.finish(is_whole=False)
    except ContentDecodingError:
        received.parts.clear()


def _is_permanent(error: BaseException) -> bool:
    """Whether the next attempt would fail in the same way, as with a certificate that is not trusted."""
    from replicatekit._http.decompression import BodyTooLargeError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (ssl.SSLCertVerificationError, BodyTooLargeError)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _as_no_content(answer: BufferedResponse) -> BufferedResponse:
    """The response to a DELETE that is repeated because the response to the first was lost: it is gone."""
    empty = BufferedResponse(answer.method, answer.url, answer.sent)
    empty.begin(204, answer.headers)
    return empty


def _describe(outcome: Answer | Failure) -> str:
    return str(outcome.status) if isinstance(outcome, Answer) else outcome.value
