"""Where the responses on a connection end, and the chunks of event streams merged. No I/O.

- Bytes that follow the end of a response belong to no request: they are dropped, and the connection is not reused.
  h11 would keep them and take them for the response to the next request.
- A server sends each event in a chunk of its own, and h11 takes longer over a chunk than everything else takes over an
  event. The chunks that came in one read become one. Nothing is kept back but an incomplete chunk size.

Whatever this module does not understand is passed on unchanged for h11 to judge, and the connection is not reused.
"""

from __future__ import annotations

import re
from enum import Enum, auto

__all__ = ["ResponseFraming"]

_LONGEST_HEAD = 131_072
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n)", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_EVENTS = re.compile(rb"\r\ncontent-type:[ \t]*text/event-stream[ \t;\r]", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t;][^\r\n]*)?\r\n")
_LONGEST_SIZE = 4096
_WITHOUT_BODY = (b"204", b"304")


class _State(Enum):
    NEW = auto()
    IDLE = auto()
    HEAD = auto()
    LENGTH = auto()
    CHUNKS = auto()
    TRAILER = auto()
    SURPLUS = auto()
    UNKNOWN = auto()


class ResponseFraming:
    """Follows the responses on one connection."""

    __slots__ = ("_has_body", "_kept", "_left", "_merges", "_state")

    def __init__(self) -> None:
        self._state = _State.NEW
        self._has_body = True
        self._merges = False
        self._kept = b""
        """The head, the chunk size or the trailer so far."""
        self._left = 0
        """Bytes of the body, or of the chunk with its line end, that are still to come."""

    @property
    def is_reusable(self) -> bool:
        """Whether the last response has ended, with nothing behind it."""
        return self._state in (_State.NEW, _State.IDLE)

    @property
    def expected(self) -> int:
        """Bytes that are known to come next: the rest of the body, or of a chunk of it."""
        return self._left

    def request_written(self, data: bytes) -> None:
        """The first bytes of a request, or more of it, were written."""
        if self.is_reusable and data[:1].isalpha():  # not the handshake with a SOCKS proxy
            self._state, self._kept = _State.HEAD, b""
            self._has_body = not data.startswith(b"HEAD ")

    def feed(self, data: bytes) -> bytes:
        """What to hand on in place of the bytes that came; nothing if more has to come first, or at the end."""
        if self._state is _State.HEAD:
            return self._feed_head(data)
        return self._feed_body(data)

    def _feed_head(self, data: bytes) -> bytes:
        known = len(self._kept)
        head = self._kept + data
        end = head.find(b"\r\n\r\n", max(0, known - 3)) + 4
        if end < 4:
            self._kept = head
            if len(head) > _LONGEST_HEAD or not data:
                self._state = _State.UNKNOWN
            return data
        self._kept = b""
        rest = head[end:]
        if head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) and head[9:12] != b"101":
            return head[known:end] + (self._feed_head(rest) if rest else b"")
        self._state = self._state_after(head[:end])
        return head[known:end] + (self._feed_body(rest) if rest else b"")

    def _state_after(self, head: bytes) -> _State:
        if not head.startswith(b"HTTP/1.1 ") or head[9:12] == b"101":
            return _State.UNKNOWN
        if not self._has_body or head[9:12] in _WITHOUT_BODY:
            return _State.IDLE
        lengths = set(_LENGTH.findall(head))
        if _ENCODED.search(head):
            self._left = 0
            is_chunked = len(_ENCODED.findall(head)) == len(_CHUNKED.findall(head)) == 1 and not lengths
            self._merges = is_chunked and _EVENTS.search(head) is not None
            return _State.CHUNKS if is_chunked else _State.UNKNOWN
        if len(lengths) != 1:
            return _State.UNKNOWN  # without a length, the end of the connection is the end of the body
        self._left = int(lengths.pop())
        return _State.LENGTH if self._left else _State.IDLE

    def _feed_body(self, data: bytes) -> bytes:
        if self._state is _State.LENGTH:
            body = data[: self._left]
            self._left -= len(body)
            if not self._left:
                self._end(len(data) - len(body))
            return body
        if self._state is _State.CHUNKS:
            return self._feed_chunks(data)
        if self._state is _State.TRAILER:
            return data[: self._trailer_in(data, 0)]
        if data and self._state in (_State.IDLE, _State.SURPLUS):
            self._state = _State.SURPLUS
            return b""
        return data

    def _end(self, surplus: int) -> None:
        self._state = _State.SURPLUS if surplus else _State.IDLE

    def _feed_chunks(self, data: bytes) -> bytes:
        """Follow the chunks: returned as they came, or as one."""
        came = data
        if not data:  # the end of the connection within the body
            self._state = _State.UNKNOWN
            return b""
        held = len(self._kept)
        data = self._kept + data if held else data
        self._kept = b""
        pieces: list[bytes] = []
        at = self._rest_of_chunk(data, pieces) if self._left else 0
        while self._state is _State.CHUNKS and not self._left and at < len(data):
            size = _SIZE.match(data, at)
            if size is None:
                is_incomplete = len(data) - at < _LONGEST_SIZE and b"\n" not in data[at:]
                self._kept, self._state = (data[at:], self._state) if is_incomplete else (b"", _State.UNKNOWN)
                break
            if int(size[1], 16) == 0:
                self._state = _State.TRAILER
                end = self._trailer_in(data, size.end())
                return _as_chunk(pieces) + b"0\r\n" + data[size.end() : end] if self._merges else came[: end - held]
            begin = size.end()
            stop = begin + int(size[1], 16)
            if data[stop : stop + 2] == b"\r\n":
                pieces.append(data[begin:stop])
                at = stop + 2
            else:
                self._left = stop + 2 - begin
                at = begin + self._rest_of_chunk(data[begin:], pieces)
        if not self._merges:
            return came
        return _as_chunk(pieces) + (data[at:] if self._state is _State.UNKNOWN else b"")

    def _rest_of_chunk(self, data: bytes, pieces: list[bytes]) -> int:
        """Take what has come of the chunk that was begun; where the next one begins."""
        came = data[: self._left]
        body = came[: max(0, self._left - 2)]
        line_end = came[len(body) :]
        if not b"\r\n"[2 - min(2, self._left) :].startswith(line_end):
            self._state = _State.UNKNOWN
        if body:
            pieces.append(body)
        self._left -= len(came)
        return len(came)

    def _trailer_in(self, data: bytes, at: int) -> int:
        """Where the trailer ends, as far as it has come: with an empty line."""
        known = len(self._kept)
        trailer = self._kept + data[at:]
        end = 2 if trailer.startswith(b"\r\n") else trailer.find(b"\r\n\r\n") + 4
        if end < 4 and not trailer.startswith(b"\r\n"):
            self._kept = trailer
            if len(trailer) > _LONGEST_HEAD:
                self._state = _State.UNKNOWN
            return len(data)
        self._kept = b""
        self._end(len(trailer) - end)
        return at + end - known


def _as_chunk(pieces: list[bytes]) -> bytes:
    if not pieces:
        return b""
    return b"%x\r\n%b\r\n" % (sum(map(len, pieces)), b"".join(pieces))
