"""The errors for responses with an error status, for those that cannot be read, and for those that never arrived."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

from replicatekit._http.decompression import ContentDecodingError
from replicatekit._http.retry_after import requested_wait
from replicatekit._http.retry_policy import ErrorResponse, RequestKind, may_have_run
from replicatekit._http.urls import is_loopback
from replicatekit.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    DecodingError,
    OutcomeUnknownError,
    RateLimitError,
)
from replicatekit.errors import status_error as status_error_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import httpx

    from replicatekit._http.failures import AttemptFailed
    from replicatekit_api.errors import StatusError

_SHOWN = 1000  # bytes of a body that an error carries
_TOKEN = 8  # characters; a shorter one may be any word of a message
_DEADLINE = "timeout= of the call"
_STEPS = {"ConnectTimeout": "connect", "ReadTimeout": "read", "WriteTimeout": "write", "PoolTimeout": "pool"}
_TIMEOUTS = {
    "connect": "no connection to {}",
    "read": "no response from {}",
    "write": "the request could not be sent to {}",
    "pool": "no free connection to {}",
}
_NETWORK_HINT = "check the network"
_API_HINT = f"{_NETWORK_HINT}, and REPLICATE_BASE_URL if it is set"
_SANDBOX_HINT = "check REPLICATE_BASE_URL, and whether the sandbox is running (python -m replicatekit.sandbox)"


def connection_error(failed: AttemptFailed, kind: RequestKind, prediction_id: str | None) -> APIError:
    """The error for a request that was given up."""
    import httpx

    error, request, received = failed.error, failed.request, failed.received
    method, url = request.method, received.url
    token = token_of(request.headers)
    reason = redact(_explain(failed, is_api=bool(token)), token)
    if may_have_run(kind, failed.failure):
        return _outcome_unknown(reason, method, url, failed.sent_at, received.content, ran=received.is_success)
    about: dict[str, Any] = {"method": method, "url": url, "prediction_id": prediction_id}
    if isinstance(error, (httpx.DecodingError, ContentDecodingError)):
        return DecodingError(f"{method} {url}: {reason}", body=received.content[:_SHOWN], **about)
    timed_out = isinstance(error, (httpx.TimeoutException, TimeoutError))
    return (APITimeoutError if timed_out else APIConnectionError)(f"{method} {url}: {reason}", **about)


def _explain(failed: AttemptFailed, *, is_api: bool) -> str:
    """What went wrong, after how many attempts, and what to check."""
    import httpx

    error, parts = failed.error, httpx.URL(failed.request.url)
    address = f"{parts.host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    spent = f"{failed.attempts} attempt{'s' if failed.attempts > 1 else ''} in {failed.seconds:.1f} s"
    if failed.request.deadline.is_over or "deadline has passed" in str(error):
        return f"the deadline has passed ({_DEADLINE}; {spent})"
    limits, step = failed.request.timeouts, _STEPS.get(type(error).__name__)
    if step is not None and (limit := getattr(limits, step)) is not None:
        return f"{_TIMEOUTS[step].format(address)} within {limit:g} s ({_describe_error(error)}; timeout; {spent})"
    if isinstance(error, httpx.ConnectError):
        hint = _SANDBOX_HINT if is_loopback(parts.host) else _API_HINT if is_api else _NETWORK_HINT
        return f"could not connect to {address} ({_describe_error(error)}; {spent}); {hint}"
    return f"{_describe_error(error)} ({spent})"


def _describe_error(error: BaseException) -> str:
    """The error's message, or that of its cause if it has none."""
    cause: BaseException | None = error
    while cause is not None and not str(cause):
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {cause}" if cause is not None else type(error).__name__


def _outcome_unknown(
    reason: str, method: str, url: str, sent_at: datetime, body: bytes, *, ran: bool
) -> OutcomeUnknownError:
    """The error for a create without a complete response; it has the prediction's id if that part arrived."""
    known = known_id(body)
    if known:
        advice = "it exists under this id: look it up, do not send it again"
    else:
        fate = "it was accepted, so it exists" if ran else "it may exist, or not"
        when = sent_at.isoformat(timespec="seconds")
        advice = f"{fate}: look through the list of what was created after {when} before it is sent again"
    error = OutcomeUnknownError(f"{method} {url}: {reason}; {advice}", method=method, url=url, prediction_id=known)
    error.sent_at = sent_at
    return error


