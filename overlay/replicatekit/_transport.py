"""One request, from its arguments to its answer: sent when the limits allow, repeated where that cannot bill twice.

A flow (see `_io`): written once, for sync and async. What may be repeated is decided in `_retry`, when in `_limiter`.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define, field

from replicatekit import _retry
from replicatekit._limiter import bucket_of
from replicatekit._retry import Answer, Failure, Kind
from replicatekit._retry_after import asked_wait
from replicatekit.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    DecodingError,
    ForbiddenURLError,
    InvalidArgument,
    RateLimitError,
    UnknownFateError,
    status_error,
)

if TYPE_CHECKING:
    import httpx

    from replicatekit._io import IO
    from replicatekit._limiter import Limiter, Turn
    from replicatekit._wire import Wire
    from replicatekit_api import Call
    from replicatekit_api.errors import StatusError
    from replicatekit_api.types import Response

__all__ = ["Lost", "answered", "exchange", "refusal"]

T = TypeVar("T")

log = logging.getLogger("replicatekit")

_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*"([A-Za-z0-9_-]+)"')
# The body was decoded while it was read: what is left describes it as it is now.
_OF_THE_WIRE = {"content-encoding", "content-length", "transfer-encoding"}


@define(eq=False)
class Lost(Exception):
    """A request without an answer, or with half of one."""

    failure: Failure
    error: Exception
    method: str
    url: str
    sent_at: datetime
    body: bytes = field(default=b"", repr=False)
    """What had come of the answer's body."""
    created: bool = False
    """Whether a status had come that says that it ran."""


async def exchange(io: IO, wire: Wire, call: Call[T]) -> Response[T]:
    """Send a call until it is answered, or until that cannot be hoped for.

    Raises:
        APIError: See `errors`.
        ForbiddenURLError: It is a page's URL that leads away from its list.
        InvalidArgument: It cannot be sent.
    """
    from replicatekit_api import errors as raw

    try:
        arguments = wire.arguments(call)
    except raw.ForeignCursor as error:
        url = str(call.params.get("cursor"))
        raise ForbiddenURLError(str(error), url=url, prediction_id=wire.prediction_id) from None
    except raw.InvalidArgument as error:
        raise InvalidArgument(str(error), prediction_id=wire.prediction_id) from None
    kind = _retry.kind_of(call.method, call.path)
    answer = await answered(io, wire, arguments, kind)
    try:
        return call.response(answer)
    except raw.StatusError as error:
        raise _status(error, answer, wire.prediction_id) from None
    except raw.UnreadableResponse as error:
        raise _unreadable(error.message, answer, wire.prediction_id) from None


async def answered(io: IO, wire: Wire, arguments: dict[str, Any], kind: Kind) -> httpx.Response:
    """The whole answer to a request, whatever its status; repeated as its kind allows.

    Raises:
        APIError: There is none; `UnknownFateError` where it may have created something all the same.
    """
    policy, limiter = wire.rules.policy, wire.rules.limiter
    bucket = bucket_of(arguments["method"], str(arguments["url"]))
    begun, attempts, unsure = time.monotonic(), 0, False
    if wire.patience is not None:
        policy = policy.patient()
    while True:
        turn = await _turn(io, wire, bucket)
        attempts += 1
        answer, lost = None, None
        try:
            answer = await _once(io, wire, arguments)
        except Lost as failure:
            lost = failure
            outcome = failure.failure
        else:
            outcome = Answer(answer.status_code, answer.headers, answer.content)
            _observe(limiter, turn, outcome)
            if answer.status_code < 400:
                return answer
            if _retry.is_gone(answer.request.method, outcome, repeated=unsure):
                return _emptied(answer)
        unsure = unsure or outcome is Failure.UNKNOWN
        left = _time_left(wire, begun)
        delay = policy.wait(kind, outcome, attempt=attempts, now=time.time(), time_left=left)
        if delay is None:
            if answer is not None:
                return answer
            raise _broken(cast("Lost", lost), kind, wire) from cast("Lost", lost).error
        log.info("%s %s: %s; again in %.2f s", arguments["method"], arguments["url"], _said(outcome), delay)
        await io.sleep(delay)


def _time_left(wire: Wire, begun: float) -> float | None:
    left = wire.deadline.left
    if wire.patience is None:
        return left
    patience = max(0.0, wire.patience - (time.monotonic() - begun))
    return patience if left is None else min(left, patience)


async def _turn(io: IO, wire: Wire, bucket: str) -> Turn:
    """Wait for the client's turn under the API's limits, and not beyond the deadline."""
    limiter = wire.rules.limiter
    turn = limiter.take(bucket)
    while (delay := limiter.wait(turn, time.monotonic())) > 0:
        if wire.deadline.is_over:
            msg = "the deadline passed while the request waited for its turn under the API's limits; it was not sent"
            raise APITimeoutError(msg, prediction_id=wire.prediction_id)
        await io.sleep(wire.deadline.sooner(delay))
    return turn


def _observe(limiter: Limiter, turn: Turn, answer: Answer) -> None:
    throttled = answer.status == 429
    asked = asked_wait(answer.status, answer.headers, answer.body, time.time()) if throttled else None
    limiter.observe(turn, answer.headers, time.monotonic(), throttled=throttled, asked=asked)


