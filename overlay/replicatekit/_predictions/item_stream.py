"""The items of an output as it grows: exactly those of the whole output, in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._predictions.polling import Schedule
from replicatekit._streaming.remainder import items_of, says
from replicatekit.errors import PredictionError, WaitTimeout
from replicatekit.streaming import OutputEvent
from replicatekit_api import read_json

if TYPE_CHECKING:
    from replicatekit._predictions.event_stream import EventFlow
    from replicatekit._predictions.output_items import ItemWrapping
    from replicatekit.streaming import StreamEvent

__all__ = ["ItemFlow"]


@define(eq=False)
class ItemFlow:
    """Makes items of output events.

    An event stream carries text, and the number 12 looks there as the text "12" does; a line end looks like any
    other. Where an event leaves it open, the prediction's own output tells, once: an iterator's items are of one
    kind.
    """

    events: EventFlow
    wrapping: ItemWrapping
    _given: int = field(default=0, init=False)
    """How many items were given, or stand ready."""
    _heard: int = field(default=0, init=False)
    """How many output events came."""
    _ready: deque[tuple[int, Any]] = field(factory=deque[tuple[int, Any]], init=False)
    _json_like: Literal["text", "json"] | None = field(default=None, init=False)
    """What data turned out to be that may be either."""
    _lines_are_plain: bool = field(default=False, init=False)
    """Whether line ends turned out to be line feeds."""
    _is_over: bool = field(default=False, init=False)
    _ended_with: PredictionError | None = field(default=None, init=False)
    _is_told: bool = field(default=False, init=False)

    @property
    def live(self) -> Any:
        """The prediction as the caller knows it."""
        return self.events.live

    async def start(self) -> None:
        """Create the prediction, the first time that this is called."""
        await self.events.start()

    async def step(self) -> Any:
        """The next item.

        Raises:
            StopAsyncIteration: There is none.
        """
        while not self._ready:
            if self._is_over:
                self._tell_end()
                raise StopAsyncIteration
            try:
                await self._more()
            except BaseException:
                self._is_over = self._is_told = True
                raise
        index, item = self._ready.popleft()
        flow = self.events
        work = self.wrapping.wrapped(flow.session, flow.known, item, index, flow.following.deadline)
        return await flow.guarded(work)

    async def close(self, *, interrupted: bool = False) -> None:
        """Give no more items. The prediction goes on, unless the caller wants it otherwise."""
        self._is_over = self._is_told = True
        self._ready.clear()
        await self.events.close(interrupted=interrupted)

    def _tell_end(self) -> None:
        if not self._is_told:
            self._is_told = True
            if self._ended_with is not None:
                raise self._ended_with

    async def _more(self) -> None:
        event = await self._event()
        if event is None:
            self._is_over = True
            run = self.events.known
            self._put(*items_of(run.output, ended=is_terminal(run))[self._given :])
            return
        if isinstance(event, OutputEvent):
            self._heard += 1
            if self._heard > self._given:
                await self.events.guarded(self._add(event.data))

    async def _event(self) -> StreamEvent | None:
        """The next event; None after the last one, whatever became of the prediction."""
        try:
            return await self.events.step()
        except StopAsyncIteration:
            return None
        except PredictionError as error:
            # What there is of the output comes first.
            if isinstance(error, WaitTimeout) or not self.events.is_done:
                raise
            self._ended_with = error
            return None

    async def _add(self, data: str) -> None:
        """The item that an output event is."""
        if self._is_known(data):
            return
        if not self._is_open(data):
            self._put(read_json(data) if self._json_like == "json" and _may_be_json(data) else data)
            return
        schedule, waited = Schedule(), 0.0
        while True:
            await self.events.look()
            if self._is_known(data):
                return
            if is_terminal(self.events.known):
                self._put(data)
                return
            delay = schedule.next_delay(waited)
            waited += delay
            await self.events.pause(delay)

    def _is_known(self, data: str) -> bool:
        """Whether the output as it was seen last has the item of this event; then that is given."""
        run = self.events.known
        items = items_of(run.output, ended=is_terminal(run))
        if len(items) <= self._given:
            return False
        item = items[self._given]
        if not says(data, item):
            # A list that was made at once is one event, and the pieces may be other ones than the items.
            self._put(*(items if not self._given and says(data, run.output) else [data]))
            return True
        if _may_be_json(data):
            self._json_like = "text" if isinstance(item, str) else "json"
        self._lines_are_plain = self._lines_are_plain or ("\n" in data and data == item)
        self._put(item)
        return True

    def _is_open(self, data: str) -> bool:
        if _may_be_json(data):
            return self._json_like is None
        return "\n" in data and not self._lines_are_plain

    def _put(self, *items: Any) -> None:
        self._ready.extend(enumerate(items, self._given))
        self._given += len(items)


def _may_be_json(data: str) -> bool:
    """Whether an item that is no text may look like this."""
    if not data.startswith(("{", "[", '"', "-", "t", "f", "n", *"0123456789")) or data[-1:].isspace():
        return False
    try:
        read_json(data)
    except (ValueError, RecursionError):
        return False
    return True
