"""How a wait for a prediction or training fails: what is canceled, and the error that the caller gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from replicatekit._base.deadline import Deadline
from replicatekit._base.logs import log
from replicatekit._runtime import TokenSet
from replicatekit.errors import OutcomeUnknownError, PredictionCanceled, ReplicateError, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.options import WaitSettings
    from replicatekit._predictions.recover_create import Recovered
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

R = TypeVar("R", bound="Prediction | Training")

_CANCEL_SECONDS = 10.0


def _noun(run: Prediction | Training) -> str:
    from replicatekit_api.models import Training

    return "training" if isinstance(run, Training) else "prediction"


async def cancel_now(session: Session, run: Prediction | Training) -> Prediction | Training:
    """Ask the API to cancel a run, and return its state after that."""
    from replicatekit_api.models import Training

    run_id = session.api.prediction_id or run.id
    api = session.api.with_context(prediction_id=run_id)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import cancel as cancel_training

        return await session.io.call(cancel_training, run_id, client=api)
    from replicatekit_api.api.predictions import cancel

    return await session.io.call(cancel, run_id, client=api)


async def raise_failure(
    session: Session, error: BaseException, run: Prediction | Training, settings: WaitSettings
) -> NoReturn:
    """Raise the error of a wait that failed or was interrupted; before that, cancel the run as the settings say.

    A cancel token always cancels it; Ctrl-C and a canceled task do if `cancel_on_interrupt` is set, a deadline if
    `cancel_on_timeout` is.
    """
    if isinstance(error, WaitTimeout):
        if settings.cancel_on_timeout:
            await session.io.run_shielded(try_cancel(session, run))
    elif isinstance(error, TokenSet):
        ended = await session.io.run_shielded(try_cancel(session, run))
        raise canceled_by_token(session, run, ended) from None
    elif isinstance(error, ReplicateError):
        error.prediction_id = error.prediction_id or run.id or None
    elif isinstance(error, Exception):  # raised by the caller's `on_progress`
        add_note(error, run, canceled=False)
    elif not isinstance(error, GeneratorExit):
        cancels = settings.cancel_on_interrupt
        ended = await session.io.run_shielded(try_cancel(session, run)) if cancels else None
        add_note(error, run, canceled=ended is not None)
    raise error


def timed_out(session: Session, run: Prediction | Training, settings: WaitSettings) -> WaitTimeout:
    """Make the error for a deadline that has passed."""
    limit = "before the deadline" if settings.timeout is None else f"within {settings.timeout:g} s"
    fate = "it is being canceled" if settings.cancel_on_timeout else "it is still running"
    msg = f"{_noun(run)} {run.id} did not finish {limit}; {fate} (status: {str(run.status) or 'unknown'})"
    return WaitTimeout(msg, prediction=session.bind(run))


def never_created(session: Session, reference: Reference, input: Mapping[str, Any]) -> PredictionCanceled:
    """Make the error for a token that was set before anything was sent."""
    from replicatekit_api.models import Prediction

    known = {"model": reference.model, "version": reference.version, "input": input, "status": "canceled"}
    prediction = Prediction.from_dict({key: value for key, value in known.items() if value is not None})
    msg = "the cancel token was set before a prediction was created; there is none"
    return PredictionCanceled(msg, prediction=session.bind(prediction))


def create_canceled(
    session: Session, created: Prediction | None, recovered: Recovered | None, sent_at: datetime
) -> ReplicateError:
    """Make the error for a token that was set during a create.

    Args:
        session: The client's session.
        created: The prediction, if the API responded.
        recovered: The outcome of the search for it; None if that took too long.
        sent_at: When the create was sent.
    """
    canceled = recovered.canceled if recovered else None
    run = created if created is not None else canceled
    if run is not None:
        return canceled_by_token(session, run, canceled)
    msg = "the cancel token was set before the API responded to the create, so a prediction may be running"
    error = OutcomeUnknownError(f"{msg}; {recovered or 'the list of predictions could not be read in time'}")
    error.sent_at = sent_at
    error.candidates = recovered.candidates if recovered else ()
    return error


def add_note(error: BaseException, run: Prediction | Training, *, canceled: bool) -> None:
    """Add a note to another library's exception that says whether the run was canceled."""
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
        msg = "the cancel token was set, but the cancel request failed: the run may still be running"
    elif ended.status in {"succeeded", "failed"}:
        msg = f"the cancel token was set after the run had {ended.status}"
    else:
        msg = "canceled by the cancel token"
    return PredictionCanceled(msg, prediction=session.bind(ended or run))


async def try_cancel(session: Session, run: R) -> R | None:
    """Cancel a run while another error propagates to the caller; None if that fails."""
    deadline = Deadline.after(_CANCEL_SECONDS)
    try:
        ended = await cancel_now(session.with_context(prediction_id=run.id, deadline=deadline), run)
    except ReplicateError as error:
        log.warning("prediction %s could not be canceled: %s", run.id, error)
        return None
    log.info("canceled prediction %s", run.id)
    return cast("R", ended)
