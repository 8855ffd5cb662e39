"""One request, from its arguments to its response: sent when the limits allow, retried if that cannot bill twice.

A flow (see `_runtime`): written once, for sync and async. `retry_policy` decides what may be retried, `rate_limiter`
when.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode

from replicatekit._base.logs import log
from replicatekit._http.error_mapping import connection_error, decoding_error, status_error
from replicatekit._http.failures import (
    AttemptFailed,
    HookError,
    deadline_error,
    failure_of,
    is_permanent,
    is_unsendable,
    keep_partial_body,
    unsendable,
    wall_clock,
)
from replicatekit._http.rate_limiter import bucket_of
from replicatekit._http.request import RedactedHeaders, Request, Timeouts
from replicatekit._http.response import BufferedResponse
from replicatekit._http.retry_after import requested_wait
from replicatekit._http.retry_policy import ErrorResponse, Failure, RequestKind, is_gone, kind_of, may_have_run
from replicatekit._runtime import close_with_loop
from replicatekit.errors import APITimeoutError
from replicatekit_api import errors as raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._http.context import RequestContext
    from replicatekit._http.contract import Sender, Transport
    from replicatekit._http.rate_limiter import Permit
    from replicatekit_api import Call
    from replicatekit_api.types import Response

T = TypeVar("T")

_HOLD_MARGIN = 15.0  # seconds that a response may take after the end of a hold
_NOT_A_BODY = {"method", "url", "params", "headers", "timeout", "extensions"}
_LOGGED_WAIT = 1.0  # seconds: shorter waits for the rate limit are not logged


async def send(io: Sender, context: RequestContext, call: Call[T], arguments: dict[str, Any]) -> Response[T]:
    """Send a call of a generated endpoint, with retries.

    Args:
        io: The sender.
        context: The connections, rules and limits.
        call: The call.
        arguments: httpx's arguments for it.

    Raises:
        APIError: See `errors`.
        InvalidArgument: The request cannot be sent.
    """
    started = time.monotonic()
    received = await send_with_retries(io, context, arguments)
    try:
        return call.response(cast("httpx.Response", received))
    except raw.StatusError as error:
        kind = kind_of(call.method, call.path)
        raise status_error(error, received.response, context.prediction_id, kind) from None
    except raw.UnreadableResponse as error:
        kind, sent_at = kind_of(call.method, call.path), wall_clock(started)
        failure = decoding_error(error.message, received.response, context.prediction_id, kind, sent_at)
        raise failure from failure.__cause__


async def send_with_retries(
    io: Sender,
    context: RequestContext,
    arguments: dict[str, Any],
    kind: RequestKind | None = None,
    *,
    is_bare: bool = False,
) -> BufferedResponse:
    """The whole response to a request, whatever its status; retried as its kind allows.

    Args:
        io: The sender.
        context: The connections, rules and limits.
        arguments: httpx's: method, url, headers, ... The headers are redacted in place: no traceback shows them.
        kind: What sending it twice would mean; None derives it from the method and path.
        is_bare: Whether nothing else may be sent, and the API's limits do not apply; see `Sender.open`.

    Raises:
        APIError: There is no response; `OutcomeUnknownError` if it may have created something.
        TokenSet: The cancel token was set between two attempts.
    """
    policy = context.rules.policy
    started, attempts, unsure = time.monotonic(), 0, False
    arguments["headers"] = RedactedHeaders(arguments.get("headers", {}))
    while True:
        permit = None if is_bare else await _wait_for_permit(io, context, arguments)
        attempts += 1
        received, failed = None, None
        outcome: ErrorResponse | Failure
        try:
            received = await _attempt(io, context, arguments, permit)
        except AttemptFailed as failure:
            failed = failure
            outcome = failure.failure
        else:
            if received.status_code < 400:
                return received
            outcome = ErrorResponse(received.status_code, received.headers, received.content)
            if is_gone(received.method, outcome, repeated=unsure):
                return _as_no_content(received)
        kind = kind or kind_of(arguments["method"], str(arguments["url"]).partition("?")[0])
        unsure = unsure or outcome is Failure.AMBIGUOUS
        if context.tracker is not None and not may_have_run(kind, outcome):
            context.tracker.refused()
        left = _time_left(context, started)
        counts = context.retry_budget is None
        delay = policy.wait(kind, outcome, attempt=attempts, now=time.time(), time_left=left, counts=counts)
        if delay is None or (failed and is_permanent(failed.error)):
            if received is not None:
                return received
            last = cast("AttemptFailed", failed)
            last.attempts, last.seconds = attempts, time.monotonic() - started
            raise connection_error(last, kind, context.prediction_id) from last.error
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
            reason = "the deadline passed while the request waited for the API's rate limit; it was not sent"
            raise APITimeoutError(
                f"{method} {url}: {reason}", method=method, url=url, prediction_id=context.prediction_id
            )
        if delay >= _LOGGED_WAIT and not is_logged:
            is_logged = True
            log.info("%s %s: waits for the API's rate limit", method, url)
        await io.sleep(context.deadline.sooner(delay), context.cancel_token)
    return permit


async def _attempt(
    io: Sender, context: RequestContext, arguments: dict[str, Any], permit: Permit | None
) -> BufferedResponse:
    """Send the request once; without a permit, a bare one, to which the API's limits do not apply.

    Raises:
        AttemptFailed: There is no response, or only a part of one.
    """
    started, request = time.monotonic(), _request_of(arguments, context, is_bare=permit is None)
    log.debug("%s %s %s", request.method, request.url, request.headers)
    transport = await _transport(io, context)
    received = BufferedResponse(request.method, str(arguments["url"]), request.headers)
    if context.deadline.at is not None and context.deadline.is_over:
        raise AttemptFailed(Failure.REFUSED, deadline_error(), request, received, started)
    try:
        sending = transport.exchange(request, received)
        await (sending if request.deadline.at is None else io.with_deadline(request.deadline, sending))
    except HookError as hook_error:
        raise hook_error.error from hook_error.error.__cause__
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            if is_unsendable(error):
                raise unsendable(error, received.method, received.url, context.prediction_id) from None
            raise
        keep_partial_body(received)
        raise AttemptFailed(failure, error, request, received, started) from error
    status, headers, ended = received.status_code, received.headers, time.monotonic()
    log.debug("%s %s: %d in %.3f s", request.method, request.url, status, ended - started)
    if permit is not None:
        is_throttled = status == 429
        retry_after = requested_wait(status, headers, received.content, time.time()) if is_throttled else None
        context.rules.limiter.record(permit, headers.lowered, ended, throttled=is_throttled, asked=retry_after)
    return received


async def open_response(
    io: Sender, context: RequestContext, arguments: Mapping[str, Any], *, is_bare: bool
) -> httpx.Response:
    """Send a request, and return its response with the body unread; see `Sender.open`.

    Raises:
        InvalidArgument: The request cannot be sent.
        httpx.HTTPError, OSError: There is no response.
    """
    started, request = time.monotonic(), _request_of(arguments, context, is_bare=is_bare)
    log.debug("%s %s %s", request.method, request.url, request.headers)
    transport = await _transport(io, context)
    try:
        response = await io.with_deadline(request.deadline, transport.open(request))
    except HookError as hook_error:
        raise hook_error.error from hook_error.error.__cause__
    except TimeoutError as error:
        raise deadline_error(is_sent=True) from error
    except Exception as error:
        if is_unsendable(error):
            raise unsendable(error, request.method, request.url, context.prediction_id) from None
        raise
    log.debug("%s %s: response begins after %.3f s", request.method, request.url, time.monotonic() - started)
    return response


def _request_of(arguments: Mapping[str, Any], context: RequestContext, *, is_bare: bool) -> Request:
    """A request from the arguments of httpx's `build_request`."""
    url, params, timeout = str(arguments["url"]), arguments.get("params"), arguments.get("timeout")
    if params:
        url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
    timeouts = timeout if isinstance(timeout, Timeouts) else Timeouts.of(timeout)
    headers: Mapping[str, Any] = arguments.get("headers") or {}
    is_post, deadline = arguments["method"] == "POST", context.deadline
    if is_post and context.hold is not None and timeouts.read is not None:
        timeouts = timeouts._replace(read=max(timeouts.read, context.hold + _HOLD_MARGIN))
    return Request(
        arguments["method"],
        url,
        headers if isinstance(headers, RedactedHeaders) else RedactedHeaders(headers),
        {name: value for name, value in arguments.items() if name not in _NOT_A_BODY},
        timeouts,
        deadline.later(context.grace) if context.grace and deadline.at is not None else deadline,
        context.tracker if is_post else None,
        is_bare,
    )


async def _transport(io: Sender, context: RequestContext) -> Transport:
    transport = context.pinned_transport or context.connections.transport(is_async=io.is_async)
    if io.is_async and not transport.closes_with_loop:
        transport.closes_with_loop = True
        await close_with_loop(transport)
    return transport


def _as_no_content(received: BufferedResponse) -> BufferedResponse:
    """The response to a DELETE that was repeated because its first response was lost, and found nothing."""
    empty = BufferedResponse(received.method, received.url, received.sent)
    empty.begin(204, received.headers.raw)
    return empty


def _describe(outcome: ErrorResponse | Failure) -> str:
    return str(outcome.status) if isinstance(outcome, ErrorResponse) else outcome.value
