"""What holds for everything that is done with a prediction or training that exists: its deadline, who may break it off.

Whatever happens to it, its id is not lost: it is in each error, and a note of each exception that is not ours.
"""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from replicatekit._base.cancellation import CancelToken
from replicatekit._base.deadline import LONGEST, NEVER, Deadline
from replicatekit._base.validation import check_callable, check_flags, shown
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
    "PATIENCE",
    "WaitSettings",
    "add_note",
    "cancel_now",
    "canceled_by_token",
    "guard",
    "look",
    "reload",
    "tell",
    "try_cancel",
]

T = TypeVar("T")
R = TypeVar("R", bound="Prediction | Training")

log = logging.getLogger("replicatekit")

PATIENCE = 600.0
"""Seconds for which a look that fails is repeated where the caller set no deadline."""
_CANCEL_SECONDS = 10.0


class WaitSettings(NamedTuple):
    """How a prediction is followed."""

    deadline: Deadline = NEVER
    poll_interval: float | None = None
    """Seconds between two looks; None lets the schedule decide, and an event stream where there is one."""
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
        """What a caller wants; the clock of `timeout` starts here.

        Raises:
            InvalidArgument: One of them cannot be.
        """
        if poll_interval is not None and not _is_interval(poll_interval):
            said = "the interval between two looks must be a number of seconds above 0, or None"
            raise InvalidArgument(f"{said}, not {shown(poll_interval)}")
        check_callable(on_progress, "on_progress")
        if cancel is not None and not isinstance(cancel, CancelToken):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"cancel must be a CancelToken, not {shown(cancel)}")
        check_flags(cancel_on_timeout=cancel_on_timeout, cancel_on_interrupt=cancel_on_interrupt)
        deadline = Deadline.after(timeout)
        return cls(deadline, poll_interval, on_progress, cancel, cancel_on_timeout, cancel_on_interrupt)

    def check(self, session: Session, run: Prediction | Training) -> None:
        """That there is time left.

        Raises:
            WaitTimeout: There is none.
        """
        if self.deadline.is_over:
            raise self.timed_out(session, run)

    def timed_out(self, session: Session, run: Prediction | Training) -> WaitTimeout:
        """The error where there is no time left."""
        goes_on = "" if self.cancel_on_timeout else "; it goes on"
        said = f"not finished within the deadline, its status is {run.status!r}{goes_on}"
        return WaitTimeout(said, prediction=session.bind(run))


def _is_interval(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < LONGEST


async def tell(session: Session, following: WaitSettings, run: Prediction | Training) -> None:
    """Tell the caller how far it is."""
    if following.on_progress is not None:
        await session.io.notify(following.on_progress, session.bind(run))


async def look(session: Session, run: Prediction | Training, following: WaitSettings) -> Prediction | Training:
    """What it is now. A failure is repeated for as long as the deadline allows.

    Raises:
        WaitTimeout: The deadline has passed, or will have passed before it is worth another try.
        TokenSet: The caller's token was set.
    """
    patient = session.with_retry_budget(PATIENCE if following.deadline.at is None else inf)
    work = reload(patient.with_deadline(following.deadline).with_cancel_token(following.token), run)
    try:
        return await session.io.cancellable(following.token, work)
    except ReplicateError as error:
        following.check(session, run)
        if following.deadline.at is not None and _may_pass(error):
            raise following.timed_out(session, run) from error
        raise


def _may_pass(error: ReplicateError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status in {408, 409, 429} or error.status >= 500
    return isinstance(error, APIConnectionError)


async def reload(session: Session, run: Prediction | Training) -> Prediction | Training:
    """What it is now.

    Raises:
        DecodingError: The answer is about something else.
    """
    from replicatekit_api.models import Training

    known = session.api.prediction_id or run.id
    api = session.api.with_prediction_id(known)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import get as get_training

        seen = await session.io.call(get_training, known, client=api)
    else:
        from replicatekit_api.api.predictions import get

        seen = await session.io.call(get, known, client=api)
    if seen.id != known:
        msg = f"the answer is about {seen.id or 'something without an id'!r} in place of {known!r}"
        raise DecodingError(msg, method="GET", url=f"{api.base_url}/…/{known}", prediction_id=known)
    return seen


async def cancel_now(session: Session, run: Prediction | Training) -> Prediction | Training:
    """Ask the API to cancel it; what it is then."""
    from replicatekit_api.models import Training

    known = session.api.prediction_id or run.id
    api = session.api.with_prediction_id(known)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import cancel as cancel_training

        return await session.io.call(cancel_training, known, client=api)
    from replicatekit_api.api.predictions import cancel

    return await session.io.call(cancel, known, client=api)


async def guard(
    session: Session,
    work: Coroutine[Any, Any, T],
    current: Callable[[], Prediction | Training],
    following: WaitSettings,
) -> T:
    """Do something with a prediction that exists; whoever breaks it off cancels the prediction as well.

    A token that is set does so, Ctrl-C and a task that is cancelled do (unless `cancel_on_interrupt` is off), and a
    deadline where the caller wants that.
    """
    try:
        return await work
    except WaitTimeout:
        if following.cancel_on_timeout:
            await session.io.run_shielded(try_cancel(session, current()))
        raise
    except TokenSet:
        ended = await session.io.run_shielded(try_cancel(session, current()))
        raise canceled_by_token(session, current(), ended) from None
    except ReplicateError as error:
        error.prediction_id = error.prediction_id or current().id
        raise
    except Exception as error:  # the caller's own, from `on_progress`
        add_note(error, current(), canceled=False)
        raise
    except BaseException as interruption:
        if isinstance(interruption, GeneratorExit):
            raise
        ended = None
        if following.cancel_on_interrupt:
            ended = await session.io.run_shielded(try_cancel(session, current()))
        add_note(interruption, current(), canceled=ended is not None)
        raise


def add_note(interruption: BaseException, run: Prediction | Training | None, *, canceled: bool) -> None:
    """Note what has become of a prediction, where an exception is not ours to carry it."""
    if run is not None:
        interruption.add_note(f"prediction {run.id} {'was canceled' if canceled else 'goes on'}")


def canceled_by_token(
    session: Session, run: Prediction | Training, ended: Prediction | Training | None
) -> PredictionCanceled:
    """The error for a token that was set.

    Args:
        session: Its client's inside.
        run: What it was last.
        ended: What it was when the API had been told; None where that did not work.
    """
    if ended is None:
        said = "its token was set, but the API could not be told to cancel it: it may go on"
    elif is_terminal(ended) and ended.status in {"succeeded", "failed"}:
        said = f"its token was set, and it had {ended.status} by then"
    else:
        said = "canceled by its token"
    return PredictionCanceled(said, prediction=session.bind(ended or run))


async def try_cancel(session: Session, run: R) -> R | None:
    """Cancel it on the way out, where another error is to be seen and not this one's."""
    try:
        ended = await cancel_now(session.with_prediction_id(run.id).with_deadline(Deadline.after(_CANCEL_SECONDS)), run)
    except ReplicateError as error:
        log.warning("prediction %s could not be canceled: %s", run.id, error)
        return None
    log.info("canceled prediction %s", run.id)
    return cast("R", ended)
