"""The operations on predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from replicatekit._flows.create import Order, duration, hold_seconds
from replicatekit._flows.create import create as create_order
from replicatekit._flows.inputs import prepare
from replicatekit._flows.run import reference_of
from replicatekit._reference import check_segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from replicatekit._core import Core
    from replicatekit._reference import Runnable
    from replicatekit_api.models import Deployment, Prediction

__all__ = ["CreateOptions", "cancel", "create", "get"]


class CreateOptions(TypedDict, total=False):
    """What a create takes beside the reference and the input."""

    wait: bool | float
    """Whether the API holds the request until the model has finished: True for 60 s, or 1 to 60; False, the default,
    answers at once."""
    cancel_after: float | str | timedelta | None
    """The API's own deadline, from the creation on: seconds, a timedelta or text like `5m`; at least 5 s."""
    webhook: str | None
    """An HTTPS URL that is told of changes."""
    webhook_events_filter: Sequence[Literal["start", "output", "logs", "completed"]] | None
    """Which changes the webhook is told of."""


async def create(
    core: Core,
    ref: Runnable | None,
    deployment: str | Deployment | None,
    given: Mapping[str, Any] | None,
    options: CreateOptions,
) -> Prediction:
    """Create a prediction."""
    reference = reference_of(ref, deployment)
    order = Order(
        {},
        options.get("webhook"),
        options.get("webhook_events_filter"),
        hold_seconds(options.get("wait", False)),
        duration(options.get("cancel_after")),
    )
    return await create_order(core, reference, order.with_input(await prepare(core, given)))


async def get(core: Core, prediction_id: str) -> Prediction:
    """A prediction by its id."""
    from replicatekit_api.api.predictions import get as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await core.io.call(endpoint, known, client=core.api.about(known))


async def cancel(core: Core, prediction_id: str) -> Prediction:
    """Cancel a prediction."""
    from replicatekit_api.api.predictions import cancel as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await core.io.call(endpoint, known, client=core.api.about(known))
