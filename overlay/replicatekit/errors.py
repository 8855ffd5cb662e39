"""Every error of this package: one tree, one base, so that `except ReplicateError` catches all of it.

```
ReplicateError
├── InvalidArgument            what the caller gave cannot be used; nothing was sent
│   ├── InvalidReference       no `owner/name`, `owner/name:version`, version id or deployment
│   ├── InvalidInput           a value in the input of a model, with its path
│   │   └── FileTooLargeError  more than the API takes as an upload
│   └── MissingTokenError      no token given, none in the environment
├── ForbiddenURLError          a URL that must not be requested, or not with the token
├── APIError                   a request was made: method and URL are known
│   ├── APIConnectionError     no answer, or half of one
│   │   └── APITimeoutError    no answer in time
│   ├── DecodingError          an answer that cannot be read
│   ├── OutcomeUnknownError       a create that may or may not have run (and been billed)
│   └── APIStatusError         an answer that says no: status, problem, request id
│       ├── BadRequestError           400
│       ├── AuthenticationError       401
│       ├── PaymentRequiredError      402
│       ├── PermissionDeniedError     403
│       ├── NotFoundError             404
│       ├── ConflictError             409
│       ├── PayloadTooLargeError      413
│       ├── UnprocessableError        422, with the fields
│       ├── RateLimitError            429, with the time
│       └── ServerError               5xx, the proxies' 520 to 527 among them
├── PredictionError            a prediction or training that did not succeed; it carries it
│   ├── ModelError             failed
│   ├── PredictionCanceled     canceled
│   ├── PredictionAborted      aborted: its deadline passed before it started
│   └── WaitTimeout            not finished within the caller's deadline; it may go on
├── StreamError                an event stream that cannot be had or taken up again
├── NoNextPage                 the last page was asked for the next one
├── NoPreviousPage             the first page was asked for the one before
├── FileError                  a file that cannot be had whole
│   ├── FileGoneError          removed by the API (outputs: after an hour; uploads: after 24 hours)
│   ├── FileCorruptedError     length or checksum is not what was promised
│   └── FileAlreadyExistsError the target exists and may not be replaced
└── WebhookError               a delivery that must not be trusted
    ├── WebhookHeaderError     a signing header is missing or malformed
    ├── WebhookSignatureError  no signature fits
    ├── WebhookReplayError     the timestamp is too old or too new
    └── WebhookPayloadError    signed, and yet no prediction or training
```

Every error has `prediction_id`: the id of the prediction (or training) that existed when it happened, or
None. It also stands in the error's text, so that nothing that was paid for is lost in a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit_api.models import Prediction, Problem, Training

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
    """The base of every error of this package."""

    prediction_id: str | None = None
    """The prediction (or training) that existed when this happened; it may be running, and cost money."""

    def __init__(self, message: str, *, prediction_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if prediction_id is not None:
            self.prediction_id = prediction_id

    def __str__(self) -> str:
        if self.prediction_id and self.prediction_id not in self.message:
            return f"{self.message} (prediction {self.prediction_id})"
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle calls a class with `args`; ours take keywords, so the state is restored whole.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: type[ReplicateError], args: tuple[Any, ...], state: dict[str, Any]) -> ReplicateError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidArgument(ReplicateError):
    """Something the caller gave cannot be used. Nothing was sent."""


class InvalidReference(InvalidArgument):
    """A reference to a model, a version or a deployment that cannot be read."""


class InvalidInput(InvalidArgument):
    """A value in a model's input that cannot be sent."""

    def __init__(self, message: str, *, path: str = "input", prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.path = path
        """Where in the input it stands, such as `input.images[2]`."""


class FileTooLargeError(InvalidInput):
    """A file over the API's limit for uploads (100 MiB): host it elsewhere and give its URL."""


class MissingTokenError(InvalidArgument):
    """No token was given, and the environment has none."""


class ForbiddenURLError(ReplicateError):
    """A URL that must not be followed: not the API's origin, or not one that may see the token."""

    def __init__(self, message: str, *, url: str, prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.url = url


class APIError(ReplicateError):
    """A request was made and did not bring what it was made for."""

    def __init__(self, message: str, *, method: str = "", url: str = "", prediction_id: str | None = None) -> None:
        super().__init__(message, prediction_id=prediction_id)
        self.method = method
        self.url = url

    @property
    def path(self) -> str:
        """The path of the URL, such as `/v1/predictions`."""
        from urllib.parse import urlsplit

        return urlsplit(self.url).path


class APIConnectionError(APIError):
    """No answer, or half of one."""


class APITimeoutError(APIConnectionError):
    """No answer in time."""


class OutcomeUnknownError(APIError):
    """A create was sent and its answer lost: the prediction may exist, and be billed. It is never sent again.

    To find out, look through `client.predictions.list(created_after=error.sent_at)` for the same input.
    """

    sent_at: Any = None
    """When the request was made (a `datetime` in UTC)."""
    candidates: tuple[str, ...] = ()
    """The ids of running predictions with the same model and input, if the create was interrupted; one may be it."""


class DecodingError(APIError):
    """An answer that cannot be read: not JSON, or not an object where one was promised."""

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
        self.request_id = request_id
        self.body = body
        """The beginning of the answer's body."""


class APIStatusError(APIError):
    """An answer whose status says no."""

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
        self.problem = problem
        """The API's own words (title, detail, invalid_fields), where it gave any."""
        self.request_id = request_id
        self.headers: Mapping[str, str] = headers or {}
        self.body = body
        """The beginning of the answer's body."""


class BadRequestError(APIStatusError):
    """400."""


class AuthenticationError(APIStatusError):
    """401: no token, or not a valid one."""


class PaymentRequiredError(APIStatusError):
    """402: the account cannot pay for this."""


class PermissionDeniedError(APIStatusError):
    """403: the token is valid, and may not do this."""


class NotFoundError(APIStatusError):
    """404."""


class ConflictError(APIStatusError):
    """409."""


class PayloadTooLargeError(APIStatusError):
    """413: over 100 MiB for an upload."""


class UnprocessableError(APIStatusError):
    """422: the request was understood and refused."""

    @property
    def invalid_fields(self) -> list[Any]:
        """What the API found wrong, field by field: each with `type`, `field` and `description`."""
        return list((self.problem and self.problem.invalid_fields) or [])


class RateLimitError(APIStatusError):
    """429: not run, and not billed."""

    retry_after: float | None = None
    """Seconds after which the API says it may be tried again."""


class ServerError(APIStatusError):
    """500 and above, the proxies' 520 to 527 among them."""


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
    """The class of error for an HTTP status: the exact one, `ServerError` from 500, else `APIStatusError`."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else APIStatusError)


class PredictionError(ReplicateError):
    """A prediction or training that did not succeed. It carries the whole of it."""

    def __init__(self, message: str, *, prediction: Prediction | Training) -> None:
        super().__init__(message, prediction_id=prediction.id or None)
        self.prediction = prediction


class ModelError(PredictionError):
    """The model failed; `prediction.error` and `prediction.logs` say why."""


class PredictionCanceled(PredictionError):
    """Canceled, by somebody or by its own deadline after it had started."""


class PredictionAborted(PredictionError):
    """Aborted: its deadline passed before it started."""


class WaitTimeout(PredictionError):
    """Not finished within the caller's deadline. It goes on, and is billed, unless it was cancelled."""


class StreamError(ReplicateError):
    """An event stream that cannot be had, or not be taken up again."""


class NoNextPage(ReplicateError):
    """There is no page after this one."""


class NoPreviousPage(ReplicateError):
    """There is no page before this one."""


class FileError(ReplicateError):
    """A file that cannot be had whole."""


class FileGoneError(FileError):
    """Removed by the API: outputs an hour after the prediction, uploads after 24 hours."""


class FileCorruptedError(FileError):
    """The length or the checksum is not what was promised."""


class FileAlreadyExistsError(FileError):
    """The target exists, and was not to be replaced."""


class WebhookError(ReplicateError):
    """A delivery that must not be trusted."""


class WebhookHeaderError(WebhookError):
    """A signing header is missing or malformed."""


class WebhookSignatureError(WebhookError):
    """No signature fits the body."""


class WebhookReplayError(WebhookError):
    """The timestamp is too old, or too far in the future."""


class WebhookPayloadError(WebhookError):
    """The signature fits, and the body is neither a prediction nor a training."""
