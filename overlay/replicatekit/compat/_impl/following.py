"""Following predictions: to their end, and item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import TERMINAL
from replicatekit.compat._impl.records import attached
from replicatekit.compat._impl.session import path
from replicatekit.compat.exceptions import ModelError, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.prediction import Prediction
    from replicatekit.compat.resource import Resource

__all__ = ["become", "cancel", "finished", "found", "items", "raise_if_failed"]

FAILED = frozenset({"failed", "aborted"})


async def found(api: CompatSession, kind: type[Any], noun: str, id: str) -> Any:
    """A prediction or a training by its id."""
    return attached(kind(**await api.json("GET", path(noun, id))), api.client)


async def cancel(api: CompatSession, kind: type[Any], noun: str, id: str) -> Any:
    """A prediction or a training that is to go on no more."""
    return attached(kind(**await api.json("POST", path(noun, id, "cancel"))), api.client)


def become(resource: Resource, seen: Resource) -> None:
    """Be what was seen."""
    for name in seen.__fields__:
        setattr(resource, name, getattr(seen, name))


async def finished(api: CompatSession, prediction: Prediction) -> None:
    """Look at a prediction until it has ended.

    Raises:
        WaitTimeout: It has not, within the client's `wait_timeout`.
    """
    deadline = Deadline.after(api.client.wait_timeout)
    while prediction.status not in TERMINAL:
        await _look(api, prediction, deadline)


async def _look(api: CompatSession, prediction: Prediction, deadline: Deadline) -> None:
    if deadline.is_over:
        raise WaitTimeout(prediction)
    await api.io.sleep(deadline.sooner(api.client.poll_interval))
    become(prediction, await found(api, type(prediction), "predictions", prediction.id))


async def items(api: CompatSession, prediction: Prediction) -> AsyncGenerator[Any, None]:
    """The items of a prediction's output as they come, from the first one on.

    Raises:
        ModelError: It failed.
        WaitTimeout: It has not ended within the client's `wait_timeout`.
    """
    deadline = Deadline.after(api.client.wait_timeout)
    given = 0
    while True:
        output: Any = prediction.output or []
        has_ended = prediction.status in TERMINAL
        for item in output[given:]:
            yield item
        given = max(given, len(output))
        if has_ended:
            raise_if_failed(prediction)
            return
        await _look(api, prediction, deadline)


def raise_if_failed(prediction: Prediction) -> None:
    """Raise what a prediction that has failed is to raise.

    Raises:
        ModelError: It has.
    """
    if prediction.status in FAILED:
        raise ModelError(prediction)
