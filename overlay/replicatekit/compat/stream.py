"""What a prediction says while it runs, event by event."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from replicatekit._runtime import iterate_sync
from replicatekit._streaming import sse as _sse
from replicatekit.compat._impl.records import Record
from replicatekit.compat._impl.session import awaiting, blocking
from replicatekit.compat.helpers import transform_output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

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


def event_of(item: _sse.Event | _sse.Comment, client: Client) -> ServerSentEvent | None:
    """What came, as an event; None where it is of no known kind.

    Raises:
        RuntimeError: It tells of an error.
    """
    if isinstance(item, _sse.Comment) or item.event not in _KINDS:
        return None
    event = ServerSentEvent(event=item.event, data=item.data, id=item.id, retry=item.retry)
    if event.event is EventType.ERROR:
        raise RuntimeError(event.data)
    if event.event is EventType.OUTPUT:
        event.data = transform_output(event.data, client)
    return event


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
            self._decoder = _sse.Decoder()
            self.event = None
            self.data = []
            self.last_event_id = None
            self.retry = None

        def decode(self, line: str) -> ServerSentEvent | None:
            """The event that a line completes; the empty line after it does."""
            found = [item for item in self._decoder.feed(f"{line}\n".encode()) if isinstance(item, _sse.Event)]
            self.last_event_id = self._decoder.last_event_id or None
            self.retry = self._decoder.retry
            if not found or found[0].event not in _KINDS:
                return None
            seen = found[0]
            return ServerSentEvent(event=seen.event, data=seen.data, id=seen.id, retry=seen.retry)

    def __iter__(self) -> Iterator[ServerSentEvent]:
        decoder = _sse.Decoder()
        for chunk in self.response.iter_bytes():
            for item in decoder.feed(chunk):
                event = event_of(item, self.client)
                if event is not None:
                    yield event
                    if event.event is EventType.DONE:
                        return

    async def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        decoder = _sse.Decoder()
        async for chunk in self.response.aiter_bytes():
            for item in decoder.feed(chunk):
                event = event_of(item, self.client)
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
