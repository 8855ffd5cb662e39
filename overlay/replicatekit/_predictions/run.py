"""Run a model: create its prediction, follow it to its end, and convert the output."""

from __future__ import annotations

import inspect
import logging
import time
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.deadline import Deadline
from replicatekit._domain import reference as _reference
from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.check import find_check
from replicatekit._predictions.create import CreateRequest, create
from replicatekit._predictions.inputs import prepare
from replicatekit._predictions.lifecycle import (
    WaitSettings,
    add_note,
    canceled_by_token,
    guard,
    report_progress,
    try_cancel,
)
from replicatekit._predictions.options import Options
from replicatekit._predictions.output import convert_output
from replicatekit._runtime import TokenSet
from replicatekit.errors import InvalidArgument, ModelError, OutcomeUnknownError, PredictionCanceled, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._domain.reference import Reference, Runnable
    from replicatekit._predictions.recover_create import Recovered
    from replicatekit._session.session import Session
    from replicatekit_api.models import Deployment, Prediction, Training

log = logging.getLogger("replicatekit")

__all__ = ["Options", "create_and_hold", "reference_of", "run", "run_for_prediction", "run_prediction"]

_GRACE = 5.0  # seconds


def reference_of(ref: Runnable | None, deployment: str | Deployment | None) -> Reference:
    """Read what to run from the two arguments that can name it.

    Raises:
        InvalidReference: The value cannot be read.
        InvalidArgument: Both are given, or neither.
    """
    if (ref is None) == (deployment is None):
        raise InvalidArgument("give either a reference or deployment='owner/name', not both")
    if deployment is not None:
        return _reference.parse_deployment(deployment)
    return _reference.parse(cast("Runnable", ref))


async def run_prediction(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings | None = None,
) -> Prediction:
    """Create a prediction and follow it to its end; `settings` replace what the options say of that.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: The prediction did not succeed.
        WaitTimeout: It did not finish within the timeout.
        ReplicateError: Anything else went wrong; with the prediction's id, once there is one.
    """
    if options.progress:
        from replicatekit._predictions.progress_bar import with_progress_bar

        with with_progress_bar(options, reference.model or str(reference)) as watched:
            return await run_prediction(session, reference, given, watched, settings)
    settings = settings or options.settings()
    started = time.monotonic()
    prediction, likely_ended = await create_and_hold(session, reference, given, options, settings)
    if is_terminal(prediction):
        await guard(session, report_progress(session, settings, prediction), lambda: prediction, settings)
        ended: Prediction | Training = prediction
    else:
        from replicatekit._predictions.follow import follow

        ended = await follow(session, prediction, settings, started=started, likely_ended=likely_ended)
    log.info("prediction %s (%s) %s after %.2f s", ended.id, reference, ended.status, time.monotonic() - started)
    if ended.status != "succeeded":
        try:
            raise_for_status(ended, session.bind(ended))
        except ModelError as error:
            from replicatekit._predictions.hints import add_file_hint

            add_file_hint(error, given)
            raise
    return cast("Prediction", ended)


