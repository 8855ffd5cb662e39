"""Each event once: what a connection to an event stream says again is told from what it says for the first time.

A connection that was cut is taken up again with the id of the last event. The server may go on after it, as it
should, or begin at the beginning. Events may have no ids, and are then known by their place and by what they say.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit._streaming.sse import Event

__all__ = ["Heard", "Hearing"]


_LATELY = 10_000  # events


class Heard:
    """The events of a stream, in order, each once: a few bytes of each, for there may be millions."""

    __slots__ = ("_before", "_ids", "_knows_all", "_places", "_said")

    def __init__(self) -> None:
        self._said = array("q")
        """What each event says, as a hash."""
        self._ids = array("q")
        """The id that each has of its own, as a hash; else 0."""
        self._places: dict[int, int] = {}
        """Where the ids stand; while there is one connection, those of late."""
        self._before: dict[int, int] = {}
        """Where those stand that came before them."""
        self._knows_all = False

    def __len__(self) -> int:
        return len(self._said)

    def add(self, event: Event, *, own_id: bool) -> None:
        """One more event; `own_id` where its id is not that of an event before it."""
        known = hash(event.id) if own_id else 0
        if own_id:
            self._places[known] = len(self._said)
        self._ids.append(known)
        self._said.append(_hash(event))

    def add_new(self, events: Sequence[Event], last_id: str) -> list[tuple[Event, bool]]:
        """Add events up to the first whose own id is that of one before; each with whether its id is its own."""
        if len(self._places) >= _LATELY and not self._knows_all:
            self._before, self._places = self._places, {}
        places, before, place = self._places, self._before, len(self._said)
        add_id, add_said = self._ids.append, self._said.append
        news: list[tuple[Event, bool]] = []
        for event in events:
            event_id = event[2]
            own_id = event_id != last_id and event_id != ""
            if own_id:
                known = hash(event_id)
                if known in places or known in before:
                    break
                places[known] = place
                add_id(known)
            else:
                add_id(0)
            add_said(hash(event[:2]))
            place += 1
            last_id = event_id
            news.append((event, own_id))
        return news

    def remember(self) -> None:
        """Know where all ids stand: a connection that begins may say any event again."""
        if self._said and not self._knows_all:
            self._places = {known: place for place, known in enumerate(self._ids) if known}
            self._before = {}
            self._knows_all = True

    def place(self, event: Event) -> int | None:
        """Where the event with this id stands, if it says the same."""
        place = self._place(event.id) if event.id else None
        return place if place is not None and self._said[place] == _hash(event) else None

    def _place(self, event_id: str) -> int | None:
        known = hash(event_id)
        return self._places.get(known, self._before.get(known))

    def repeats(self, place: int | None, event: Event) -> bool:
        """Whether an event without an id says the same as the one at a place, which has none either."""
        if place is None or place >= len(self._said) or self._ids[place]:
            return False
        return self._said[place] == _hash(event)

    def after(self, last_event_id: str) -> int:
        """Where a server goes on that was told this id."""
        if not last_event_id:
            return 0
        place = self._place(last_event_id)
        return len(self._said) if place is None else place + 1


class Hearing:
    """One connection, by what was heard before it.

    Args:
        heard: What was heard, and is added to.
        last_event_id: What the server was told.
    """

    __slots__ = ("_after", "_from_start", "_heard", "_held", "_last_id", "_new")

    def __init__(self, heard: Heard, last_event_id: str) -> None:
        heard.remember()
        self._heard = heard
        self._last_id = last_event_id
        self._after: int | None = heard.after(last_event_id)
        # Beside going on after the last id, the server may begin at the beginning. Until an id tells which, an event
        # without one that says what the first one said is held back.
        self._from_start: int | None = 0 if self._after else None
        self._held: list[Event] = []
        self._new = not heard

    def take(self, *events: Event) -> list[tuple[Event, bool]]:
        """What is new with these events, in order, each with whether it has an id of its own."""
        news = self._heard.add_new(events, self._last_id) if self._new else []
        if len(news) < len(events):
            last_id = news[-1][0].id if news else self._last_id
            for event in events[len(news) :]:
                news += self._weighed(event, own_id=event.id != last_id and event.id != "")
                last_id = event.id
        self._last_id = events[-1].id
        return news

    def _weighed(self, event: Event, *, own_id: bool) -> list[tuple[Event, bool]]:
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


def _hash(event: Event) -> int:
    return hash(event[:2])
