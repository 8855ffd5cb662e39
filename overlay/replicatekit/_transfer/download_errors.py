"""What goes wrong with downloads, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from replicatekit._http.retry_policy import Failure
from replicatekit._transfer.fetch import shown
from replicatekit.errors import APIConnectionError, APITimeoutError, FileCorruptedError, FileGoneError, ReplicateError

if TYPE_CHECKING:
    from replicatekit._http.retry_policy import Outcome
    from replicatekit._session.session import Session

__all__ = ["Failed", "broken", "corrupted", "gone"]


@define(eq=False)
class Failed(Exception):
    """An attempt in vain, and the error if it was the last one."""

    outcome: Outcome
    final: ReplicateError


def broken(session: Session, url: str, error: Exception, position: int, total: int | None) -> Failed:
    """There was no answer, or it broke off after `position` bytes of the file."""
    import httpx

    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    outcome = Failure.REFUSED if isinstance(error, never_sent) else Failure.AMBIGUOUS
    got = f"; {position} of {total or 'an unknown number of'} bytes had come" if position else ""
    said = f"GET {shown(url)}: {type(error).__name__}: {error}".rstrip(": ") + got
    kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
    return Failed(outcome, kind(said, method="GET", url=url, prediction_id=session.api.prediction_id))


def corrupted(session: Session, url: str, why: str) -> FileCorruptedError:
    """What there is cannot be put together to the file."""
    known = session.api.prediction_id
    return FileCorruptedError(f"{shown(url)} cannot be read whole: {why}", prediction_id=known)


def gone(session: Session, url: str, status: int) -> FileGoneError:
    """There is no such file, most likely not any more."""
    return FileGoneError(
        f"{shown(url)} is gone ({status}): output files are deleted an hour after their prediction, uploads "
        "after a day. Save what matters at once, or run the model again",
        prediction_id=session.api.prediction_id,
    )
