"""Deliver each event once: recognize events that a server repeats after a reconnect.

A client reconnects with the id of the last event. The server may continue after that event, as it should, or start
again from the first one. Events without an id are recognized by their position and content.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit._streaming.events import OtherEvent, StreamEvent


_RECENT = 10_000  # events


class EventLog:
    """The events of a stream, in order: a few bytes for each, because there may be millions."""

    __slots__ = ("_contents", "_has_index", "_ids", "_older", "_positions")

    def __init__(self) -> None:
        self._contents = array("q")
        """A hash of the type and data of each event."""
        self._ids = array("q")
        """A hash of each event's own id; 0 for an event without one."""
        self._positions: dict[int, int] = {}
        """The position of each id. During the first connection, of recent ids only."""
        self._older: dict[int, int] = {}
        """The positions of the ids before those in `_positions`."""
        self._has_index = False

    def __len__(self) -> int:
        return len(self._contents)

    def add(self, event: StreamEvent | OtherEvent) -> None:
        """Append one event."""
        key = hash(event.id) if event.id else 0
        if key:
            self._positions[key] = len(self._contents)
        self._ids.append(key)
        self._contents.append(_hash(event))

    def add_until_known(self, events: Sequence[StreamEvent | OtherEvent]) -> int:
        """Append events up to the first whose id is known; return how many were appended."""
        if len(self._positions) >= _RECENT and not self._has_index:
            self._older, self._positions = self._positions, {}
        positions, older, position = self._positions, self._older, len(self._contents)
        add_id, add_content = self._ids.append, self._contents.append
        for count, event in enumerate(events):
            event_id = event.id
            if event_id is None:
                add_id(0)
            else:
                key = hash(event_id)
                if key in positions or key in older:
                    return count
                positions[key] = position
                add_id(key)
            add_content(hash((event.type, event.data)))
            position += 1
        return len(events)

    def index_all(self) -> None:
        """Look up every id from now on: after a reconnect the server may repeat any event."""
        if self._contents and not self._has_index:
            self._positions = {key: position for position, key in enumerate(self._ids) if key}
            self._older = {}
            self._has_index = True

    def position_of(self, event: StreamEvent | OtherEvent) -> int | None:
        """The position of the event with the same id and content; None if there is none."""
        position = self._position(event.id) if event.id else None
        return position if position is not None and self._contents[position] == _hash(event) else None

    def _position(self, event_id: str) -> int | None:
        key = hash(event_id)
        return self._positions.get(key, self._older.get(key))

    def matches(self, position: int | None, event: StreamEvent | OtherEvent) -> bool:
        """Whether the event at a position has no id either, and the same content."""
        if position is None or position >= len(self._contents) or self._ids[position]:
            return False
        return self._contents[position] == _hash(event)

    def position_after(self, last_event_id: str) -> int:
        """The position at which a server continues after this id."""
        if not last_event_id:
            return 0
        position = self._position(last_event_id)
        return len(self._contents) if position is None else position + 1


class ReplayFilter:
    """Passes the new events of one connection, and drops those that an earlier connection delivered.

    Args:
        log: The events of the earlier connections; new events are added.
        last_event_id: The id that was sent to the server.
    """

    __slots__ = ("_from_start", "_held", "_is_new", "_last_id", "_log", "_next")

    def __init__(self, log: EventLog, last_event_id: str) -> None:
        log.index_all()
        self._log = log
        self._last_id: str | None = None
        self._next: int | None = log.position_after(last_event_id)
        # The server may start from the first event instead. Until an id shows which, an event that has no id and the
        # content of the first event is held back.
        self._from_start: int | None = 0 if self._next else None
        self._held: list[StreamEvent | OtherEvent] = []
        self._is_new = not log

    def new_events(self, events: Sequence[StreamEvent | OtherEvent]) -> list[StreamEvent | OtherEvent]:
        """Return the new events among these, in order."""
        count = self._log.add_until_known(events) if self._is_new else 0
        new = [*events[:count]]
        if count:
            self._last_id = events[count - 1].id
        for event in events[count:]:
            new += self._check(event)
            self._last_id = event.id
        return new

    def _check(self, event: StreamEvent | OtherEvent) -> list[StreamEvent | OtherEvent]:
        position = self._log.position_of(event)
        # A server may give the same id to several events in a row; these are different events.
        if position is not None and not (self._is_new and event.id == self._last_id):
            # The events before this one are known too, and those after it follow from here.
            self._held = []
            self._next, self._from_start, self._is_new = position + 1, None, False
            return []
        if not self._is_new and not event.id and self._is_replay(event):
            return []
        self._is_new = True
        new, self._held = [*self._held, event], []
        for each in new:
            self._log.add(each)
        return new

    def _is_replay(self, event: StreamEvent | OtherEvent) -> bool:
        """Whether an event without an id is known, or may be."""
        from_start = self._log.matches(self._from_start, event)
        self._from_start = self._from_start + 1 if from_start and self._from_start is not None else None
        if self._log.matches(self._next, event):
            self._next = (self._next or 0) + 1
            return True
        self._next = None
        if from_start:
            self._held.append(event)
        return from_start


def _hash(event: StreamEvent | OtherEvent) -> int:
    return hash((event.type, event.data))
