"""The operations on trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit._domain.reference import check_segment
from replicatekit._domain.reference_arguments import resolve_model, resolve_version
from replicatekit._operations.models import with_version
from replicatekit._predictions.create import CreateRequest
from replicatekit._predictions.inputs import prepare
from replicatekit._predictions.options import check_webhook
from replicatekit.errors import InvalidInput, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api import models
    from replicatekit_api.models import Model, Version


async def page(session: Session, cursor: str | None) -> models.TrainingPage:
    """One page of the account's trainings, the newest first."""
    from replicatekit_api.api.trainings import list as endpoint

    return await session.io.call(endpoint, client=session.api, cursor=cursor)


async def create(
    session: Session,
    model: str | Model | None,
    version: str | Version | None,
    destination: str | Model,
    input: Mapping[str, Any],
    webhook: str | None,
    webhook_events_filter: Sequence[str] | None,
) -> models.Training:
    """Start a training of a version, by default of the latest one.

    Raises:
        OutcomeUnknownError: The training may have been started; it was not sent again.
    """
    check_webhook(webhook, webhook_events_filter)
    if input is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise InvalidInput("input must not be None: a training needs its data")
    trained, target = resolve_version(model, version), resolve_model(destination).model
    reference = await with_version(session, trained)
    request = CreateRequest(await prepare(session, input), webhook, webhook_events_filter)
    body: dict[str, Any] = {"destination": target, **request.body}
    try:
        return await _create(session, reference, body)
    except OutcomeUnknownError as error:
        if error.prediction_id is None:
            raise
        return await _recover_by_id(session, error.prediction_id, error)


async def _create(session: Session, reference: Reference, body: dict[str, Any]) -> models.Training:
    from replicatekit_api.api.trainings import create as endpoint

    sent = cast("models.TrainingRequestDict", body)
    return await session.io.call(endpoint, *reference.path, reference.version or "", client=session.api, body=sent)


async def _recover_by_id(session: Session, training_id: str, error: OutcomeUnknownError) -> models.Training:
    try:
        return await get(session, training_id)
    except Exception as lookup_error:
        raise error from lookup_error


async def get(session: Session, training_id: str) -> models.Training:
    """Get a training by its id."""
    from replicatekit_api.api.trainings import get as endpoint

    known = check_segment(training_id, "a training id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))


async def cancel(session: Session, training_id: str) -> models.Training:
    """Cancel a training."""
    from replicatekit_api.api.trainings import cancel as endpoint

    known = check_segment(training_id, "a training id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))
