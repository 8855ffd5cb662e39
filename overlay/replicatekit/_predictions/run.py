"""Run a model from its reference to its end."""

from __future__ import annotations

import inspect
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.deadline import Deadline
from replicatekit._domain import reference as _reference
from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.check import find_check
from replicatekit._predictions.create import LONGEST_HOLD, Order, create, duration, hold_seconds
from replicatekit._predictions.inputs import prepare
from replicatekit._predictions.lifecycle import WaitSettings, add_note, canceled_by_token, guard, tell, try_cancel
from replicatekit._predictions.options import Options
from replicatekit._predictions.output import wrapped
from replicatekit._runtime import TokenSet
from replicatekit.errors import InvalidArgument, OutcomeUnknownError, PredictionCanceled, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference, Runnable
    from replicatekit._session.pending_creates import Pending
    from replicatekit._session.session import Session
    from replicatekit_api.models import Deployment, Prediction, Training

log = logging.getLogger("replicatekit")

__all__ = ["Options", "begin", "predict", "reference_of", "run", "run_for_prediction"]

_SOON = 5.0  # seconds


def reference_of(ref: Runnable | None, deployment: str | Deployment | None) -> Reference:
    """What is to be run: one of the two has to say it.

    Raises:
        InvalidReference: What it says cannot be read.
        InvalidArgument: Neither says it, or both do.
    """
    if (ref is None) == (deployment is None):
        raise InvalidArgument("say what to run: a reference, or deployment='owner/name', and not both")
    if deployment is not None:
        return _reference.parse_deployment(deployment)
    return _reference.parse(cast("Runnable", ref))


async def predict(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    following: WaitSettings | None = None,
) -> Prediction:
    """Create a prediction and follow it to its end; `following` replaces what the options say of that.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: It ended without success.
        WaitTimeout: It has not ended within the deadline.
        ReplicateError: Anything else; with its id from when it has one.
    """
    following = following or options.following()
    begun = time.monotonic()
    prediction, answered_early = await begin(session, reference, given, options, following)
    if is_terminal(prediction):
        session.run_times.learn(prediction, time.monotonic() - begun)
        await guard(session, tell(session, following, prediction), lambda: prediction, following)
        ended: Prediction | Training = prediction
    else:
        from replicatekit._predictions.follow import follow

        ended = await follow(session, prediction, following, begun=begun, look_first=answered_early)
    if ended.status != "succeeded":
        raise_for_status(ended, session.bind(ended))
    return ended  # pyright: ignore[reportReturnType]


async def run(session: Session, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Any:
    """As `predict`; the output."""
    return (await run_for_prediction(session, reference, given, options))[1]


async def run_for_prediction(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    following: WaitSettings | None = None,
) -> tuple[Prediction, Any]:
    """As `predict`; the prediction and its output."""
    deadline = Deadline.after(options.timeout)
    prediction = await predict(session, reference, given, options, following)
    if options.raw:
        return prediction, prediction.output
    return prediction, await wrapped(session, prediction, options.files(session), reference, deadline)


async def begin(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    following: WaitSettings,
) -> tuple[Prediction, bool]:
    """Create a prediction, held if that was asked for. Giving up while it is held cancels it.

    Returns:
        The prediction, and whether the API let go of it before it had to: then it has most likely ended, although
        its status may still say that it runs.
    """
    if inspect.iscoroutinefunction(options.on_progress) and not session.io.is_async:
        raise InvalidArgument("on_progress is a coroutine function: it goes with AsyncClient, not with Client")
    check = await find_check(session.with_deadline(following.deadline), reference, options.check)
    order = Order(
        await prepare(session.with_deadline(following.deadline), given, options.files(session).strategy, check=check),
        options.webhook,
        options.webhook_events_filter,
        _hold(options, following),
        duration(options.cancel_after),
    )
    sent = time.monotonic()
    prediction = await _created(session, reference, order, following)
    answered_early = order.hold is not None and time.monotonic() - sent < order.hold
    # The end is told where it is met, whether that is here or after following it.
    if not is_terminal(prediction):
        await guard(session, tell(session, following, prediction), lambda: prediction, following)
    return prediction, answered_early


def _hold(options: Options, following: WaitSettings) -> int | None:
    """Seconds for which the API is to hold the request; not beyond the deadline."""
    hold = hold_seconds(options.wait)
    if options.cancel is not None:
        return None  # who wants to cancel needs its id at once; a request that blocks could not be broken off at all
    left = following.deadline.sooner(LONGEST_HOLD)
    return None if hold is None or left < 1 else min(hold, int(left))


async def _created(session: Session, reference: Reference, order: Order, following: WaitSettings) -> Prediction:
    if following.token is not None and following.token.is_set:
        raise _never_created(session, reference, order)
    sent_at = datetime.now(UTC)
    pending = session.unanswered.begin(reference, order.input)
    made: list[Prediction] = []

    async def making() -> Prediction:
        made.append(
            await create(session.with_deadline(following.deadline).with_cancel_token(following.token), reference, order)
        )
        return made[0]

    async def broken_off() -> Prediction | None:
        if made:
            return await try_cancel(session, made[0])
        session.unanswered.give_up(pending)
        return await _cancel_unanswered(session, pending, sent_at)

    try:
        # What is answered soon is waited for, so that its id is known. What is held is found by its input.
        return await session.io.cancellable_after_grace(following.token, making(), 0.0 if order.hold else _SOON)
    except TokenSet:
        ended = await session.io.run_shielded(broken_off())
        raise _canceled(session, made, ended, sent_at) from None
    except Exception:
        raise
    except BaseException as interruption:
        ended = await session.io.run_shielded(broken_off()) if following.cancel_on_interrupt else None
        add_note(interruption, ended or (made[0] if made else None), canceled=ended is not None)
        raise
    finally:
        session.unanswered.end(pending)


def _never_created(session: Session, reference: Reference, order: Order) -> PredictionCanceled:
    from replicatekit_api.models import Prediction

    what = {"model": reference.model, "version": reference.version, "input": order.input, "status": "canceled"}
    never = Prediction.from_dict({key: value for key, value in what.items() if value is not None})
    said = "its token was set before it was created: nothing was sent"
    return PredictionCanceled(said, prediction=session.bind(never))


def _canceled(session: Session, made: list[Prediction], ended: Prediction | None, sent_at: datetime) -> ReplicateError:
    if made or ended is not None:
        return canceled_by_token(session, made[0] if made else cast("Prediction", ended), ended)
    error = OutcomeUnknownError("the cancel token was set before the create was answered: it may exist, or not")
    error.sent_at = sent_at
    return error


async def _cancel_unanswered(session: Session, pending: Pending, sent_at: datetime) -> Prediction | None:
    from replicatekit._predictions.recover_create import cancel_unanswered

    try:
        return await cancel_unanswered(session.with_deadline(Deadline.after(10.0)), pending, sent_at)
    except ReplicateError as error:
        log.warning("a create was given up, and what became of it could not be seen: %s", error)
        return None
