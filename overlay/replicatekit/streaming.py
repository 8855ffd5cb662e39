"""The streams of a running prediction: typed events, the text of its output, or the items of its output.

    with client.stream("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}) as stream:
        for event in stream:
            print(event, end="")

`str(event)` is the text of an output event, and empty for every other event.

A stream creates its prediction when the first event is requested, or on entering `with`, and never twice. A stream that
is not read costs nothing. Leaving a stream early does not cancel the prediction, unless `cancel_on_close=True`. Each
event is delivered exactly once and in order, also after a reconnect. Line ends in the text of an event are line feeds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from replicatekit._base.signatures import Resolvable
from replicatekit._runtime import run_sync
from replicatekit._streaming.events import DoneEvent, ErrorEvent, LogsEvent, OutputEvent, StreamEvent
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

    from replicatekit._predictions.event_stream import EventStreamFlow

__all__ = [
    "AsyncEventStream",
    "AsyncItemStream",
    "DoneEvent",
    "ErrorEvent",
    "EventStream",
    "ItemStream",
    "LogsEvent",
    "OutputEvent",
    "StreamEvent",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
P = TypeVar("P")


class _Flow(Protocol[T_co]):
    """The logic of a stream; see `_predictions.event_stream` and `_predictions.item_stream`."""

    @property
    def bound(self) -> Any: ...

    async def start(self) -> None: ...

    async def next_event(self) -> T_co: ...

    async def close(self, *, interrupted: bool = False) -> None: ...


class _Stream(Resolvable, Generic[T, P]):
    """What all streams have in common."""

    def __init__(self, flow: _Flow[T]) -> None:
        self._flow = flow

    def __repr__(self) -> str:
        bound = self._flow.bound
        return f"<{type(self).__name__}: {'no prediction yet' if bound is None else f'prediction {bound.id}'}>"

    @property
    def prediction(self) -> P:
        """The prediction in its last known state; after the last event, in its final state.

        Raises:
            InvalidArgument: The prediction has not been created: the stream was neither iterated nor entered.
        """
        if self._flow.bound is None:
            raise InvalidArgument("no prediction exists yet: iterate the stream, or enter it with `with`")
        result: P = self._flow.bound
        return result


class _SyncStream(_Stream[T, P], Iterator[T]):
    """The methods that wait for the stream."""

    def __next__(self) -> T:
        try:
            return run_sync(self._flow.next_event())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """End the stream. The prediction keeps running, unless `cancel_on_close=True`."""
        run_sync(self._flow.close())

    def __enter__(self) -> Self:
        run_sync(self._flow.start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run_sync(self._flow.close(interrupted=_is_interruption(kind)))


class _AsyncStream(_Stream[T, P], AsyncIterator[T]):
    """What all streams have in common."""

    async def __anext__(self) -> T:
        return await self._flow.next_event()

    def __await__(self) -> Generator[Any, Any, Self]:
        """Create the prediction now, instead of with the first event."""
        return self.__aenter__().__await__()

    async def close(self) -> None:
        """End the stream. The prediction keeps running, unless `cancel_on_close=True`."""
        await self._flow.close()

    async def aclose(self) -> None:
        """Do the same as `close`, under the name that `contextlib.aclosing` calls."""
        await self._flow.close()

    async def __aenter__(self) -> Self:
        await self._flow.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flow.close(interrupted=_is_interruption(kind))


class EventStream(_SyncStream[StreamEvent, P]):
    """An iterator over the events of a prediction. Use it as a context manager to close it early.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: After the last event of a prediction that did not succeed,
            unless `raise_on_error=False`.
        WaitTimeout: The prediction did not finish within `timeout`.
        StreamError: There is no event stream, and `require_stream=True`; or the stream was cut, and its missing part
            cannot be recovered.
        APIError: The API returned an error, or did not respond.
    """

    _flow: EventStreamFlow

    def __init__(self, flow: EventStreamFlow) -> None:
        super().__init__(flow)
        self._ready = flow.ready

    def __next__(self) -> StreamEvent:
        if self._ready and self._flow.has_no_deadline:
            return self._ready.popleft()
        return super().__next__()

    def text_chunks(self) -> Iterator[str]:
        """Yield the output text in chunks."""
        for event in self:
            if event.type == "output":
                yield event.data

    def text(self) -> str:
        """Wait for the end, and return the whole text of the output, including what was read before."""
        for _ in self:
            pass
        return self._flow.text


class AsyncEventStream(_AsyncStream[StreamEvent, P]):
    """An iterator over the events of a prediction. Use it as a context manager to close it early.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: After the last event of a prediction that did not succeed,
            unless `raise_on_error=False`.
        WaitTimeout: The prediction did not finish within `timeout`.
        StreamError: There is no event stream, and `require_stream=True`; or the stream was cut, and its missing part
            cannot be recovered.
        APIError: The API returned an error, or did not respond.
    """

    _flow: EventStreamFlow

    def __init__(self, flow: EventStreamFlow) -> None:
        super().__init__(flow)
        self._ready = flow.ready

    async def __anext__(self) -> StreamEvent:
        if self._ready and self._flow.has_no_deadline:
            return self._ready.popleft()
        return await self._flow.next_event()

    def text_chunks(self) -> AsyncIterator[str]:
        """Yield the output text in chunks."""
        return _AsyncTextChunks(self)

    async def text(self) -> str:
        """Wait for the end, and return the whole text of the output, including what was read before."""
        async for _ in self:
            pass
        return self._flow.text


class _AsyncTextChunks(AsyncIterator[str]):
    # The event loop closes an unfinished async generator in arbitrary order, and perhaps too late.

    def __init__(self, stream: AsyncEventStream[Any]) -> None:
        self._stream = stream

    async def __anext__(self) -> str:
        while True:
            event = await anext(self._stream)
            if event.type == "output":
                return event.data

    async def aclose(self) -> None:
        await self._stream.aclose()


class ItemStream(_SyncStream[Any, P]):
    """An iterator over the items of the output as the model produces them, each once and in order.

    An output that is not a list is one item. It raises the errors of `EventStream`.
    """


class AsyncItemStream(_AsyncStream[Any, P]):
    """An iterator over the items of the output as the model produces them, each once and in order.

    An output that is not a list is one item. It raises the errors of `EventStream`.
    """


def _is_interruption(kind: type[BaseException] | None) -> bool:
    """Whether Ctrl-C or the cancellation of a task leaves a block, and not an error or a closed generator."""
    return kind is not None and not issubclass(kind, (Exception, GeneratorExit))
