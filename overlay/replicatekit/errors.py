"""All errors of this package. They have one base: `except ReplicateError` catches every one of them.

```
ReplicateError
├── InvalidArgument            an argument cannot be used; nothing was sent (also a ValueError)
│   ├── InvalidReference       a reference to a model, version or deployment cannot be read
│   ├── InvalidInput           a value in a model's input cannot be sent, or does not fit the model's schema
│   │   └── FileTooLargeError  a file is larger than the API accepts
│   └── MissingTokenError      no token was given, and the environment has none
├── ForbiddenURLError          the client does not send requests to this URL
├── APIError                   a request failed; the error has its method and URL
│   ├── APIConnectionError     no response, or an incomplete one
│   │   └── APITimeoutError    no response in time
│   ├── DecodingError          the response cannot be decoded
│   ├── OutcomeUnknownError    the response to a create request was lost; it was not sent again
│   └── APIStatusError         the response has an error status
│       ├── BadRequestError           400
│       ├── AuthenticationError       401
│       ├── PaymentRequiredError      402
│       ├── PermissionDeniedError     403
│       ├── NotFoundError             404
│       ├── ConflictError             409
│       ├── PayloadTooLargeError      413
│       ├── UnprocessableError        422, with the invalid fields
│       ├── RateLimitError            429, with the time to wait
│       └── ServerError               5xx, including the 520 to 527 of proxies
├── PredictionError            a prediction or training did not succeed; the error has it
│   ├── ModelError             it failed
│   ├── PredictionCanceled     it was canceled, by a call, on the website, or by `cancel_after`
│   ├── PredictionAborted      `cancel_after` passed before it started; it did not run
│   └── WaitTimeout            it did not end within `timeout`; it may still be running (also a TimeoutError)
├── StreamError                an event stream cannot be opened or resumed
├── NoNextPage                 there is no page after this one
├── NoPreviousPage             there is no page before this one
├── FileError                  a file cannot be read or saved completely
│   ├── FileGoneError          the API has deleted it (outputs: after an hour; uploads: after 24 hours)
│   ├── FileCorruptedError     its length or checksum is wrong
│   ├── FileAlreadyExistsError the target exists, and `overwrite` is False (also a FileExistsError)
│   └── LocalFileError         the file cannot be written on this machine (also an OSError)
├── JournalError               the journal of a batch cannot be read or written (also an OSError)
└── WebhookError               a webhook delivery must not be trusted
    ├── WebhookHeaderError     a signing header is missing or malformed
    ├── WebhookSignatureError  no signature matches
    ├── WebhookReplayError     the timestamp is too old, or in the future
    └── WebhookPayloadError    the body is neither a prediction nor a training
```

Every error has `prediction_id`: the id of the prediction or training that existed when it was raised, or None. The
message contains the id, so that it also appears in logs.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from replicatekit_api.models import InvalidField, PredictionStatus, Problem

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "DecodingError",
    "FileAlreadyExistsError",
    "FileCorruptedError",
    "FileError",
    "FileGoneError",
    "FileTooLargeError",
    "ForbiddenURLError",
    "InvalidArgument",
    "InvalidInput",
    "InvalidReference",
    "JournalError",
    "LocalFileError",
    "MissingTokenError",
    "ModelError",
    "NoNextPage",
    "NoPreviousPage",
    "NotFoundError",
    "OutcomeUnknownError",
    "PayloadTooLargeError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PredictionAborted",
    "PredictionCanceled",
    "PredictionError",
    "RateLimitError",
    "ReplicateError",
    "ServerError",
    "StreamError",
    "UnprocessableError",
    "WaitTimeout",
    "WebhookError",
    "WebhookHeaderError",
    "WebhookPayloadError",
    "WebhookReplayError",
    "WebhookSignatureError",
    "status_error",
]


class ReplicateError(Exception):
    """The base class of all errors of this package."""

    prediction_id: str | None = None
    """The id of the prediction or training that existed when this was raised. It may still be running."""

    def __init__(self, message: str, *, prediction_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """What was wrong, without the prediction's id."""
        if prediction_id is not None:
            self.prediction_id = prediction_id

    def __str__(self) -> str:
        if self.prediction_id and self.prediction_id not in self.message:
            return f"{self.message} (prediction {self.prediction_id})"
        return self.message

    def _render_traceback_(self) -> list[str]:
        """The traceback that IPython shows: the caller's frames, without those of this package and of HTTP."""
        from copy import copy

        shown = copy(self)  # without its causes, whose frames are also of this package
        shown.__suppress_context__ = True
        frames = _without_own_frames(self.__traceback__) or self.__traceback__
        result: list[str] = (
            sys.modules["IPython"].get_ipython().InteractiveTB.structured_traceback(type(self), shown, frames)
        )
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle calls the class with `args`, but these classes take keywords: restore the state instead.
        return _restore, (type(self), self.args, self.__dict__)


