"""The kinds of failure, and which of them to retry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import Outcome

if TYPE_CHECKING:
    from replicatekit.batch.rows import FailureKind
    from replicatekit_api.models import Prediction

RETRIED = frozenset({"api", "capacity"})
"""The kinds of failure that another attempt may fix; it is billed if the first was."""

_STOPS = (errors.AuthenticationError, errors.PaymentRequiredError, errors.PermissionDeniedError, errors.NotFoundError)
_VERSION = re.compile(r"\bversion\b", re.IGNORECASE)

# The API's codes (its page "Error codes"), and the messages of its machines when the model is not at fault.
_CAPACITY = re.compile(
    r"code: PA\b|\bE(?:1000|6716|8367|8765|9243|9825|9828)\b|please retry|interrupted|queue is full|unavailable"
    r"|director|overloaded|capacity",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"\bE005\b|\bNSFW\b|flagged as sensitive|content (?:policy|moderation)|safety", re.IGNORECASE)
_LONGEST = 2000


def stops_batch(error: errors.ReplicateError) -> bool:
    """Whether the API would refuse every other create of the batch with the same error."""
    if isinstance(error, errors.UnprocessableError):  # the API's response to a version that does not exist
        title = (error.problem and error.problem.title) or ""
        return bool(_VERSION.search(title)) or any(each.field == "version" for each in error.invalid_fields)
    return isinstance(error, _STOPS)


def kind_of_failure(text: str) -> FailureKind:
    """The kind of failure, by a failed prediction's error text."""
    if _CONTENT.search(text):
        return "content"
    return "capacity" if _CAPACITY.search(text) else "model"


def outcome_of(prediction: Prediction) -> Outcome | None:
    """The outcome of an ended prediction that did not succeed; None if it succeeded."""
    status = str(prediction.status)
    if status == "succeeded":
        return None
    seconds = prediction.metrics.predict_time if prediction.metrics else None
    text = str(prediction.error or status)[:_LONGEST]
    kind: FailureKind = {"canceled": "canceled", "aborted": "capacity"}.get(status) or kind_of_failure(text)  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
    return Outcome("failed", None, kind, text, seconds)


def kind_of_refusal(error: errors.ReplicateError) -> FailureKind:
    """The kind of failure, by the error of a request."""
    if isinstance(error, errors.FileGoneError):
        return "expired"
    if isinstance(error, (errors.UnprocessableError, errors.BadRequestError, errors.InvalidArgument)):
        return "input"
    return "unknown" if isinstance(error, errors.OutcomeUnknownError) else "api"


resolvable(__name__)
