"""The events of a prediction while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from enum import Enum
from typing import Any, ClassVar, TypeAlias, Unpack

import httpx

from replicatekit._runtime import iterate_sync
from replicatekit._streaming.events import OtherEvent, StreamEvent
from replicatekit._streaming.sse import Comment, Decoder
from replicatekit.compat import identifier
from replicatekit.compat._impl.creating import CreatePredictionParams
from replicatekit.compat._impl.records import Readers, Record
from replicatekit.compat._impl.session import awaiting, blocking
from replicatekit.compat._impl.streams import run_events
from replicatekit.compat._impl.types import ClientLike, ModelLike, VersionLike
from replicatekit.compat.exceptions import ReplicateError
from replicatekit.compat.helpers import transform_output
from replicatekit.compat.identifier import ModelVersionIdentifier

__all__ = ["EventSource", "ReplicateError", "ServerSentEvent", "async_stream", "event_of", "identifier", "stream"]


class EventType(Enum):
    """The kinds of events."""

    OUTPUT = "output"
    LOGS = "logs"
    ERROR = "error"
    DONE = "done"


_EventType: TypeAlias = EventType  # an alias, as a class attribute hides the name


class ServerSentEvent(Record):
    """An event. Its text is what it adds to the output."""

    _readers: ClassVar[Readers] = {"event": EventType}
    EventType: ClassVar[type[EventType]] = EventType

    event: _EventType
    data: str
    id: str
    retry: int | None

    @property
    def is_last(self) -> bool:
        """Whether the stream ends with this event."""
        return self.event is EventType.DONE

    def __str__(self) -> str:
        return str(self.data) if self.event is EventType.OUTPUT else ""


_KINDS = {kind.value for kind in EventType}


def event_of(item: StreamEvent | OtherEvent | Comment, client: ClientLike, last_id: str) -> ServerSentEvent | None:
    """Convert an event; None for a comment and for an event of an unknown kind.

    Args:
        item: What the decoder returned.
        client: Makes the files of the output.
        last_id: The last id up to this event: its own, or that of an event before it.

    Raises:
        RuntimeError: It is an error event.
    """
    event = _converted(item, last_id)
    if event is not None and event.event is EventType.ERROR:
        raise RuntimeError(event.data)
    if event is not None and event.event is EventType.OUTPUT:
        event.data = transform_output(event.data, client)
    return event


def _converted(item: StreamEvent | OtherEvent | Comment, last_id: str) -> ServerSentEvent | None:
    if isinstance(item, Comment) or item.type not in _KINDS:
        return None
    return ServerSentEvent(event=item.type, data=item.data, id=last_id, retry=item.retry)


class EventSource:
    """The events of a response whose body is not read yet.

    Raises:
        ValueError: The answer is not an event stream.
    """

    client: ClientLike
    response: httpx.Response
    use_file_output: bool

    def __init__(self, client: ClientLike, response: httpx.Response, *, use_file_output: bool | None = True) -> None:
        self.client = client
        self.response = response
        self.use_file_output = use_file_output or True
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind != "text/event-stream":
            raise ValueError(f"Expected response Content-Type to be 'text/event-stream', got {kind!r}")

    class Decoder:
        """Decodes a stream line by line."""

        event: EventType | None
        data: list[str]
        last_event_id: str | None
        retry: int | None

        def __init__(self) -> None:
            self._decoder = Decoder()
            self.event = None
            self.data = []
            self.last_event_id = None
            self.retry = None

        def decode(self, line: str) -> ServerSentEvent | None:
            """Decode a line, and return the event that it completes: an empty line does."""
            items = self._decoder.feed(f"{line}\n".encode())
            events = [_converted(item, self._decoder.last_event_id) for item in items]
            self.last_event_id = self._decoder.last_event_id or None
            self.retry = self._decoder.retry
            return next((event for event in events if event is not None), None)

    def __iter__(self) -> Iterator[ServerSentEvent]:
        decoder, last_id = Decoder(), ""
        for chunk in self.response.iter_bytes():
            for item in decoder.feed(chunk):
                last_id = getattr(item, "id", None) or last_id
                event = event_of(item, self.client, last_id)
                if event is not None:
                    yield event
                    if event.event is EventType.DONE:
                        return

    async def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        decoder, last_id = Decoder(), ""
        async for chunk in self.response.aiter_bytes():
            for item in decoder.feed(chunk):
                last_id = getattr(item, "id", None) or last_id
                event = event_of(item, self.client, last_id)
                if event is not None:
                    yield event
                    if event.event is EventType.DONE:
                        return


def stream(
    client: ClientLike,
    ref: ModelLike | VersionLike | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Iterator[ServerSentEvent]:
    """Run a model and yield its events.

    Raises:
        ReplicateError: The model does not stream, or the API returned an error.
        RuntimeError: The stream contained an error event.
        ValueError: `ref` is not a reference.
    """
    del use_file_output  # without effect, as in the official client
    yield from iterate_sync(run_events(blocking(client), ref, input, params, event_of))


async def async_stream(
    client: ClientLike,
    ref: ModelLike | VersionLike | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> AsyncIterator[ServerSentEvent]:
    """Run a model and yield its events; see `stream`."""
    del use_file_output
    async for event in run_events(awaiting(client), ref, input, params, event_of):
        yield event
