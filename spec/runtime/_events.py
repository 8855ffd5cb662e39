"""Decodes server-sent events from the bytes of a response, without I/O."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

# https://html.spec.whatwg.org/multipage/server-sent-events.html: a line ends with CRLF, LF or CR.
_LINE_END = re.compile(r"\r\n|\n|\r")


class ServerSentEvent(NamedTuple):
    """One event of a `text/event-stream` response."""

    event: str
    """The event's type; `message` if the server names none."""
    data: str
    """The event's text."""
    id: str = ""
    """The id of the last event that had one."""
    retry: int | None = None
    """The delay in milliseconds after which the server asks clients to reconnect."""

    def json(self) -> Any:
        """Return the text, parsed as JSON.

        Raises:
            ValueError: The text is not JSON.
        """
        import json

        return json.loads(self.data)


class EventDecoder:
    """Decodes the chunks of a stream into events, wherever the chunks are split."""

    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._event = ""
        self._id = ""
        self._retry: int | None = None
        self._data: list[str] = []

    def decode(self, chunk: bytes, *, final: bool = False) -> Iterator[ServerSentEvent]:
        """Yield the events that a chunk completes. An event that is incomplete at the end is dropped."""
        text = self._rest + self._text.decode(chunk, final)
        if text.endswith("\r") and not final:  # may be the first half of CRLF
            text, held = text[:-1], "\r"
        else:
            held = ""
        *lines, rest = _LINE_END.split(text)
        self._rest = rest + held
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value)
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, event, retry = self._data, self._event, self._retry
        self._data, self._event, self._retry = [], "", None
        if not data:
            return None
        return ServerSentEvent(event or "message", "\n".join(data), self._id, retry)
