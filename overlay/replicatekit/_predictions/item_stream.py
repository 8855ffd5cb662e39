"""The items of an output while it grows: exactly the items of the final output, in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._predictions.polling import poll_gap
from replicatekit._streaming.events import OutputEvent
from replicatekit._streaming.remainder import event_matches_item, items_of
from replicatekit.errors import PredictionError, WaitTimeout
from replicatekit_api import read_json

if TYPE_CHECKING:
    from replicatekit._predictions.event_stream import EventStreamFlow
    from replicatekit._predictions.output_items import ItemConverter
    from replicatekit._streaming.events import StreamEvent


@define(eq=False)
class ItemStreamFlow:
    """Turns output events into items.

    An event stream carries text: the number 12 and the text "12" look the same, and so do different line ends. Where
    an event is ambiguous, the prediction's own output decides, once: the items of an iterator have one type.
    """

    events: EventStreamFlow
    converter: ItemConverter
    _count: int = field(default=0, init=False)
    """The number of items that are known."""
    _received: int = field(default=0, init=False)
    """The number of output events so far."""
    _ready: deque[tuple[int, Any]] = field(factory=deque[tuple[int, Any]], init=False)
    _json_like: Literal["text", "json"] | None = field(default=None, init=False)
    """The kind that ambiguous data turned out to have."""
    _has_plain_line_ends: bool = field(default=False, init=False)
    """Whether the output's line ends turned out to be line feeds."""
    _is_over: bool = field(default=False, init=False)
    _final_error: PredictionError | None = field(default=None, init=False)

    @property
    def bound(self) -> Any:
        """The prediction that the caller holds, bound to the client."""
        return self.events.bound

    async def start(self) -> None:
        """Create the prediction, on the first call."""
        await self.events.start()

    async def next_event(self) -> Any:
        """Wait for the next item.

        Raises:
            StopAsyncIteration: There are no more items.
        """
        while not self._ready:
            if self._is_over:
                error, self._final_error = self._final_error, None
                raise StopAsyncIteration if error is None else error
            try:
                await self._advance()
            except BaseException:
                self._is_over = True
                raise
        index, item = self._ready.popleft()
        flow = self.events
        work = self.converter.convert(flow.session, flow.run, item, index, flow.settings.deadline)
        return await flow.guard(work)

    async def close(self, *, interrupted: bool = False) -> None:
        """End the stream. The prediction keeps running, unless the options cancel it."""
        self._is_over, self._final_error = True, None
        self._ready.clear()
        await self.events.close(interrupted=interrupted)

    async def _advance(self) -> None:
        event = await self._next_event()
        if event is None:
            self._is_over = True
            run = self.events.run
            self._add(*items_of(run.output, ended=is_terminal(run))[self._count :])
            return
        if isinstance(event, OutputEvent):
            self._received += 1
            if self._received > self._count:
                await self.events.guard(self._add_from(event.data))

    async def _next_event(self) -> StreamEvent | None:
        """The next event; None after the last one, however the prediction ended."""
        try:
            return await self.events.next_event()
        except StopAsyncIteration:
            return None
        except PredictionError as error:
            # The remaining items come first.
            if isinstance(error, WaitTimeout) or not self.events.is_done:
                raise
            self._final_error = error
            return None

    async def _add_from(self, data: str) -> None:
        """Add the item of an output event."""
        if self._add_known(data):
            return
        if not self._is_ambiguous(data):
            self._add(read_json(data) if self._json_like == "json" and _may_be_json(data) else data)
            return
        waited = 0.0
        while True:
            await self.events.follower.poll()
            if self._add_known(data):
                return
            if is_terminal(self.events.run):
                self._add(data)
                return
            gap = poll_gap(waited)
            waited += gap
            await self.events.follower.pause(gap)

    def _add_known(self, data: str) -> bool:
        """Add the item of this event from the last known output; False if it is not there yet."""
        run = self.events.run
        items = items_of(run.output, ended=is_terminal(run))
        if len(items) <= self._count:
            return False
        item = items[self._count]
        if not event_matches_item(data, item):
            # One event may carry a whole list, and events may divide a text in other places than the items do.
            self._add(*(items if not self._count and event_matches_item(data, run.output) else [data]))
            return True
        if _may_be_json(data):
            self._json_like = "text" if isinstance(item, str) else "json"
        self._has_plain_line_ends = self._has_plain_line_ends or ("\n" in data and data == item)
        self._add(item)
        return True

    def _is_ambiguous(self, data: str) -> bool:
        if _may_be_json(data):
            return self._json_like is None
        return "\n" in data and not self._has_plain_line_ends

    def _add(self, *items: Any) -> None:
        self._ready.extend(enumerate(items, self._count))
        self._count += len(items)


def _may_be_json(data: str) -> bool:
    """Whether data may be an item that is not text."""
    if not data.startswith(("{", "[", '"', "-", "t", "f", "n", *"0123456789")) or data[-1:].isspace():
        return False
    try:
        read_json(data)
    except (ValueError, RecursionError):
        return False
    return True
