"""Server-Sent Events, decoded by the WHATWG standard from bytes in any chunking. No I/O.

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["Comment", "Decoder", "Event"]

_BOM = b"\xef\xbb\xbf"
_LONGEST_RETRY = 10**12
"""Milliseconds; a longer row of digits is as good as this, and `int` refuses the longest ones."""


@frozen
class Event:
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
        if b"\n" not in chunk and b"\r" not in chunk:
            # Joined once, when its line ends: a long line in many chunks must not take quadratic time.
            self._parts.append(chunk)
            return []
        self._after_cr = chunk.endswith(b"\r")
        self._parts.append(chunk)
        block = b"".join(self._parts)
        if b"\r" in chunk:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._begun:
            self._begun = True
            block = block.removeprefix(_BOM)
        # No byte of a longer UTF-8 sequence looks like a line end: whole lines decode like the whole stream.
        complete, _, rest = block.rpartition(b"\n")
        self._parts = [rest]
        return self._take(complete.decode("utf-8", "replace").split("\n"))

    def _take(self, lines: list[str]) -> list[Event | Comment]:
        items: list[Event | Comment] = []
        for line in lines:
            if not line:
                self.last_event_id = self._id
                if self._data:
                    data = "\n".join(self._data)
                    items.append(Event(self._event or "message", data, self._id, self._event_retry))
                    self._data = []
                self._event = ""
                self._event_retry = None
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                self._data.append(value)
            elif not name:
                items.append(Comment(value))
            else:
                self._take_field(name, value)
        return items

    def _take_field(self, name: str, value: str) -> None:
        if name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._event_retry = self.retry = int(value) if len(value) <= 12 else _LONGEST_RETRY
