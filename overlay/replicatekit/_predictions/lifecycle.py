"""What holds for every wait for a prediction or training: its deadline, cancellation, and the id in each error."""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from replicatekit._base.cancellation import CancelToken
from replicatekit._base.deadline import LONGEST, NEVER, Deadline
from replicatekit._base.validation import check_callable, check_flags, format_value
from replicatekit._domain.status import is_terminal
from replicatekit._runtime import TokenSet
from replicatekit.errors import (
    APIConnectionError,
    APIStatusError,
    DecodingError,
    InvalidArgument,
    PredictionCanceled,
    ReplicateError,
    WaitTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

__all__ = [
    "WaitSettings",
    "add_note",
    "cancel_now",
    "canceled_by_token",
    "guard",
    "poll",
    "reload",
    "report_progress",
    "try_cancel",
]

T = TypeVar("T")
R = TypeVar("R", bound="Prediction | Training")

log = logging.getLogger("replicatekit")

_RETRY_SECONDS = 600.0  # for a poll that fails, where the caller set no deadline
_CANCEL_SECONDS = 10.0


class WaitSettings(NamedTuple):
    """How to wait for a prediction."""

    timeout: float | None = None
    """Seconds, as the caller gave them; `deadline` is when they are over."""
    deadline: Deadline = NEVER
    poll_interval: float | None = None
    """Seconds between two polls; None polls at growing intervals, and uses the event stream where there is one."""
    on_progress: Callable[[Any], object] | None = None
    token: CancelToken | None = None
    cancel_on_timeout: bool = False
    cancel_on_interrupt: bool = True

    @classmethod
    def of(
        cls,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_progress: Callable[[Any], object] | None = None,
        cancel: CancelToken | None = None,
        cancel_on_timeout: bool = False,
        cancel_on_interrupt: bool = False,
    ) -> WaitSettings:
        """Check the caller's options, and start the clock of `timeout`.

        Raises:
            InvalidArgument: An option has an invalid value.
        """
        if poll_interval is not None and not _is_interval(poll_interval):
            msg = "the poll interval must be a number of seconds above 0, or None"
            raise InvalidArgument(f"{msg}, not {format_value(poll_interval)}")
        check_callable(on_progress, "on_progress")
        if cancel is not None and not isinstance(cancel, CancelToken):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"cancel must be a CancelToken, not {format_value(cancel)}")
        check_flags(cancel_on_timeout=cancel_on_timeout, cancel_on_interrupt=cancel_on_interrupt)
        deadline = Deadline.after(timeout)
        return cls(timeout, deadline, poll_interval, on_progress, cancel, cancel_on_timeout, cancel_on_interrupt)

    def check(self, session: Session, run: Prediction | Training) -> None:
        """Raise `WaitTimeout` if the deadline has passed."""
        if self.deadline.is_over:
            raise self.timed_out(session, run)

    def timed_out(self, session: Session, run: Prediction | Training) -> WaitTimeout:
        """Make the error for a deadline that has passed."""
        limit = "before the deadline" if self.timeout is None else f"within {self.timeout:g} s"
        then = "it is being canceled" if self.cancel_on_timeout else "it is still running"
        msg = f"{_noun(run)} {run.id} did not finish {limit}; {then} (status: {str(run.status) or 'unknown'})"
        return WaitTimeout(msg, prediction=session.bind(run))


def _noun(run: Prediction | Training) -> str:
    from replicatekit_api.models import Training

    return "training" if isinstance(run, Training) else "prediction"