def _without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    if traceback is None:
        return None
    rest = _without_own_frames(traceback.tb_next)
    if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] in ("replicatekit", "replicatekit_api"):
        return rest
    return TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def _restore(cls: type[ReplicateError], args: tuple[Any, ...], state: dict[str, Any]) -> ReplicateError:
    error = cls.__new__(cls, *args)
    error.args = args
    for name, value in state.items():
        setattr(error, name, value)
    return error


class InvalidArgument(ReplicateError, ValueError):
    """An argument cannot be used. Nothing was sent."""


class InvalidReference(InvalidArgument):
    """A reference to a model, a version or a deployment cannot be read."""


class InvalidInput(InvalidArgument):
    """A model's input cannot be sent, or does not fit the model's schema. `problems` has all that is wrong."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "input",
        problems: tuple[tuple[str, str], ...] = (),
        prediction_id: str | None = None,
    ) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.path = path
        """Where in the input the first problem is, such as `input.images[2]`."""
        self.problems = problems or ((path, message),)
        """Everything that is wrong with the input: pairs of a path and what is wrong there."""


class FileTooLargeError(InvalidInput):
    """A file is larger than the API's limit for uploads (100 MiB). Host it elsewhere, and pass its URL."""


class MissingTokenError(InvalidArgument):
    """No token was given, and the environment has none."""


