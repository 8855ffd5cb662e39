"""The errors of downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from replicatekit._http.retry_policy import Failure
from replicatekit._transfer.fetch import redact_url
from replicatekit.errors import APIConnectionError, APITimeoutError, FileCorruptedError, FileGoneError, ReplicateError

if TYPE_CHECKING:
    from replicatekit._http.retry_policy import Outcome
    from replicatekit._session.session import Session


@define(eq=False)
class AttemptFailed(Exception):
    """A failed attempt, and the error to raise if it was the last one."""

    outcome: Outcome
    final: ReplicateError


def connection_failed(session: Session, url: str, error: Exception, position: int, total: int | None) -> AttemptFailed:
    """The failure without a response, or of a connection that was lost after `position` bytes of the file."""
    import httpx

    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    outcome = Failure.REFUSED if isinstance(error, never_sent) else Failure.AMBIGUOUS
    received = f"; {position} of {total or 'an unknown number of'} bytes had arrived" if position else ""
    message = f"GET {redact_url(url)}: {type(error).__name__}: {error}".rstrip(": ") + received
    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    return AttemptFailed(outcome, kind(message, method="GET", url=url, prediction_id=session.api.prediction_id))


def corruption_error(session: Session, url: str, why: str) -> FileCorruptedError:
    """The error for a file that cannot be read whole."""
    prediction_id = session.api.prediction_id
    return FileCorruptedError(f"{redact_url(url)} cannot be read whole: {why}", prediction_id=prediction_id)


def gone_error(session: Session, url: str, status: int) -> FileGoneError:
    """The error for a file that does not exist, most likely because the API has deleted it."""
    return FileGoneError(
        f"{redact_url(url)} is gone ({status}): output files are deleted an hour after their prediction, uploads "
        "after a day. Save what matters at once, or run the model again",
        prediction_id=session.api.prediction_id,
    )
