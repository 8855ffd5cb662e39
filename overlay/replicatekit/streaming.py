"""What a prediction says while it runs: typed events, and the streams that give them.

    with client.stream("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}) as stream:
        for event in stream:
            print(event, end="")

`str(event)` is the text of an output, and empty for every other event.

A stream creates its prediction when its first event is asked for, or on entering `with`; once, whatever happens then.
Making a stream and not reading it costs nothing. Leaving one early does not cancel the prediction, unless
`cancel_on_close` says so. Each event is given once, in order, also when the connection is cut and taken up again. Line
ends in the text of an event are line feeds.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, cast

from attrs import field, frozen

from replicatekit._base.signatures import resolvable
from replicatekit._runtime import run_sync
from replicatekit.errors import DecodingError, InvalidArgument
from replicatekit_api import read_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import TracebackType

    from replicatekit._predictions.event_stream import EventFlow
    from replicatekit.resources.prediction import AsyncPrediction, Prediction

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


@frozen(init=False)
class _Event:
    data: str
    """What it says, as it came."""
    id: str | None = None
    """The server's name for it, where it has one."""
    retry: int | None = field(default=None, repr=False, eq=False)
    """Milliseconds that the server wants to be left alone for after a cut, where it said so with this event."""

    def __init__(self, data: str, id: str | None = None, retry: int | None = None) -> None:
        # At half of what the frozen class's own would take.
        _set_data(self, data)
        _set_id(self, id)
        _set_retry(self, retry)

    def __str__(self) -> str:
        return ""

    def json(self) -> Any:
        """What it says, where that is JSON: an item of an output that is no text comes so.

        Raises:
            DecodingError: It is none.
        """
        try:
            return read_json(self.data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"an event that is no JSON: {error}", body=self.data[:300].encode()) from None

    def _said(self, name: str) -> str | None:
        try:
            value: object = read_json(self.data)
        except (ValueError, RecursionError):
            return None
        said = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
        return said if said is None or isinstance(said, str) else json.dumps(said)


_set_data, _set_id, _set_retry = (vars(_Event)[name].__set__ for name in ("data", "id", "retry"))


@frozen(init=False)
class OutputEvent(_Event):
    """A piece of the output: text, the URL of a file (https or `data:`), or any other item as JSON."""

    type: ClassVar[Literal["output"]] = "output"

    def __str__(self) -> str:
        return self.data


@frozen(init=False)
class LogsEvent(_Event):
    """What the model logged since the last one."""

    type: ClassVar[Literal["logs"]] = "logs"


@frozen(init=False)
class ErrorEvent(_Event):
    """The prediction failed."""

    type: ClassVar[Literal["error"]] = "error"

    @property
    def detail(self) -> str:
        """Why, in the model's or the API's words."""
        detail = self._said("detail")
        return self.data if detail is None else detail


@frozen(init=False)
class DoneEvent(_Event):
    """The end: no event comes after it."""

    type: ClassVar[Literal["done"]] = "done"

    @property
    def reason(self) -> str | None:
        """None after a success, else `error` or `canceled`."""
        return self._said("reason")


StreamEvent: TypeAlias = OutputEvent | LogsEvent | ErrorEvent | DoneEvent
"""Any of the four; `event.type` tells them apart for a type checker too."""


class _Flow(Protocol[T_co]):
    """What brings the items; see `_flows.stream` and `_flows.iterate`."""

    @property
    def live(self) -> Any: ...

    async def start(self) -> None: ...

    async def step(self) -> T_co: ...

    async def close(self, *, interrupted: bool = False) -> None: ...


class _Stream(Generic[T]):
    """What all streams have in common."""

    def __init__(self, flow: _Flow[T]) -> None:
        self._flow = flow

    def __repr__(self) -> str:
        known = self._flow.live
        return f"<{type(self).__name__} of {'nothing yet' if known is None else known.id}>"

    @property
    def _prediction(self) -> Any:
        if self._flow.live is None:
            raise InvalidArgument("there is no prediction yet: enter the stream by `with`, or ask for its first item")
        return self._flow.live


