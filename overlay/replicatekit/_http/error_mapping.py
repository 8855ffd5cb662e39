"""From an answer that says no, that cannot be read, or that never came, to the error that says so."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from replicatekit._http.retry_after import asked_wait
from replicatekit._http.retry_policy import Answer, Failure, Kind, may_have_run
from replicatekit.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    DecodingError,
    InvalidArgument,
    OutcomeUnknownError,
    RateLimitError,
    status_error,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    import httpx

    from replicatekit_api.errors import StatusError

__all__ = [
    "AttemptFailed",
    "broken",
    "clear_arguments",
    "known_id",
    "redacted",
    "refusal",
    "status_failure",
    "unreadable",
]

_SHOWN = 1000  # bytes of a body that an error carries
_TOKEN = 8  # characters; what is shorter may be any word of a message


class AttemptFailed(Exception):
    """A request without an answer, or with half of one."""

    def __init__(
        self,
        failure: Failure,
        error: Exception,
        method: str,
        url: str,
        sent_at: datetime,
        body: bytes = b"",
        created: bool = False,  # noqa: FBT001, FBT002 (the last of what is known, in its order)
    ) -> None:
        super().__init__(failure, error, method, url)
        self.failure = failure
        self.error = error
        self.method = method
        self.url = url
        self.sent_at = sent_at
        self.body = body
        """What had come of the answer's body."""
        self.created = created
        """Whether a status had come that says that it ran."""


def broken(lost: AttemptFailed, kind: Kind, token: str, prediction_id: str | None) -> APIError:
    """The error for a request that was given up."""
    import httpx

    said = redacted(_words(lost.error), token)
    if may_have_run(kind, lost.failure):
        return _unknown_fate(said, lost.method, lost.url, lost.sent_at, lost.body, ran=lost.created)
    about: dict[str, Any] = {"method": lost.method, "url": lost.url, "prediction_id": prediction_id}
    if isinstance(lost.error, httpx.DecodingError):
        return DecodingError(f"{lost.method} {lost.url}: {said}", body=lost.body[:_SHOWN], **about)
    timed_out = isinstance(lost.error, httpx.TimeoutException)
    return (APITimeoutError if timed_out else APIConnectionError)(f"{lost.method} {lost.url}: {said}", **about)


def _words(error: BaseException) -> str:
    """What an error says; where it says nothing, what its cause does."""
    cause: BaseException | None = error
    while cause is not None and not str(cause):
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {cause}" if cause is not None else type(error).__name__


def _unknown_fate(
    said: str, method: str, url: str, sent_at: datetime, body: bytes, *, ran: bool
) -> OutcomeUnknownError:
    """What is known of a create without a whole answer: its id, where that much of the answer had come."""
    known = known_id(body)
    if known:
        advice = "it exists under this id: look it up, do not send it again"
    else:
        fate = "it was accepted, so it exists" if ran else "it may exist, or not"
        when = sent_at.isoformat(timespec="seconds")
        advice = f"{fate}: look through the list of what was created after {when} before it is sent again"
    error = OutcomeUnknownError(f"{method} {url}: {said}; {advice}", method=method, url=url, prediction_id=known)
    error.sent_at = sent_at
    return error


def known_id(body: bytes) -> str | None:
    """The `id` in the beginning of a JSON object, wherever the object breaks off after it."""
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


def refusal(answer: httpx.Response, prediction_id: str | None = None) -> APIStatusError:
    """The error for an answer that says no, outside the document's operations."""
    from replicatekit_api.errors import StatusError, beginning
    from replicatekit_api.models import Problem

    try:
        given: object = answer.json()
    except (ValueError, RecursionError):  # an answer that says no may hold anything; its status is what counts
        given = None
    problem = Problem.from_dict(cast("dict[str, Any]", given)) if isinstance(given, dict) else None
    said = (problem and (problem.detail or problem.title)) or beginning(answer.content)
    error = StatusError(
        f"{answer.status_code}{': ' if said else ''}{said}",
        method=answer.request.method,
        url=str(answer.request.url.copy_with(query=None)),
        status_code=answer.status_code,
        headers=answer.headers,
        content=answer.content,
    )
    error.problem = problem
    return status_failure(error, answer, prediction_id)


def status_failure(
    error: StatusError, answer: httpx.Response, prediction_id: str | None, kind: Kind = Kind.READ
) -> APIStatusError:
    """The error for an answer that says no, as the low-level client has read it."""
    said = Answer(answer.status_code, answer.headers, answer.content)
    message = str(error)
    if may_have_run(kind, said):
        message += "; it may have run all the same: look through the list before it is sent again"
    if answer.status_code // 100 == 3:
        message += f"; redirects are not followed, and this one leads to {answer.headers.get('location')!r}"
    # A server may say in its answer what it was sent.
    message = redacted(message, answer.request.headers.get("authorization", "").rpartition(" ")[2])
    made = status_error(error.status_code)(
        message,
        status=error.status_code,
        method=error.method,
        url=error.url,
        problem=error.problem,
        request_id=error.request_id,
        headers=dict(answer.headers),
        body=error.content[:_SHOWN],
        prediction_id=prediction_id,
    )
    if isinstance(made, RateLimitError):
        made.retry_after = asked_wait(said.status, said.headers, said.body, time.time())
    return made


def unreadable(
    message: str, answer: httpx.Response, prediction_id: str | None, kind: Kind, sent_at: datetime
) -> APIError:
    """The error for an answer that says yes and cannot be read. A create has run then, whatever it says."""
    from replicatekit_api.types import request_id

    method, url = answer.request.method, str(answer.request.url.copy_with(query=None))
    error = DecodingError(
        f"{method} {url}: {message}",
        method=method,
        url=url,
        status=answer.status_code,
        request_id=request_id(answer.headers),
        body=answer.content[:_SHOWN],
        prediction_id=prediction_id,
    )
    if kind is not Kind.CREATE:
        return error
    fate = _unknown_fate(message, method, url, sent_at, answer.content, ran=True)
    fate.__cause__ = error
    return fate


@contextmanager
def clear_arguments() -> Generator[None]:
    """While a request is made of a caller's arguments: what of them cannot be sent is an error of this package.

    Raises:
        InvalidArgument: Something cannot be sent.
    """
    from replicatekit_api.errors import InvalidArgument as Unsendable

    try:
        yield
    except Unsendable as error:
        raise InvalidArgument(str(error)) from None


def redacted(text: str, token: str) -> str:
    """A text without the token, which a server or a proxy may have repeated."""
    return text.replace(token, "[token]") if len(token) >= _TOKEN else text
