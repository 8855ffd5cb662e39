"""Finds where the head and the body of a request end in the bytes of a connection."""

from __future__ import annotations

import re

_LONGEST_HEAD = 64 * 1024
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"


class RequestFrame:
    """One request, received in pieces; its head is held back until it is complete.

    Attributes:
        head: The received part of its head.
        has_head: Whether the head is complete.
        is_whole: Whether the body is complete too.
    """

    def __init__(self) -> None:
        self.head: bytes = b""
        self.has_head = False
        self.is_whole = False
        self._held = bytearray()
        self._left = 0
        self._is_chunked = False
        self._tail: bytes = b""

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Split off the bytes that belong to this request; return them, and the rest."""
        if self.is_whole:
            size = len(data)  # sent before the response: left to the HTTP protocol
        elif not self.has_head:
            size = self._take_head(data)
        elif self._is_chunked:
            size = len(data)
            self._tail = (self._tail + data)[-len(_LAST_CHUNK) :]
            self.is_whole = self._tail == _LAST_CHUNK
        else:
            size = min(len(data), self._left)
            self._left -= size
            self.is_whole = self._left == 0
        self._held += data[:size]
        return data[:size], data[size:]

    def _take_head(self, data: bytes) -> int:
        received = len(self.head)
        head = self.head + data
        end = head.find(_END)
        if end < 0:
            self.head = head
            self.has_head = self.is_whole = len(head) > _LONGEST_HEAD  # too long: left to the HTTP protocol
            return len(data)
        self.head = head[: end + len(_END)]
        self.has_head = True
        length = _LENGTH.search(self.head)
        self._left = int(length[1]) if length else 0
        self._is_chunked = _CHUNKED.search(self.head) is not None
        self.is_whole = self._left == 0 and not self._is_chunked
        return len(self.head) - received

    def release(self) -> bytes:
        """Return the bytes to pass on: none while the head is not complete."""
        if not self.has_head:
            return b""
        released = bytes(self._held)
        self._held.clear()
        return released