async def run(session: Session, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Any:
    """Do the same as `run_prediction`, and return the output."""
    return (await run_for_prediction(session, reference, given, options))[1]


async def run_for_prediction(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings | None = None,
) -> tuple[Prediction, Any]:
    """Do the same as `run_prediction`, and return the prediction and its output."""
    deadline = Deadline.after(options.timeout)
    prediction = await run_prediction(session, reference, given, options, settings)
    if options.raw:
        return prediction, prediction.output
    return prediction, await convert_output(session, prediction, options.files(session), reference, deadline)


async def create_and_hold(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings,
) -> tuple[Prediction, bool]:
    """Create a prediction, and let the API hold the request if the options say so.

    Returns:
        The prediction, and whether the API responded before the hold was over: then the prediction has most likely
        ended, although its status may not show it yet.
    """
    if inspect.iscoroutinefunction(options.on_progress) and not session.io.is_async:
        raise InvalidArgument("on_progress is a coroutine function, which needs AsyncClient instead of Client")
    by_then = session.with_deadline(settings.deadline)
    check = await find_check(by_then, reference, options.check)
    request = CreateRequest(
        await prepare(by_then, given, options.files(session).strategy, check=check),
        options.webhook,
        options.webhook_events_filter,
        options.hold(settings),
        options.cancel_after_header,
    )
    sent = time.monotonic()
    prediction = await _create_tracked(session, reference, request, settings)
    likely_ended = request.hold is not None and time.monotonic() - sent < request.hold
    # A terminal state is reported by the caller, once.
    if not is_terminal(prediction):
        await guard(session, report_progress(session, settings, prediction), lambda: prediction, settings)
    return prediction, likely_ended


async def _create_tracked(
    session: Session, reference: Reference, request: CreateRequest, settings: WaitSettings
) -> Prediction:
    """Create a prediction. If that is interrupted, cancel the prediction as far as it is known."""
    if settings.token is not None and settings.token.is_set:
        raise _never_created(session, reference, request)
    pending = session.pending_creates.start(reference, request.input)
    tracked = session._replace(api=session.api.with_sent_callback(pending.on_sent))
    created: list[Prediction] = []

    async def create_it() -> Prediction:
        by_then = tracked.with_deadline(settings.deadline).with_cancel_token(settings.token)
        created.append(await _create_unless_token(by_then, reference, request, settings.token))
        return created[0]

    async def cancel_it() -> Recovered:
        from replicatekit._predictions.recover_create import Recovered, cancel_orphan

        return Recovered(await try_cancel(session, created[0])) if created else await cancel_orphan(session, pending)

    try:
        # A response that is near is waited for, because it has the prediction's id. A held response may be far.
        return await session.io.cancellable_after_grace(settings.token, create_it(), 0.0 if request.hold else _GRACE)
    except TokenSet:
        if pending.started_at is None:
            raise _never_created(session, reference, request) from None
        recovered = await session.io.run_shielded(cancel_it())
        raise _token_error(session, created, recovered, pending.started_at) from None
    except Exception:
        raise
    except BaseException as interruption:
        if settings.cancel_on_interrupt:
            recovered = await session.io.run_shielded(cancel_it())
            interruption.add_note(f"the create was interrupted; {recovered or 'its prediction may still be running'}")
        elif created:
            add_note(interruption, created[0], canceled=False)
        raise
    finally:
        session.pending_creates.end(pending)


async def _create_unless_token(
    session: Session, reference: Reference, request: CreateRequest, token: CancelToken | None
) -> Prediction:
    try:
        return await create(session, reference, request)
    except OutcomeUnknownError as error:
        # Sync code cannot interrupt a request: the token may have been set while it blocked.
        if token is not None and token.is_set and error.prediction_id is None:
            raise TokenSet from error
        raise


def _never_created(session: Session, reference: Reference, request: CreateRequest) -> PredictionCanceled:
    from replicatekit_api.models import Prediction

    what = {"model": reference.model, "version": reference.version, "input": request.input, "status": "canceled"}
    never = Prediction.from_dict({key: value for key, value in what.items() if value is not None})
    msg = "the cancel token was set before the prediction was created; nothing was sent"
    return PredictionCanceled(msg, prediction=session.bind(never))


def _token_error(
    session: Session, created: list[Prediction], recovered: Recovered | None, sent_at: datetime
) -> ReplicateError:
    canceled = recovered.canceled if recovered else None
    if created or canceled:
        return canceled_by_token(session, created[0] if created else cast("Prediction", canceled), canceled)
    msg = "the cancel token was set before the API responded to the create, so a prediction may be running"
    error = OutcomeUnknownError(f"{msg}; {recovered or 'the list of predictions could not be read in time'}")
    error.sent_at = sent_at
    error.candidates = recovered.candidates if recovered else ()
    return error