class _Stream(_Stream[T], Iterator[T]):
    """The ways to call for sync code."""

    @property
    def prediction(self) -> Prediction:
        """The prediction, as it was seen last; when the stream has ended, as it ended.

        Raises:
            InvalidArgument: It was not created yet.
        """
        return self._prediction

    def __next__(self) -> T:
        try:
            return run_sync(self._flow.step())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """End the stream. The prediction goes on, unless `cancel_on_close` was asked for."""
        run_sync(self._flow.close())

    def __enter__(self) -> Self:
        run_sync(self._flow.start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run_sync(self._flow.close(interrupted=_is_interruption(kind)))


class _AsyncStream(_Stream[T], AsyncIterator[T]):
    """The ways to call for sync code."""

    @property
    def prediction(self) -> AsyncPrediction:
        """The prediction, as it was seen last; when the stream has ended, as it ended.

        Raises:
            InvalidArgument: It was not created yet.
        """
        return self._prediction

    async def __anext__(self) -> T:
        return await self._flow.step()

    def __await__(self) -> Generator[Any, Any, Self]:
        """Create the prediction now, and not with the first event."""
        return self.__aenter__().__await__()

    async def close(self) -> None:
        """End the stream. The prediction goes on, unless `cancel_on_close` was asked for."""
        await self._flow.close()

    async def aclose(self) -> None:
        """End the stream. The prediction goes on, unless `cancel_on_close` was asked for."""
        await self._flow.close()

    async def __aenter__(self) -> Self:
        await self._flow.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flow.close(interrupted=_is_interruption(kind))


class EventStream(_Stream[StreamEvent]):
    """The events of a prediction, one by one.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: After the last event of a prediction without success,
            unless `raise_on_error` is off.
        WaitTimeout: It has not ended within `timeout`.
        StreamError: There is no stream, and `require_stream` is on; or the rest of a stream that was cut cannot be
            had in any way.
        APIError: The API said no, or nothing.
    """

    _flow: EventFlow

    def __init__(self, flow: EventFlow) -> None:
        super().__init__(flow)
        self._ready = flow.ready

    def __next__(self) -> StreamEvent:
        if self._ready and self._flow.is_timeless:
            return self._ready.popleft()
        return super().__next__()

    def pieces(self) -> Iterator[str]:
        """The text of the output, piece by piece."""
        for event in self:
            if event.type == "output":
                yield event.data

    def text(self) -> str:
        """The whole text of the output, when the model has finished; what was given before is part of it."""
        for _ in self:
            pass
        return self._flow.text


class AsyncEventStream(_AsyncStream[StreamEvent]):
    """The events of a prediction, one by one.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: After the last event of a prediction without success,
            unless `raise_on_error` is off.
        WaitTimeout: It has not ended within `timeout`.
        StreamError: There is no stream, and `require_stream` is on; or the rest of a stream that was cut cannot be
            had in any way.
        APIError: The API said no, or nothing.
    """

    _flow: EventFlow

    def __init__(self, flow: EventFlow) -> None:
        super().__init__(flow)
        self._ready = flow.ready

    async def __anext__(self) -> StreamEvent:
        if self._ready and self._flow.is_timeless:
            return self._ready.popleft()
        return await self._flow.step()

    async def pieces(self) -> AsyncGenerator[str, None]:
        """The text of the output, piece by piece."""
        async for event in self:
            if event.type == "output":
                yield event.data

    async def text(self) -> str:
        """The whole text of the output, when the model has finished; what was given before is part of it."""
        async for _ in self:
            pass
        return self._flow.text


class ItemStream(_Stream[Any]):
    """The items of an output as it grows: those of the whole output, each once and in order.

    An output that is no list is one item. Raises as `EventStream` does.
    """


class AsyncItemStream(_AsyncStream[Any]):
    """The items of an output as it grows: those of the whole output, each once and in order.

    An output that is no list is one item. Raises as `EventStream` does.
    """


def _is_interruption(kind: type[BaseException] | None) -> bool:
    """Whether it is Ctrl-C, or the end of a task, that leaves a block: neither an error nor a closed generator."""
    return kind is not None and not issubclass(kind, (Exception, GeneratorExit))


resolvable(__name__)