async def _once(io: IO, wire: Wire, arguments: dict[str, Any]) -> httpx.Response:
    """One attempt.

    Raises:
        Lost: There is no answer, or not all of it.
    """
    import httpx

    begun, sent_at = time.monotonic(), datetime.now(UTC)
    method, url = arguments["method"], str(arguments["url"])
    parts: list[bytes] = []
    created = False
    try:
        if wire.deadline.is_over:
            raise httpx.ConnectTimeout("the deadline has passed")
        response = await io.open(wire, {**arguments, "timeout": wire.bounded})
        created = response.is_success
        try:
            async for chunk in io.chunks(response):
                # Whether a first piece is all there is cannot be seen, and what has come is not thrown away.
                if parts and wire.deadline.is_over:
                    raise httpx.ReadTimeout("the deadline has passed")
                parts.append(chunk)
        finally:
            await io.close(response)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
        said = _redacted(str(error), wire.token)
        raise InvalidArgument(f"{method} {url} cannot be sent: {said}", prediction_id=wire.prediction_id) from None
    except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as error:
        raise Lost(_phase(error), error, method, url, sent_at, b"".join(parts), created) from error
    log.debug("%s %s: %d in %.3f s", method, url, response.status_code, time.monotonic() - begun)
    return _whole(response, b"".join(parts))


def _phase(error: Exception) -> Failure:
    import httpx

    # The errors of httpx that end an attempt before its first byte is written.
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    return Failure.REFUSED if isinstance(error, never_sent) else Failure.UNKNOWN


def _whole(response: httpx.Response, body: bytes) -> httpx.Response:
    import httpx

    headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _OF_THE_WIRE]
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


def _emptied(answer: httpx.Response) -> httpx.Response:
    """What a DELETE is answered whose first attempt had worked: it is gone."""
    import httpx

    return httpx.Response(204, headers=answer.headers, request=answer.request)


def _broken(lost: Lost, kind: Kind, wire: Wire) -> APIError:
    import httpx

    said = _redacted(f"{type(lost.error).__name__}: {lost.error}".rstrip(": "), wire.token)
    about: dict[str, Any] = {"method": lost.method, "url": lost.url, "prediction_id": wire.prediction_id}
    if kind is Kind.CREATE and lost.failure is Failure.UNKNOWN:
        return _unknown_fate(lost, said, about)
    if isinstance(lost.error, httpx.DecodingError):
        return DecodingError(f"{lost.method} {lost.url}: {said}", body=lost.body[:300], **about)
    timed_out = isinstance(lost.error, httpx.TimeoutException)
    return (APITimeoutError if timed_out else APIConnectionError)(f"{lost.method} {lost.url}: {said}", **about)


def _unknown_fate(lost: Lost, said: str, about: dict[str, Any]) -> UnknownFateError:
    """What is known of a create whose answer was lost: its id, where that much of the answer had come."""
    known = _ID.match(lost.body)
    if known:
        about["prediction_id"] = known[1].decode()
        advice = "it exists under this id: look it up, do not send it again"
    else:
        ran = "it was accepted, so it exists" if lost.created else "it may exist, or not"
        when = lost.sent_at.isoformat(timespec="seconds")
        advice = f"{ran}: look through the list of what was created after {when} before it is sent again"
    error = UnknownFateError(f"{lost.method} {lost.url}: {said}; {advice}", **about)
    error.sent_at = lost.sent_at
    return error


def refusal(answer: httpx.Response, prediction_id: str | None = None) -> APIStatusError:
    """The error for an answer that says no, outside the document's operations."""
    from replicatekit_api.errors import StatusError, beginning
    from replicatekit_api.models import Problem

    problem = None
    try:
        problem = Problem.from_dict(answer.json())
    except Exception:  # noqa: BLE001 (an answer that says no may hold anything; the status is what counts)
        log.debug("no problem document in the answer to %s", answer.request.url)
    said = (problem and problem.detail) or beginning(answer.content)
    error = StatusError(
        f"{answer.status_code}{': ' if said else ''}{said}",
        method=answer.request.method,
        url=str(answer.request.url.copy_with(query=None)),
        status_code=answer.status_code,
        headers=answer.headers,
        content=answer.content,
    )
    error.problem = problem
    return _status(error, answer, prediction_id)


def _status(error: StatusError, answer: httpx.Response, prediction_id: str | None) -> APIStatusError:
    made = status_error(error.status_code)(
        str(error),
        status=error.status_code,
        method=error.method,
        url=error.url,
        problem=error.problem,
        request_id=error.request_id,
        headers=dict(answer.headers),
        body=error.content[:1000],
        prediction_id=prediction_id,
    )
    if isinstance(made, RateLimitError):
        made.retry_after = asked_wait(answer.status_code, answer.headers, answer.content, time.time())
    return made


def _unreadable(message: str, answer: httpx.Response, prediction_id: str | None) -> DecodingError:
    from replicatekit_api.types import request_id

    known = _ID.match(answer.content) if answer.request.method == "POST" else None
    return DecodingError(
        f"{answer.request.method} {answer.request.url.copy_with(query=None)}: {message}",
        method=answer.request.method,
        url=str(answer.request.url.copy_with(query=None)),
        status=answer.status_code,
        request_id=request_id(answer.headers),
        body=answer.content[:1000],
        prediction_id=prediction_id or (known[1].decode() if known else None),
    )


def _redacted(text: str, token: str) -> str:
    return text.replace(token, "[token]") if token else text


def _said(outcome: Answer | Failure) -> str:
    return str(outcome.status) if isinstance(outcome, Answer) else outcome.value