def _is_interval(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < LONGEST


async def report_progress(session: Session, settings: WaitSettings, run: Prediction | Training) -> None:
    """Call the caller's `on_progress`."""
    if settings.on_progress is not None:
        await session.io.notify(settings.on_progress, session.bind(run))


async def poll(session: Session, run: Prediction | Training, settings: WaitSettings) -> Prediction | Training:
    """Request the current state of a run. Failures are retried until the deadline.

    Raises:
        WaitTimeout: The deadline has passed, or will pass before the next attempt.
        TokenSet: The caller's token was set.
    """
    patient = session.with_retry_budget(_RETRY_SECONDS if settings.deadline.at is None else inf)
    work = reload(patient.with_deadline(settings.deadline).with_cancel_token(settings.token), run)
    try:
        return await session.io.cancellable(settings.token, work)
    except ReplicateError as error:
        settings.check(session, run)
        if settings.deadline.at is not None and _is_temporary(error):
            raise settings.timed_out(session, run) from error
        raise


def _is_temporary(error: ReplicateError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status in {408, 409, 429} or error.status >= 500
    return isinstance(error, APIConnectionError)


async def reload(session: Session, run: Prediction | Training) -> Prediction | Training:
    """Request the current state of a run.

    Raises:
        DecodingError: The response is about another run.
    """
    from replicatekit_api.models import Training

    run_id = session.api.prediction_id or run.id
    api = session.api.with_prediction_id(run_id)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import get as get_training

        current: Prediction | Training = await session.io.call(get_training, run_id, client=api)
    else:
        from replicatekit_api.api.predictions import get

        current = await session.io.call(get, run_id, client=api)
    if current.id != run_id:
        msg = f"the response is about {current.id or 'a run without an id'!r} instead of {run_id!r}"
        raise DecodingError(msg, method="GET", url=f"{api.base_url}/…/{run_id}", prediction_id=run_id)
    return current


async def cancel_now(session: Session, run: Prediction | Training) -> Prediction | Training:
    """Ask the API to cancel a run, and return its state after that."""
    from replicatekit_api.models import Training

    run_id = session.api.prediction_id or run.id
    api = session.api.with_prediction_id(run_id)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import cancel as cancel_training

        return await session.io.call(cancel_training, run_id, client=api)
    from replicatekit_api.api.predictions import cancel

    return await session.io.call(cancel, run_id, client=api)


async def guard(
    session: Session,
    work: Coroutine[Any, Any, T],
    current: Callable[[], Prediction | Training],
    settings: WaitSettings,
) -> T:
    """Do something with a run that exists. What interrupts the work cancels the run too, as the settings say.

    A cancel token always does; Ctrl-C and a canceled task do by `cancel_on_interrupt`, a deadline by
    `cancel_on_timeout`.
    """
    try:
        return await work
    except WaitTimeout:
        if settings.cancel_on_timeout:
            await session.io.run_shielded(try_cancel(session, current()))
        raise
    except TokenSet:
        ended = await session.io.run_shielded(try_cancel(session, current()))
        raise canceled_by_token(session, current(), ended) from None
    except ReplicateError as error:
        error.prediction_id = error.prediction_id or current().id or None
        raise
    except Exception as error:  # raised by the caller's `on_progress`
        add_note(error, current(), canceled=False)
        raise
    except GeneratorExit:
        raise
    except BaseException as interruption:
        ended = None
        if settings.cancel_on_interrupt:
            ended = await session.io.run_shielded(try_cancel(session, current()))
        add_note(interruption, current(), canceled=ended is not None)
        raise


def add_note(error: BaseException, run: Prediction | Training, *, canceled: bool) -> None:
    """Note in an exception that is not ours what became of the run."""
    error.add_note(f"{_noun(run)} {run.id} {'was canceled' if canceled else 'is still running'}")


def canceled_by_token(
    session: Session, run: Prediction | Training, ended: Prediction | Training | None
) -> PredictionCanceled:
    """Make the error for a token that was set.

    Args:
        session: The client's session.
        run: The last known state.
        ended: The state after the API was asked to cancel; None if that failed.
    """
    if ended is None:
        msg = "the cancel token was set, but the API could not be asked to cancel the run: it may still be running"
    elif is_terminal(ended) and ended.status in {"succeeded", "failed"}:
        msg = f"the cancel token was set after the run had {ended.status}"
    else:
        msg = "canceled by the cancel token"
    return PredictionCanceled(msg, prediction=session.bind(ended or run))


async def try_cancel(session: Session, run: R) -> R | None:
    """Cancel a run while another error is on its way to the caller; None if that fails."""
    try:
        ended = await cancel_now(session.with_prediction_id(run.id).with_deadline(Deadline.after(_CANCEL_SECONDS)), run)
    except ReplicateError as error:
        log.warning("prediction %s could not be canceled: %s", run.id, error)
        return None
    log.info("canceled prediction %s", run.id)
    return cast("R", ended)
