"""Each event once: what a connection to an event stream says again is told from what it says for the first time.

A connection that was cut is taken up again with the id of the last event. The server may go on after it, as it
should, or begin at the beginning. Events may have no ids, and are then known by their place and by what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from replicatekit._sse import Event

__all__ = ["Heard", "Hearing"]


@define(eq=False)
class Heard:
    """The events of a stream, in order, each once."""

    events: list[Event] = field(factory=list["Event"])
    _own_id: list[bool] = field(factory=list[bool])
    _places: dict[str, int] = field(factory=dict[str, int])

    def add(self, event: Event, *, own_id: bool) -> None:
        """One more event; `own_id` where its id is not that of an event before it."""
        if own_id:
            self._places[event.id] = len(self.events)
        self.events.append(event)
        self._own_id.append(own_id)

    def place(self, event: Event) -> int | None:
        """Where the event with this id stands, if it says the same."""
        place = self._places.get(event.id) if event.id else None
        return place if place is not None and _same(self.events[place], event) else None

    def repeats(self, place: int | None, event: Event) -> bool:
        """Whether an event without an id says the same as the one at a place, which has none either."""
        if place is None or place >= len(self.events) or self._own_id[place]:
            return False
        return _same(self.events[place], event)

    def after(self, last_event_id: str) -> int:
        """Where a server goes on that was told this id."""
        if not last_event_id:
            return 0
        place = self._places.get(last_event_id)
        return len(self.events) if place is None else place + 1


class Hearing:
    """One connection, by what was heard before it.

    Args:
        heard: What was heard, and is added to.
        last_event_id: What the server was told.
    """

    __slots__ = ("_after", "_from_start", "_heard", "_held", "_last_id", "_new")

    def __init__(self, heard: Heard, last_event_id: str) -> None:
        self._heard = heard
        self._last_id = last_event_id
        self._after: int | None = heard.after(last_event_id)
        # Beside going on after the last id, the server may begin at the beginning. Until an id tells which, an event
        # without one that says what the first one said is held back.
        self._from_start: int | None = 0 if self._after else None
        self._held: list[Event] = []
        self._new = not heard.events

    def take(self, event: Event) -> list[tuple[Event, bool]]:
        """What is new with this event, in order, each with whether it has an id of its own."""
        own_id = bool(event.id) and event.id != self._last_id
        self._last_id = event.id
        place = self._heard.place(event)
        if place is not None and (own_id or not self._new):
            # What stood before it was heard too, and what stands after it goes on from there. (The id that the server
            # was told may stand on the event that has it, or on one after it that has none.)
            self._held = []
            self._after, self._from_start, self._new = place + 1, None, False
            return []
        if not self._new and not own_id and self._is_replay(event):
            return []
        self._new = True
        news = [*((held, False) for held in self._held), (event, own_id)]
        self._held = []
        for each, owned in news:
            self._heard.add(each, own_id=owned)
        return news

    def _is_replay(self, event: Event) -> bool:
        """Whether an event without an id of its own was heard, or may have been."""
        from_start = self._heard.repeats(self._from_start, event)
        self._from_start = self._from_start + 1 if from_start and self._from_start is not None else None
        if self._heard.repeats(self._after, event):
            self._after = (self._after or 0) + 1
            return True
        self._after = None
        if from_start:
            self._held.append(event)
        return from_start


def _same(one: Event, other: Event) -> bool:
    return (one.event, one.data) == (other.event, other.data)