class ForbiddenURLError(ReplicateError):
    """The client does not send this request.

    The URL is malformed or ambiguous, or a page, stream or redirect URL leads to a host where requests are not allowed.
    """

    def __init__(self, message: str, *, url: str, prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.url = url
        """The URL that was not requested."""


class APIError(ReplicateError):
    """The base class of failed requests."""

    def __init__(self, message: str, *, method: str = "", url: str = "", prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.method = method
        """The method of the request, such as `POST`."""
        self.url = url
        """The URL of the request."""

    @property
    def path(self) -> str:
        """The path of the URL, such as `/v1/predictions`."""
        from urllib.parse import urlsplit

        return urlsplit(self.url).path


class APIConnectionError(APIError):
    """There was no response, or an incomplete one."""


class APITimeoutError(APIConnectionError):
    """There was no response in time."""


class OutcomeUnknownError(APIError):
    """A create request was sent, but its response was lost: the prediction may exist. The request was not sent again.

    To find out, search `client.predictions.list(created_after=error.sent_at)` for the input.
    """

    sent_at: datetime | None = None
    """The time of the request, in UTC."""
    candidates: tuple[str, ...] = ()
    """The ids of running predictions with the same model and input that an interrupted create request may have
    created."""


class DecodingError(APIError):
    """The response cannot be decoded: it is not JSON, or not an object."""

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        url: str = "",
        status: int | None = None,
        request_id: str | None = None,
        body: bytes = b"",
        prediction_id: str | None = None,
    ) -> None:
        super().__init__(message, method=method, url=url, prediction_id=prediction_id)
        self.status = status
        """The status of the response."""
        self.request_id = request_id
        """The id that the API gave the request, for its support. None if it gave none."""
        self.body = body
        """The beginning of the response body."""


class APIStatusError(APIError):
    """The response has an error status."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        method: str = "",
        url: str = "",
        problem: Problem | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        prediction_id: str | None = None,
    ) -> None:
        super().__init__(message, method=method, url=url, prediction_id=prediction_id)
        self.status = status
        """The status of the response, such as 404."""
        self.problem = problem
        """The API's description of the error: title, detail, invalid_fields. None if it gave none."""
        self.request_id = request_id
        """The id that the API gave the request, for its support. None if it gave none."""
        self.headers: Mapping[str, str] = headers or {}
        """The headers of the response."""
        self.body = body
        """The beginning of the response body."""


class BadRequestError(APIStatusError):
    """The API rejected the request as malformed (400)."""


class AuthenticationError(APIStatusError):
    """401: the token is missing or invalid."""


class PaymentRequiredError(APIStatusError):
    """402: the account cannot pay for this."""


class PermissionDeniedError(APIStatusError):
    """403: the token does not allow this."""


class NotFoundError(APIStatusError):
    """Not found, or not visible to the token (404)."""


class ConflictError(APIStatusError):
    """Conflict: it exists already, or its state does not allow this (409)."""


class PayloadTooLargeError(APIStatusError):
    """413: the request is too large; the limit for uploads is 100 MiB."""


class UnprocessableError(APIStatusError):
    """422: the API refused the content of the request."""

    @property
    def invalid_fields(self) -> list[InvalidField]:
        """The invalid fields of the request, each with `type`, `field` and `description`."""
        return list((self.problem and self.problem.invalid_fields) or [])


class RateLimitError(APIStatusError):
    """429: too many requests. The request was not executed, and not billed."""

    retry_after: float | None = None
    """Seconds to wait before the next attempt, if the API gave a time."""


class ServerError(APIStatusError):
    """500 and above, including the 520 to 527 of proxies."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    422: UnprocessableError,
    429: RateLimitError,
}


def status_error(status: int) -> type[APIStatusError]:
    """Return the error class for an HTTP status: its own, `ServerError` from 500 on, or `APIStatusError`."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else APIStatusError)


class _BoundPrediction(Protocol):
    """The prediction or training of an error: a `Prediction`, `AsyncPrediction`, `Training` or `AsyncTraining`.

    Only members that all four have are listed. The methods of the async classes are awaited.
    """

    @property
    def id(self) -> str:
        """The id."""
        ...

    @property
    def status(self) -> PredictionStatus | str:
        """The status: `starting`, `processing`, `succeeded`, `failed`, `canceled` or `aborted`."""
        ...

    @property
    def input(self) -> dict[str, Any] | None:
        """The input, until the API deletes it."""
        ...

    @property
    def output(self) -> Any:
        """The output so far, as the API sent it."""
        ...

    @property
    def error(self) -> str | None:
        """The reason of a failure."""
        ...

    @property
    def logs(self) -> str | None:
        """The logs so far."""
        ...

    @property
    def model(self) -> str | None:
        """The model, `owner/name`."""
        ...

    @property
    def version(self) -> str | None:
        """The version's id."""
        ...

    @property
    def created_at(self) -> datetime | None:
        """When it was created."""
        ...

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the data as the API sent it."""
        ...

    def cancel(self) -> Any:
        """Cancel the run, and refresh this object in place."""
        ...

    def reload(self) -> Any:
        """Refresh this object in place."""
        ...

    def wait(self, *, timeout: float | None = None) -> Any:
        """Wait until the run has ended."""
        ...


class PredictionError(ReplicateError):
    """A prediction or training did not succeed. The error has it as `prediction`."""

    def __init__(self, message: str, *, prediction: _BoundPrediction) -> None:
        super().__init__(message, prediction_id=prediction.id or None)
        self.prediction = prediction
        """The prediction or training, bound to its client: with `id`, `status`, `logs`, `cancel()`, ..."""


class ModelError(PredictionError):
    """The model failed; see `prediction.error` and `prediction.logs`."""


class PredictionCanceled(PredictionError):
    """The prediction was canceled: by a call, on the website, or because `cancel_after` passed after it had started."""


class PredictionAborted(PredictionError):
    """The prediction was aborted: `cancel_after` passed before it started. It did not run."""


class WaitTimeout(PredictionError, TimeoutError):
    """The prediction did not end within `timeout`. It keeps running, and is billed, unless it was canceled."""


class StreamError(ReplicateError):
    """An event stream cannot be opened or resumed."""


class NoNextPage(ReplicateError):
    """There is no page after this one."""


class NoPreviousPage(ReplicateError):
    """There is no page before this one."""


class FileError(ReplicateError):
    """A file cannot be read or saved completely."""


class FileGoneError(FileError):
    """The API has deleted the file: outputs an hour after the prediction has ended, uploads after 24 hours."""


class FileCorruptedError(FileError):
    """The length or the checksum of the file is wrong."""


class FileAlreadyExistsError(FileError, FileExistsError):
    """The target exists, and `overwrite` is False."""


class LocalFileError(FileError, OSError):
    """A file cannot be written on this machine: no space, a read-only folder, a name too long, ...

    It is also an `OSError`, with its `errno`, `strerror` and `filename`.
    """

    def __init__(self, message: str, *, cause: OSError | None = None, prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        if cause is not None:
            self.errno, self.strerror, self.filename = cause.errno, cause.strerror, cause.filename

    def __reduce__(self) -> tuple[Any, ...]:
        of_os = {"errno": self.errno, "strerror": self.strerror, "filename": self.filename}
        return _restore, (type(self), self.args, {**self.__dict__, **of_os})


class JournalError(ReplicateError, OSError):
    """The journal of a batch cannot be read or written: the disk is full, the file is damaged, the server is gone, ...

    What the journal had written before stays valid: run the batch again once the cause is removed, and it continues.
    """


class WebhookError(ReplicateError):
    """A webhook delivery must not be trusted."""


class WebhookHeaderError(WebhookError):
    """A signing header is missing or malformed."""


class WebhookSignatureError(WebhookError):
    """No signature matches the body."""


class WebhookReplayError(WebhookError):
    """The timestamp is too old, or too far in the future."""


class WebhookPayloadError(WebhookError):
    """The signature matches, but the body is neither a prediction nor a training."""
