"""Which kind of failure an item met, and whether another attempt may help."""

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
"""The kinds of failure that another attempt may mend, at the price of another prediction where one was created."""

_STOPS = (errors.AuthenticationError, errors.PaymentRequiredError, errors.PermissionDeniedError, errors.NotFoundError)
_VERSION = re.compile(r"\bversion\b", re.IGNORECASE)

# The API's own codes (its page "Error codes"), and what its machines say when it is not the model that failed.
_CAPACITY = re.compile(
    r"code: PA\b|\bE(?:1000|6716|8367|8765|9243|9825|9828)\b|please retry|interrupted|queue is full|unavailable"
    r"|director|overloaded|capacity",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"\bE005\b|\bNSFW\b|flagged as sensitive|content (?:policy|moderation)|safety", re.IGNORECASE)
_LONGEST = 2000


def stops_batch(error: errors.ReplicateError) -> bool:
    """Whether the API answers every create of the batch alike: to continue would only repeat it."""
    if isinstance(error, errors.UnprocessableError):  # the API says so of a version that does not exist
        title = (error.problem and error.problem.title) or ""
        return bool(_VERSION.search(title)) or any(each.field == "version" for each in error.invalid_fields)
    return isinstance(error, _STOPS)


def kind_of_failure(text: str) -> FailureKind:
    """What kind of failure a failed prediction's error tells of."""
    if _CONTENT.search(text):
        return "content"
    return "capacity" if _CAPACITY.search(text) else "model"


def outcome_of(prediction: Prediction) -> Outcome | None:
    """How a prediction that ended without success ended; None for one that succeeded."""
    status = str(prediction.status)
    if status == "succeeded":
        return None
    seconds = prediction.metrics.predict_time if prediction.metrics else None
    text = str(prediction.error or status)[:_LONGEST]
    kind: FailureKind = {"canceled": "canceled", "aborted": "capacity"}.get(status) or kind_of_failure(text)  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
    return Outcome("failed", None, kind, text, seconds)


def kind_of_refusal(error: errors.ReplicateError) -> FailureKind:
    """What kind of failure an error is that came instead of a prediction."""
    if isinstance(error, errors.FileGoneError):
        return "expired"
    if isinstance(error, (errors.UnprocessableError, errors.BadRequestError, errors.InvalidArgument)):
        return "input"
    return "unknown" if isinstance(error, errors.OutcomeUnknownError) else "api"


resolvable(__name__)
