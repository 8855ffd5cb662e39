"""Follows predictions to their end, or item by item."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import TERMINAL
from replicatekit.compat._impl.records import attach
from replicatekit.compat._impl.session import CompatSession, path
from replicatekit.compat._impl.types import PredictionLike, ResourceLike
from replicatekit.compat.exceptions import ModelError, WaitTimeout

R = TypeVar("R")

FAILED = frozenset({"failed", "aborted"})


async def get(api: CompatSession, kind: type[R], noun: str, id: str) -> R:
    """Return a prediction or a training by its id."""
    return attach(kind(**await api.json("GET", path(noun, id))), api.client)


async def cancel(api: CompatSession, kind: type[R], noun: str, id: str) -> R:
    """Cancel a prediction or a training, and return it."""
    return attach(kind(**await api.json("POST", path(noun, id, "cancel"))), api.client)


def update(resource: ResourceLike, current: ResourceLike) -> None:
    """Update a resource in place with the fields of its current state."""
    for name in current.__fields__:
        setattr(resource, name, getattr(current, name))


async def wait_until_finished(api: CompatSession, prediction: PredictionLike) -> None:
    """Poll a prediction until it has ended.

    Raises:
        WaitTimeout: The prediction did not end within the client's `wait_timeout`.
    """
    deadline = Deadline.after(api.client.wait_timeout)
    while prediction.status not in TERMINAL:
        await _poll(api, prediction, deadline)


async def _poll(api: CompatSession, prediction: PredictionLike, deadline: Deadline) -> None:
    if deadline.is_over:
        raise WaitTimeout(prediction)
    await api.io.sleep(deadline.sooner(api.client.poll_interval))
    update(prediction, await get(api, type(prediction), "predictions", prediction.id))


async def iterate_output(api: CompatSession, prediction: PredictionLike) -> AsyncGenerator[Any, None]:
    """Yield the items of a prediction's output as they arrive, starting with the first one.

    Raises:
        ModelError: The prediction failed.
        WaitTimeout: The prediction did not end within the client's `wait_timeout`.
    """
    deadline = Deadline.after(api.client.wait_timeout)
    yielded = 0
    while True:
        output: Any = prediction.output or []
        has_ended = prediction.status in TERMINAL
        for item in output[yielded:]:
            yield item
        yielded = max(yielded, len(output))
        if has_ended:
            raise_if_failed(prediction)
            return
        await _poll(api, prediction, deadline)


def raise_if_failed(prediction: PredictionLike) -> None:
    """Raise the error of a prediction that failed.

    Raises:
        ModelError: The prediction failed or was aborted.
    """
    if prediction.status in FAILED:
        raise ModelError(prediction)
