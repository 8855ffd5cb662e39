"""What a prediction says while it runs, event by event."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from replicatekit._runtime import iterate_sync
from replicatekit._streaming.sse import Comment, Decoder
from replicatekit.compat._impl.records import Record
from replicatekit.compat._impl.session import awaiting, blocking
from replicatekit.compat.helpers import transform_output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from replicatekit._streaming.events import OtherEvent, StreamEvent
    from replicatekit.compat._impl.creating import CreatePredictionParams
    from replicatekit.compat._impl.records import Readers
    from replicatekit.compat.client import Client
    from replicatekit.compat.identifier import ModelVersionIdentifier
    from replicatekit.compat.model import Model
    from replicatekit.compat.version import Version

__all__ = ["EventSource", "ServerSentEvent", "async_stream", "event_of", "stream"]


class EventType(Enum):
    """What an event tells of."""

    OUTPUT = "output"
    LOGS = "logs"
    ERROR = "error"
    DONE = "done"


class ServerSentEvent(Record):
    """One event. As text, it is what it adds to the output."""

    _readers: ClassVar[Readers] = {"event": EventType}
    EventType: ClassVar[type[EventType]] = EventType

    event: EventType
    data: str
    id: str
    retry: int | None

    def __str__(self) -> str:
        return str(self.data) if self.event is EventType.OUTPUT else ""


_KINDS = {kind.value for kind in EventType}


def event_of(item: StreamEvent | OtherEvent | Comment, client: Client, last_id: str) -> ServerSentEvent | None:
    """Convert an event; None for a comment and for an event of an unknown kind.

    Args:
        item: What the decoder gave.
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
    """The events of an answer whose body is still to be read.

    Raises:
        ValueError: It is no event stream.
    """

    client: Client
    response: httpx.Response
    use_file_output: bool

    def __init__(self, client: Client, response: httpx.Response, *, use_file_output: bool | None = True) -> None:
        self.client = client
        self.response = response
        self.use_file_output = use_file_output or True
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind != "text/event-stream":
            raise ValueError(f"Expected response Content-Type to be 'text/event-stream', got {kind!r}")

    class Decoder:
        """Reads a stream line by line."""

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
            """The event that a line completes; the empty line after it does."""
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
    client: Client,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Iterator[ServerSentEvent]:
    """Run a model and give its events.

    Raises:
        ReplicateError: It has no event stream, or the API said no.
        RuntimeError: The stream told of an error.
        ValueError: The reference is none.
    """
    from replicatekit.compat._impl.streams import events

    del use_file_output  # without effect, as it was: files are files
    yield from iterate_sync(events(blocking(client), ref, input, params))


async def async_stream(
    client: Client,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> AsyncIterator[ServerSentEvent]:
    """As `stream`."""
    from replicatekit.compat._impl.streams import events

    del use_file_output
    async for event in events(awaiting(client), ref, input, params):
        yield event
