"""Server-Sent Events, decoded by the WHATWG standard from bytes in any chunking. No I/O.

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from typing import Any, NamedTuple

from attrs import frozen

__all__ = ["Comment", "Decoder", "Event"]

_BOM = b"\xef\xbb\xbf"
# At a third of the price of the class's own.
_new: Any = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_LONGEST_RETRY = 10**12
"""Milliseconds; a longer row of digits is as good as this, and `int` refuses the longest ones."""


class Event(NamedTuple):
    """One event as the standard dispatches it."""

    event: str
    data: str
    id: str = ""
    """The last id seen up to this event: its own, or the one of an event before."""
    retry: int | None = None
    """Milliseconds to wait before connecting again, where this event carries them."""


@frozen
class Comment:
    """A line that begins with a colon.

    The standard drops it; this API's stream says with one that it gives up a silent connection.
    """

    text: str


class Decoder:
    """Turns bytes into events and comments, in the order in which their last line is complete.

    What is unfinished when the bytes end is never given: an event needs its empty line.

    Args:
        last_event_id: where a connection is taken up again, the id it was asked to go on from.
    """

    __slots__ = (
        "_after_cr",
        "_begun",
        "_data",
        "_event",
        "_event_retry",
        "_id",
        "_parts",
        "last_event_id",
        "retry",
    )

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """What `Last-Event-ID` has to be: set by a complete event only, so that a cut one is sent again."""
        self.retry: int | None = None
        """Milliseconds to wait before connecting again, if the server said so."""
        self._id = last_event_id
        self._event = ""
        self._event_retry: int | None = None
        self._data: list[str] = []
        self._parts: list[bytes] = []
        self._begun = False
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event | Comment]:
        """The events and comments that `chunk` completes."""
        if self._after_cr and chunk:
            # The CR ended its line when it came; an LF after it belongs to it, in whichever chunk.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        # No byte of a longer UTF-8 sequence looks like a line end: whole lines decode like the whole stream.
        lines, end, rest = chunk.rpartition(b"\n")
        if not end:
            # Joined once, when its line ends: a long line in many chunks must not take quadratic time.
            self._parts.append(chunk)
            return []
        if self._parts:
            lines = b"".join((*self._parts, lines))
            self._parts.clear()
        if rest:
            self._parts.append(rest)
        if not self._begun:
            self._begun = True
            lines = lines.removeprefix(_BOM)
        return self._take(lines.decode("utf-8", "replace").split("\n"))

    def _take(self, lines: list[str]) -> list[Event | Comment]:
        items: list[Event | Comment] = []
        data, event, event_id = self._data, self._event, self._id
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "data":
                data.append(value)
            elif name == "id" and "\0" not in value:
                event_id = value
            elif name == "event":
                event = value
            elif line:
                self._event, self._id = event, event_id
                self._take_other(line, items)
                event, event_id = self._event, self._id
            else:
                self.last_event_id = event_id
                if data:
                    said = data[0] if len(data) == 1 else "\n".join(data)
                    items.append(_new(Event, (event or "message", said, event_id, self._event_retry)))
                    data.clear()
                event = ""
                self._event_retry = None
        self._event, self._id = event, event_id
        return items

    def _take_other(self, line: str, items: list[Event | Comment]) -> None:
        """A line that is not in the usual form, or has not one of the usual names."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif not name:
            items.append(Comment(value))
        else:
            self._take_field(name, value)

    def _take_field(self, name: str, value: str) -> None:
        if name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._event_retry = self.retry = int(value) if len(value) <= 12 else _LONGEST_RETRY
