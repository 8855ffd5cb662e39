"""Event streams, read by this package's connections: with the token only where that may go."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from replicatekit import errors
from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import TERMINAL
from replicatekit._streaming.connection import EventConnection, StreamIdle
from replicatekit._streaming.sse import Decoder
from replicatekit.compat._impl.following import become, found
from replicatekit.compat._impl.session import translated
from replicatekit.compat.exceptions import ReplicateError
from replicatekit.compat.identifier import resolved
from replicatekit.compat.stream import EventType, event_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from replicatekit._streaming.events import OtherEvent, StreamEvent
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.prediction import Prediction
    from replicatekit.compat.stream import ServerSentEvent

__all__ = ["events", "prediction_events"]


async def events(
    api: CompatSession, ref: Any, input: Any, params: Mapping[str, Any]
) -> AsyncGenerator[ServerSentEvent, None]:
    """Create a prediction and give its events."""
    from replicatekit.compat.run import begun

    prediction = await begun(api, resolved(ref), input, {**params, "stream": True})
    async with aclosing(prediction_events(api, prediction)) as given:
        async for event in given:
            yield event


async def prediction_events(api: CompatSession, prediction: Prediction) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a prediction.

    Raises:
        ReplicateError: It has no event stream.
        RuntimeError: The stream told of an error.
    """
    url = prediction.urls and prediction.urls.get("stream")
    if not url or not isinstance(url, str):
        raise ReplicateError("Model does not support streaming")
    decoder = Decoder()
    deadline = Deadline.after(api.client.wait_timeout)
    last_id = ""
    with translated():
        while not deadline.is_over:
            connection = EventConnection(api.session.with_deadline(deadline), url, decoder)
            try:
                async with aclosing(_received(connection)) as received:
                    async for item in received:
                        last_id = item.id or last_id
                        event = event_of(item, api.client, last_id)
                        if event is not None:
                            yield event
                            if event.event is EventType.DONE:
                                return
            except StreamIdle:
                # The server closes a silent connection; that is the end only if the prediction has ended.
                become(prediction, await found(api, type(prediction), "predictions", prediction.id))
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
