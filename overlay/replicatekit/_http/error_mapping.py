"""The errors for responses with an error status, for those that cannot be read, and for those that never came."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

from replicatekit._http.decompression import ContentDecodingError
from replicatekit._http.retry_after import asked_wait
from replicatekit._http.retry_policy import Answer, RequestKind, may_have_run
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
    reason = redacted(_explain(failed, is_api=bool(token)), token)
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
        return f"{_TIMEOUTS[step].format(address)} within {limit:g} s ({_words(error)}; timeout; {spent})"
    if isinstance(error, httpx.ConnectError):
        hint = _SANDBOX_HINT if is_loopback(parts.host) else _API_HINT if is_api else _NETWORK_HINT
        return f"could not connect to {address} ({_words(error)}; {spent}); {hint}"
    return f"{_words(error)} ({spent})"


def _words(error: BaseException) -> str:
    """The error's message, or that of its cause if it has none."""
    cause: BaseException | None = error
    while cause is not None and not str(cause):
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {cause}" if cause is not None else type(error).__name__


def _outcome_unknown(
    reason: str, method: str, url: str, sent_at: datetime, body: bytes, *, ran: bool
) -> OutcomeUnknownError:
    """The error for a create without a whole response: with its id, if that much of the response has come."""
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
    """The `id` of a JSON object that is cut off somewhere behind it."""
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


def error_from_response(answer: httpx.Response, prediction_id: str | None = None) -> APIStatusError:
    """The error for a response with an error status, outside the document's operations."""
    from replicatekit_api.errors import StatusError, beginning
    from replicatekit_api.models import Problem

    try:
        given: object = answer.json()
    except (ValueError, RecursionError):  # the body may be anything; the status is what counts
        given = None
    problem = Problem.from_dict(cast("dict[str, Any]", given)) if isinstance(given, dict) else None
    detail = (problem and (problem.detail or problem.title)) or beginning(answer.content)
    error = StatusError(
        f"{answer.status_code}{': ' if detail else ''}{detail}",
        method=answer.request.method,
        url=str(answer.request.url.copy_with(query=None)),
        status_code=answer.status_code,
        headers=answer.headers,
        content=answer.content,
    )
    error.problem = problem
    return status_error(error, answer, prediction_id)


def status_error(
    error: StatusError, answer: httpx.Response, prediction_id: str | None, kind: RequestKind = RequestKind.READ
) -> APIStatusError:
    """The error for a response with an error status, as the low-level client has read it."""
    from replicatekit_api.models import Problem

    outcome = Answer(answer.status_code, answer.headers, answer.content)
    message = str(error)
    if may_have_run(kind, outcome):
        message += "; it may have run all the same: look through the list before it is sent again"
    if answer.status_code // 100 == 3:
        message += f"; redirects are not followed, and this one leads to {answer.headers.get('location')!r}"
    # A server may repeat in its response what it was sent.
    token = token_of(answer.request.headers)
    problem = error.problem
    if isinstance(problem, Problem) and token in str(problem.to_dict()):
        problem = Problem.from_dict(_redacted_json(problem.to_dict(), token))
    made = status_error_type(error.status_code)(
        redacted(message, token),
        status=error.status_code,
        method=error.method,
        url=error.url,
        problem=problem,
        request_id=error.request_id,
        headers={name: redacted(value, token) for name, value in answer.headers.items()},
        body=redacted_bytes(error.content, token)[:_SHOWN],
        prediction_id=prediction_id,
    )
    if isinstance(made, RateLimitError):
        made.retry_after = asked_wait(outcome.status, outcome.headers, outcome.body, time.time())
    return made


def decoding_error(
    message: str, answer: httpx.Response, prediction_id: str | None, kind: RequestKind, sent_at: datetime
) -> APIError:
    """The error for a successful response that cannot be read. A create has run then, whatever it says."""
    from replicatekit_api.types import request_id

    method, url = answer.request.method, str(answer.request.url.copy_with(query=None))
    token = token_of(answer.request.headers)
    message = redacted(message, token)
    error = DecodingError(
        f"{method} {url}: {message}",
        method=method,
        url=url,
        status=answer.status_code,
        request_id=request_id(answer.headers),
        body=redacted_bytes(answer.content, token)[:_SHOWN],
        prediction_id=prediction_id,
    )
    if kind is not RequestKind.CREATE:
        return error
    unknown = _outcome_unknown(message, method, url, sent_at, answer.content, ran=True)
    unknown.__cause__ = error
    return unknown


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request was sent with, or nothing."""
    given = headers.get("Authorization") or headers.get("authorization") or ""
    return given.rpartition(" ")[2]


def redacted(text: str, token: str) -> str:
    """A text without the token, which a server or a proxy may have repeated."""
    return text.replace(token, "[token]") if len(token) >= _TOKEN else text


def redacted_bytes(data: bytes, token: str) -> bytes:
    """The same for bytes."""
    return data.replace(token.encode(), b"[token]") if len(token) >= _TOKEN else data


def _redacted_json(value: Any, token: str) -> Any:
    if isinstance(value, str):
        return redacted(value, token)
    if isinstance(value, dict):
        return {key: _redacted_json(each, token) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_redacted_json(each, token) for each in cast("list[Any]", value)]
    return value
