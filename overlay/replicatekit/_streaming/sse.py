"""Server-Sent Events, decoded by the WHATWG standard from bytes in any chunking. No I/O.

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from attrs import frozen

from replicatekit._streaming.events import CLASSES, OtherEvent, StreamEvent

_BOM = b"\xef\xbb\xbf"
_LONGEST_RETRY = 10**12
"""Milliseconds. A longer row of digits counts as this; `int` refuses the longest ones."""


@frozen
class Comment:
    """A line that begins with a colon.

    The standard ignores comments. Replicate's server sends one when it closes a connection that was silent too long.
    """

    text: str


class Decoder:
    """Turns bytes into events and comments, in the order of their completion.

    An event is complete at its empty line; an unfinished event at the end of the bytes is dropped.

    Args:
        last_event_id: When reconnecting, the id that the server was asked to continue after.
    """

    __slots__ = ("_after_cr", "_data", "_own_id", "_parts", "_retry", "_started", "_type", "last_event_id", "retry")

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """The value for `Last-Event-ID`: set by complete events only, so that the server repeats an unfinished one."""
        self.retry: int | None = None
        """Milliseconds to wait before reconnecting, if the server asked for that."""
        self._own_id: str | None = None
        self._type = ""
        self._retry: int | None = None
        self._data: list[str] = []
        self._parts: list[bytes] = []
        self._started = False
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[StreamEvent | OtherEvent | Comment]:
        """Return the events and comments that `chunk` completes."""
        if self._after_cr and chunk:
            # The CR ended its line when it arrived; an LF after it belongs to that line, even in another chunk.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        # No byte of a longer UTF-8 sequence looks like a line end: whole lines decode like the whole stream.
        lines, end, rest = chunk.rpartition(b"\n")
        if not end:
            # Joined once, when the line ends: a long line in many chunks must not take quadratic time.
            self._parts.append(chunk)
            return []
        if self._parts:
            lines = b"".join((*self._parts, lines))
            self._parts.clear()
        if rest:
            self._parts.append(rest)
        if not self._started:
            self._started = True
            lines = lines.removeprefix(_BOM)
        return self._parse(lines.decode("utf-8", "replace").split("\n"))

    def _parse(self, lines: list[str]) -> list[StreamEvent | OtherEvent | Comment]:
        items: list[StreamEvent | OtherEvent | Comment] = []
        data, kind, own_id = self._data, self._type, self._own_id
        for line in lines:
            # The usual spellings of the usual fields come first; anything else is parsed in full.
            name, _, value = line.partition(": ")
            if name == "data":
                data.append(value)
            elif name == "id" and "\0" not in value:
                own_id = value
            elif name == "event":
                kind = value
            elif line:
                self._type, self._own_id = kind, own_id
                self._parse_field(line, items)
                kind, own_id = self._type, self._own_id
            else:
                if own_id is not None:
                    self.last_event_id = own_id
                if data:
                    text = data[0] if len(data) == 1 else "\n".join(data)
                    known = CLASSES.get(kind)
                    items.append(
                        OtherEvent(kind or "message", text, own_id or None, self._retry)
                        if known is None
                        else known(text, own_id or None, self._retry)
                    )
                    data.clear()
                kind, own_id, self._retry = "", None, None
        self._type, self._own_id = kind, own_id
        return items

    def _parse_field(self, line: str, items: list[StreamEvent | OtherEvent | Comment]) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            if "\0" not in value:
                self._own_id = value
        elif name == "data":
            self._data.append(value)
        elif not name:
            items.append(Comment(value))
        elif name == "event":
            self._type = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = self.retry = int(value) if len(value) <= 12 else _LONGEST_RETRY