def known_id(body: bytes) -> str | None:
    """The `id` of a JSON object that is cut off somewhere after it."""
    text = body.decode("utf-8", "replace").lstrip()
    decoder, at = json.JSONDecoder(), 1
    if not text.startswith("{"):
        return None
    try:
        while True:
            key, at = decoder.raw_decode(text, _after_space(text, at))
            at = _after_space(text, at)
            if text[at : at + 1] != ":":
                return None
            value, at = decoder.raw_decode(text, _after_space(text, at + 1))
            if key == "id":
                return value if isinstance(value, str) and value else None
            at = _after_space(text, at)
            if text[at : at + 1] != ",":
                return None
            at += 1
    except (ValueError, RecursionError):
        return None


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def error_from_response(response: httpx.Response, prediction_id: str | None = None) -> APIStatusError:
    """The error for a response with an error status to a request that no generated endpoint made."""
    from replicatekit_api.errors import StatusError, beginning
    from replicatekit_api.models import Problem

    try:
        content: object = response.json()
    except (ValueError, RecursionError):  # the body may be anything; the status is what counts
        content = None
    problem = Problem.from_dict(cast("dict[str, Any]", content)) if isinstance(content, dict) else None
    detail = (problem and (problem.detail or problem.title)) or beginning(response.content)
    error = StatusError(
        f"{response.status_code}{': ' if detail else ''}{detail}",
        method=response.request.method,
        url=str(response.request.url.copy_with(query=None)),
        status_code=response.status_code,
        headers=response.headers,
        content=response.content,
    )
    error.problem = problem
    return status_error(error, response, prediction_id)


def status_error(
    error: StatusError, response: httpx.Response, prediction_id: str | None, kind: RequestKind = RequestKind.READ
) -> APIStatusError:
    """The error for a response with an error status, as the low-level client has read it."""
    from replicatekit_api.models import Problem

    outcome = ErrorResponse(response.status_code, response.headers, response.content)
    message = str(error)
    if may_have_run(kind, outcome):
        message += "; it may have run all the same: look through the list before it is sent again"
    if response.status_code // 100 == 3:
        message += f"; redirects are not followed, and this one leads to {response.headers.get('location')!r}"
    # A server may repeat the request's token in its response.
    token = token_of(response.request.headers)
    problem = error.problem
    if isinstance(problem, Problem) and token in str(problem.to_dict()):
        problem = Problem.from_dict(_redact_json(problem.to_dict(), token))
    exception = status_error_type(error.status_code)(
        redact(message, token),
        status=error.status_code,
        method=error.method,
        url=error.url,
        problem=problem,
        request_id=error.request_id,
        headers={name: redact(value, token) for name, value in response.headers.items()},
        body=redact_bytes(error.content, token)[:_SHOWN],
        prediction_id=prediction_id,
    )
    if isinstance(exception, RateLimitError):
        exception.retry_after = requested_wait(outcome.status, outcome.headers, outcome.body, time.time())
    return exception


def decoding_error(
    message: str, response: httpx.Response, prediction_id: str | None, kind: RequestKind, sent_at: datetime
) -> APIError:
    """The error for a successful response that cannot be read; a create has run then."""
    from replicatekit_api.types import request_id

    method, url = response.request.method, str(response.request.url.copy_with(query=None))
    token = token_of(response.request.headers)
    message = redact(message, token)
    error = DecodingError(
        f"{method} {url}: {message}",
        method=method,
        url=url,
        status=response.status_code,
        request_id=request_id(response.headers),
        body=redact_bytes(response.content, token)[:_SHOWN],
        prediction_id=prediction_id,
    )
    if kind is not RequestKind.CREATE:
        return error
    unknown = _outcome_unknown(message, method, url, sent_at, response.content, ran=True)
    unknown.__cause__ = error
    return unknown


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request was sent with, or an empty text."""
    header = headers.get("Authorization") or headers.get("authorization") or ""
    return header.rpartition(" ")[2]


def redact(text: str, token: str) -> str:
    """A text without the token, which a server or a proxy may have repeated."""
    return text.replace(token, "[token]") if len(token) >= _TOKEN else text


def redact_bytes(data: bytes, token: str) -> bytes:
    """As `redact`, for bytes."""
    return data.replace(token.encode(), b"[token]") if len(token) >= _TOKEN else data


def _redact_json(value: Any, token: str) -> Any:
    if isinstance(value, str):
        return redact(value, token)
    if isinstance(value, dict):
        return {key: _redact_json(each, token) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_redact_json(each, token) for each in cast("list[Any]", value)]
    return value
