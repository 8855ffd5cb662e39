"""Run a model: create its prediction, follow it to its end, and convert the output."""

from __future__ import annotations

import inspect
import logging
import time
from typing import TYPE_CHECKING, Any, cast

from replicatekit._domain.status import TERMINAL, raise_for_status
from replicatekit._predictions.create import CreateRequest, create
from replicatekit._predictions.inputs import find_check, prepare
from replicatekit._predictions.lifecycle import add_note, create_canceled, never_created, raise_failure, try_cancel
from replicatekit._predictions.output import convert_output
from replicatekit._runtime import TokenSet
from replicatekit.errors import APIConnectionError, APITimeoutError, InvalidArgument, ModelError, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.options import Options, WaitSettings
    from replicatekit._predictions.recover_create import Recovered
    from replicatekit._session.pending_creates import PendingCreate
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

log = logging.getLogger("replicatekit")

_GRACE = 1.0  # seconds for a response that is about to arrive when the create is given up
_LATE = 2.0  # seconds for a response after the deadline; see `RunOptions.timeout`


async def run(session: Session, reference: Reference, input: Mapping[str, Any] | None, options: Options) -> Any:
    """As `run_prediction`, but return the output."""
    return (await run_for_prediction(session, reference, input, options))[1]


async def run_for_prediction(
    session: Session,
    reference: Reference,
    input: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings | None = None,
) -> tuple[Prediction, Any]:
    """As `run_prediction`, but return the prediction and its output."""
    settings = settings or options.settings()
    files = options.files(session)
    prediction = await run_prediction(session, reference, input, options, settings)
    output = prediction.output
    if not options.raw:
        output = await convert_output(session, prediction, output, files, reference, settings.deadline)
    return prediction, output


async def run_prediction(
    session: Session,
    reference: Reference,
    input: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings | None = None,
) -> Prediction:
    """Create a prediction and follow it to its end; `settings` replace those of the options.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: The prediction did not succeed.
        WaitTimeout: It did not finish within the timeout.
        ReplicateError: Any other failure; with the prediction's id, once there is one.
    """
    settings = settings or options.settings()
    if options.progress:
        from replicatekit._predictions.progress_bar import with_progress_bar

        with with_progress_bar(options, reference.model or str(reference)) as with_bar:
            settings = settings._replace(on_progress=with_bar.on_progress)
            return await run_prediction(session, reference, input, with_bar, settings)
    started = time.monotonic()
    prediction, likely_ended = await create_and_hold(session, reference, input, options, settings)
    ended: Prediction | Training = prediction
    status = prediction.status
    if status in TERMINAL:
        await report(session, prediction, settings)
    else:
        from replicatekit._predictions.follow import follow

        ended = await follow(session, prediction, settings, started=started, likely_ended=likely_ended)
        status = ended.status
    if log.isEnabledFor(logging.INFO):
        log.info("prediction %s (%s) %s after %.2f s", ended.id, reference, status, time.monotonic() - started)
    if status != "succeeded":
        try:
            raise_for_status(ended, session.bind(ended))
        except ModelError as error:
            from replicatekit._predictions.hints import add_file_hint

            add_file_hint(error, input)
            raise
    return cast("Prediction", ended)


async def report(session: Session, run: Prediction, settings: WaitSettings) -> None:
    """Call the caller's `on_progress`."""
    if settings.on_progress is None:
        return
    try:
        await session.io.notify(settings.on_progress, session.bind(run))
    except BaseException as error:  # noqa: BLE001 (raised again)
        await raise_failure(session, error, run, settings)


async def create_and_hold(
    session: Session,
    reference: Reference,
    input: Mapping[str, Any] | None,
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
    try:
        preparation = request_for(session, reference, input, options, settings)
        request = await (preparation if settings.token is None else session.io.cancellable(settings.token, preparation))
        sent = time.monotonic()
        prediction = await _create_tracked(session, reference, request, settings)
    except TokenSet:
        raise never_created(session, reference, input or {}) from None
    except APIConnectionError as error:  # a create that may have been received raises OutcomeUnknownError instead
        error.message += "; no prediction was created"
        raise
    likely_ended = request.hold is not None and time.monotonic() - sent < request.hold
    # This function's caller reports a terminal state, once.
    if settings.on_progress is not None and prediction.status not in TERMINAL:
        await report(session, prediction, settings)
    return prediction, likely_ended


async def request_for(
    session: Session,
    reference: Reference,
    input: Mapping[str, Any] | None,
    options: Options,
    settings: WaitSettings,
) -> CreateRequest:
    """Check and prepare an input, upload its files, and return the request that creates a prediction."""
    limited = session
    if settings.timeout is not None or settings.token is not None:
        limited = session.with_context(deadline=settings.deadline, cancel_token=settings.token)
    check = await find_check(limited, reference, options.check)
    return CreateRequest(
        await prepare(limited, input, options.file_strategy, check),
        options.webhook,
        options.webhook_events_filter,
        options.hold(settings),
        options.cancel_after_header,
    )


async def _create_tracked(
    session: Session, reference: Reference, request: CreateRequest, settings: WaitSettings
) -> Prediction:
    """Create a prediction. If that is interrupted, cancel the prediction if it can be identified."""
    token = settings.token
    if settings.timeout is not None and settings.deadline.is_over:
        raise APITimeoutError("the deadline passed before the create; nothing was sent")
    pending = session.pending_creates.start(reference, request.input, token)
    # A create in progress is not interrupted at the deadline: its prediction would be lost, and still be billed.
    tracked = session.with_context(
        deadline=settings.deadline, grace=_LATE, cancel_token=token, tracker=pending, hold=request.hold
    )
    # Wait for a response that is about to arrive, as it has the prediction's id. A held response may take long.
    grace = 0.0 if request.hold else _GRACE
    try:
        return await session.io.cancellable_after_grace(token, _create(tracked, pending, request, token), grace)
    except TokenSet:
        if pending.started_at is None:
            raise never_created(session, reference, request.input) from None
        recovered = await session.io.run_shielded(_cancel_created(session, pending))
        raise create_canceled(session, pending.prediction, recovered, pending.started_at) from None
    except Exception:
        raise
    except BaseException as interruption:
        if settings.cancel_on_interrupt:
            recovered = await session.io.run_shielded(_cancel_created(session, pending))
            interruption.add_note(f"the create was interrupted; {recovered or 'its prediction may still be running'}")
        elif pending.prediction is not None:
            add_note(interruption, pending.prediction, canceled=False)
        raise
    finally:
        session.pending_creates.end(pending)


async def _create(
    session: Session, pending: PendingCreate, request: CreateRequest, token: CancelToken | None
) -> Prediction:
    try:
        pending.prediction = await create(session, pending.reference, request)
    except OutcomeUnknownError as error:
        # The token may have been set at the same time.
        if token is not None and token.is_set and error.prediction_id is None:
            raise TokenSet from error
        raise
    if pending.is_given_up and not pending.is_resolved:  # sync code: nobody waits for the thread any more
        await try_cancel(session.with_context(tracker=None, cancel_token=None, hold=None), pending.prediction)
        session.api.close()  # the connections of the cancel: the caller may have closed the client before
    return pending.prediction


async def _cancel_created(session: Session, pending: PendingCreate) -> Recovered:
    from replicatekit._predictions.recover_create import Recovered, cancel_orphan

    if pending.prediction is None:
        return await cancel_orphan(session, pending)
    return Recovered(await try_cancel(session, pending.prediction))
