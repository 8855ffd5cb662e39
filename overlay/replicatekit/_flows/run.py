"""Run a model from its reference to its end."""

from __future__ import annotations

import inspect
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from replicatekit import _reference
from replicatekit._deadline import Deadline
from replicatekit._flows.create import LONGEST_HOLD, Order, create, duration, hold_seconds
from replicatekit._flows.follow import follow, record
from replicatekit._flows.guard import Following, guard, tell
from replicatekit._flows.inputs import prepare
from replicatekit._flows.lost import cancel_unanswered
from replicatekit._flows.options import Options, RunOptions
from replicatekit._flows.wrapping import wrapped
from replicatekit._io import TokenSet
from replicatekit._status import is_terminal, raise_for_status
from replicatekit.errors import InvalidArgument, PredictionCanceled, ReplicateError, UnknownFateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._core import Core
    from replicatekit._reference import Reference, Runnable
    from replicatekit_api.models import Deployment, Prediction

log = logging.getLogger("replicatekit")

__all__ = ["Options", "RunOptions", "begin", "predict", "reference_of", "run"]


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


async def predict(core: Core, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Prediction:
    """Create a prediction and follow it to its end.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: It ended without success.
        WaitTimeout: It has not ended within the deadline.
        ReplicateError: Anything else; with its id from when it has one.
    """
    following = options.following()
    begun = time.monotonic()
    prediction, answered_early = await begin(core, reference, given, options, following)
    if is_terminal(prediction):
        record(core, prediction, time.monotonic() - begun)
        await guard(core, tell(core, following, prediction), lambda: prediction, following)
    ended = await follow(core, prediction, following, begun=begun, look_first=answered_early)
    raise_for_status(ended, core.dress(ended))
    return ended  # pyright: ignore[reportReturnType]


async def run(core: Core, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Any:
    """As `predict`; the output."""
    deadline = Deadline.after(options.timeout)
    prediction = await predict(core, reference, given, options)
    if options.raw:
        return prediction.output
    return await wrapped(core, prediction, options.files(core), reference, deadline)


async def begin(
    core: Core,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    following: Following,
) -> tuple[Prediction, bool]:
    """Create a prediction, held if that was asked for. Giving up while it is held cancels it.

    Returns:
        The prediction, and whether the API let go of it before it had to: then it has most likely ended, although
        its status may still say that it runs.
    """
    if inspect.iscoroutinefunction(options.on_progress) and not core.io.interruptible:
        raise InvalidArgument("on_progress is a coroutine function: it goes with AsyncClient, not with Client")
    order = Order(
        await prepare(core.by(following.deadline), given, options.files(core).strategy),
        options.webhook,
        options.webhook_events_filter,
        _hold(core, options, following),
        duration(options.cancel_after),
    )
    sent = time.monotonic()
    prediction = await _created(core, reference, order, following)
    answered_early = order.hold is not None and time.monotonic() - sent < order.hold
    # The end is told where it is met, whether that is here or after following it.
    if not is_terminal(prediction):
        await guard(core, tell(core, following, prediction), lambda: prediction, following)
    return prediction, answered_early


def _hold(core: Core, options: Options, following: Following) -> int | None:
    """Seconds for which the API is to hold the request; not beyond the deadline."""
    hold = hold_seconds(options.wait)
    if options.cancel is not None and not core.io.interruptible:
        return None  # a token could not break off a request that waits; without a hold there is none
    left = following.deadline.sooner(LONGEST_HOLD)
    return None if hold is None or left < 1 else min(hold, int(left))


async def _created(core: Core, reference: Reference, order: Order, following: Following) -> Prediction:
    if following.token is not None and following.token.is_set:
        raise _never_created(core, reference, order)
    sent_at = datetime.now(UTC)
    work = create(core.by(following.deadline).heeding(following.token), reference, order)
    try:
        return await core.io.guarded(following.token, work)
    except TokenSet:
        ended = await core.io.at_last(_cancel_unanswered(core, reference, order, sent_at))
        raise _canceled(core, ended, sent_at) from None
    except Exception:
        raise
    except BaseException:
        if following.cancel_on_interrupt:
            await core.io.at_last(_cancel_unanswered(core, reference, order, sent_at))
        raise


def _never_created(core: Core, reference: Reference, order: Order) -> PredictionCanceled:
    from replicatekit_api.models import Prediction

    what = {"model": reference.model, "version": reference.version, "input": order.input, "status": "canceled"}
    never = Prediction.from_dict({key: value for key, value in what.items() if value is not None})
    said = "its token was set before it was created: nothing was sent"
    return PredictionCanceled(said, prediction=core.dress(never))


def _canceled(core: Core, ended: Prediction | None, sent_at: datetime) -> ReplicateError:
    if ended is not None:
        return PredictionCanceled("canceled by its token", prediction=core.dress(ended))
    error = UnknownFateError("the cancel token was set before the create was answered: it may exist, or not")
    error.sent_at = sent_at
    return error


async def _cancel_unanswered(core: Core, reference: Reference, order: Order, sent_at: datetime) -> Prediction | None:
    try:
        return await cancel_unanswered(core.by(Deadline.after(10.0)), reference, order, sent_at)
    except ReplicateError as error:
        log.warning("a create was given up, and what became of it could not be seen: %s", error)
        return None
