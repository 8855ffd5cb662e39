"""The operations on trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from replicatekit._domain.reference import check_segment
from replicatekit._domain.reference_arguments import model_named, version_named
from replicatekit._operations.models import with_version
from replicatekit._operations.pagination import Listing
from replicatekit._predictions.create import check_webhook
from replicatekit._predictions.inputs import prepare
from replicatekit.errors import InvalidInput, UnknownFateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import Wire
    from replicatekit._session.session import Core
    from replicatekit_api import models
    from replicatekit_api.models import Model, Version

__all__ = ["cancel", "create", "get", "listing"]

T = TypeVar("T")


def listing(core: Core, dress: Callable[[models.Training], T]) -> Listing[T]:
    """The account's trainings, the newest first."""
    from replicatekit_api.api.trainings import list as endpoint

    async def call(api: Wire, cursor: str | None) -> models.TrainingPage:
        return await core.io.call(endpoint, client=api, cursor=cursor)

    return Listing(core, call, dress)


async def create(
    core: Core,
    model: str | Model | None,
    version: str | Version | None,
    *,
    destination: str | Model,
    given: Mapping[str, Any],
    webhook: str | None,
    webhook_events_filter: Sequence[str] | None,
) -> models.Training:
    """Start a training of a version; of the latest one where none was named.

    Raises:
        UnknownFateError: It may have been started, or not; it is not sent again.
    """
    check_webhook(webhook, webhook_events_filter)
    if given is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise InvalidInput("a training needs an input: what it is trained with")
    trained = version_named(model, version)
    body: dict[str, Any] = {"destination": model_named(destination).model}
    reference = await with_version(core, trained)
    body["input"] = await prepare(core, given)
    if webhook is not None:
        body["webhook"] = webhook
    if webhook_events_filter is not None:
        body["webhook_events_filter"] = list(webhook_events_filter)
    try:
        return await _create(core, reference, body)
    except UnknownFateError as error:
        if error.prediction_id is None:
            raise
        return await _found(core, error.prediction_id, error)


async def _create(core: Core, reference: Reference, body: dict[str, Any]) -> models.Training:
    from replicatekit_api.api.trainings import create as endpoint

    owner, name, version = reference.owner or "", reference.name or "", reference.version or ""
    return await core.io.call(endpoint, owner, name, version, client=core.api, body=body)


async def _found(core: Core, known: str, error: UnknownFateError) -> models.Training:
    try:
        return await get(core, known)
    except Exception as other:
        raise error from other


async def get(core: Core, training_id: str) -> models.Training:
    """A training by its id."""
    from replicatekit_api.api.trainings import get as endpoint

    known = check_segment(training_id, "a training id")
    return await core.io.call(endpoint, known, client=core.api.about(known))


async def cancel(core: Core, training_id: str) -> models.Training:
    """Cancel a training."""
    from replicatekit_api.api.trainings import cancel as endpoint

    known = check_segment(training_id, "a training id")
    return await core.io.call(endpoint, known, client=core.api.about(known))
