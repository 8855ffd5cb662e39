"""Reads event streams over this package's connections, which send the token to the API only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

from replicatekit import errors
from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import TERMINAL
from replicatekit._streaming.connection import EventConnection, StreamIdle
from replicatekit._streaming.events import OtherEvent, StreamEvent
from replicatekit._streaming.sse import Comment, Decoder
from replicatekit.compat._impl.creating import run_target
from replicatekit.compat._impl.following import get, update
from replicatekit.compat._impl.session import CompatSession, translated
from replicatekit.compat._impl.types import ClientLike, PredictionLike
from replicatekit.compat.exceptions import ReplicateError
from replicatekit.compat.identifier import resolve


class EventLike(Protocol):
    """An event: `ServerSentEvent`."""

    @property
    def is_last(self) -> bool:
        """Whether the stream ends with it."""
        ...


E = TypeVar("E", bound=EventLike)
ReadEvent = Callable[[StreamEvent | OtherEvent | Comment, ClientLike, str], E | None]
"""Converts a decoded item and the last event id; None if it is not an event of a known kind."""


async def run_events(
    api: CompatSession, ref: Any, input: Any, params: Mapping[str, Any], read: ReadEvent[E]
) -> AsyncGenerator[E, None]:
    """Create a prediction and yield its events."""
    prediction = await run_target(api, api.prediction_type, resolve(ref), input, {**params, "stream": True})
    async with aclosing(prediction_events(api, prediction, read)) as events:
        async for event in events:
            yield event


async def prediction_events(
    api: CompatSession, prediction: PredictionLike, read: ReadEvent[E]
) -> AsyncGenerator[E, None]:
    """Yield the events of a prediction.

    Raises:
        ReplicateError: The prediction has no event stream.
        RuntimeError: The stream contained an error event.
    """
    url = prediction.urls and prediction.urls.get("stream")
    if not url or not isinstance(url, str):
        raise ReplicateError("Model does not support streaming")
    decoder = Decoder()
    deadline = Deadline.after(api.client.wait_timeout)
    last_id = ""
    with translated():
        while not deadline.is_over:
            connection = EventConnection(api.session.with_context(deadline=deadline), url, decoder)
            try:
                async with aclosing(_received(connection)) as received:
                    async for item in received:
                        last_id = item.id or last_id
                        event = read(item, api.client, last_id)
                        if event is not None:
                            yield event
                            if event.is_last:
                                return
            except StreamIdle:
                # The server closes idle connections: that is the end only if the prediction has ended.
                update(prediction, await get(api, type(prediction), "predictions", prediction.id))
                if prediction.status in TERMINAL:
                    return
            except errors.StreamError as error:
                raise ValueError(error.message) from None
            else:
                return


async def _received(connection: EventConnection) -> AsyncGenerator[StreamEvent | OtherEvent, None]:
    try:
        while (events := await connection.next_events()) is not None:
            for event in events:
                yield event
    finally:
        await connection.close()
