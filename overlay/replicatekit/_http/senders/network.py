"""The network beneath httpcore2: every wait ends at the deadline, and no response is mistaken for another.

- Bytes that follow the end of a response belong to no request: they are dropped, and the connection is not reused.
  h11 would keep them and take them for the response to the next request.
- A server sends each event in its own chunk, and h11 spends more time on a chunk than all other code on an event. The
  chunks of one read are merged into one. Only an incomplete chunk size is held back.

Bytes that the framing cannot parse are passed on unchanged for h11 to judge, and the connection is not reused.
"""

from __future__ import annotations

import re
import select
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import httpcore2

from replicatekit._base.deadline import NEVER

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Iterable

    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import SendTracker

_LONGEST_HEAD = 131_072
_LONGEST_SIZE = 4096
_LARGEST_READ = 256 * 1024  # bytes; httpcore2 reads 64 KB, and each read has its cost
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t;][^\r\n]*)?\r\n")
_DESCRIBES_BODY = re.compile(rb"\r\n(content-length|transfer-encoding):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_IS_HINT = re.compile(rb"HTTP/1\.[01] 1(?!01)")
_EVENTS = re.compile(rb"\r\ncontent-type:[ \t]*text/event-stream[ \t;\r]")


class ResponseFraming:
    """Follows the responses on one connection. No I/O."""

    __slots__ = ("_parser", "expected", "is_reusable")

    def __init__(self) -> None:
        self.is_reusable = True
        """Whether the last response has ended, with nothing behind it."""
        self.expected = 0
        """Bytes of a body that are known to come next."""
        self._parser: Generator[bytes, bytes, None] | None = None

    def request_written(self, data: bytes) -> None:
        """The first bytes of a request, or more of it, were written."""
        if self.is_reusable and data[:1].isalpha():  # not the handshake with a SOCKS proxy
            self.is_reusable = False
            self._parser = self._response(has_body=not data.startswith(b"HEAD "))
            next(self._parser)

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on for those received; empty if more are needed first, or at the end."""
        return data if self._parser is None else self._parser.send(data)

    def _response(self, *, has_body: bool) -> Generator[bytes, bytes, None]:
        data = head = yield b""
        known = 0
        while (end := head.find(b"\r\n\r\n", max(0, known - 3)) + 4) < 4 or _IS_HINT.match(head):
            if end > 3:
                head, known = head[end:], 0
                continue
            if not data or len(head) > _LONGEST_HEAD:
                yield from _unchanged(data)
            known = len(head)
            data = yield data
            head += data
        rest, lowered = head[end:], head[:end].lower()
        received = data[: len(data) - len(rest)]
        described = _DESCRIBES_BODY.findall(lowered)
        kind, value = described[0] if len(set(described)) == 1 else (b"", b"")
        if not head.startswith(b"HTTP/1.1 ") or head[9:12] == b"101":
            yield from _unchanged(data)
        elif not has_body or head[9:12] in (b"204", b"304"):
            yield from self._body(received, rest, 0)
        elif kind == b"content-length" and value.isdigit() and len(value) < 19:
            yield from self._body(received, rest, int(value))
        elif value == b"chunked" and len(described) == 1:
            yield from self._chunks(received, rest, merges=_EVENTS.search(lowered) is not None)
        else:  # without a length, the end of the connection is the end of the body
            yield from _unchanged(data)

    def _body(self, before: bytes, data: bytes, left: int) -> Generator[bytes, bytes, None]:
        """Follow a body of `left` bytes: pass on `before` and the body, and drop what follows."""
        has_surplus = False
        while True:
            body = data[:left]
            left -= len(body)
            self.expected = left
            has_surplus = has_surplus or len(data) > len(body)
            self.is_reusable = not left and not has_surplus
            data = yield before + body
            before = b""

    def _chunks(self, before: bytes, data: bytes, *, merges: bool) -> Generator[bytes, bytes, None]:
        """Follow chunks: pass them on as received, or merge those of one read."""
        partial, left = b"", 0  # an incomplete size; missing bytes of the chunk and its line end
        pieces: list[bytes] = []
        while True:
            received, data, at, may_be_plain = data, partial + data, 0, merges
            while at < len(data):
                if may_be_plain and not left:
                    may_be_plain = False
                    plain, length = _plain_chunks(data[at:])
                    pieces += plain
                    at += length
                if not left:
                    size = _SIZE.match(data, at)
                    if size is None:
                        break
                    at, left = size.end(), int(size[1], 16) + 2
                    if left == 2:
                        passed = _as_chunk(pieces) + b"0\r\n" if merges else received[: len(received) - len(data) + at]
                        yield from self._trailer(before + passed, data[at:])
                stop = at + max(0, left - 2)
                if merges and data[at:stop]:
                    pieces.append(data[at:stop])
                if not b"\r\n"[2 - min(2, left) :].startswith(data[stop : at + left]):
                    yield from _unchanged(before + (_as_chunk(pieces) + b"!" + data[stop:] if merges else received))
                at, left = min(at + left, len(data)), max(0, at + left - len(data))
            partial = data[at:]
            passed = _as_chunk(pieces) if merges else received
            if b"\n" in partial or len(partial) > _LONGEST_SIZE:
                yield from _unchanged(before + passed + (partial if merges else b""))
            pieces.clear()
            data = yield before + passed
            before = b""

    def _trailer(self, before: bytes, trailer: bytes) -> Generator[bytes, bytes, None]:
        """Follow a trailer, which ends with an empty line."""
        at = 0
        while not (is_empty := trailer.startswith(b"\r\n")) and b"\r\n\r\n" not in trailer:
            if len(trailer) > _LONGEST_HEAD:
                yield from _unchanged(before + trailer[at:])
            data = yield before + trailer[at:]
            before, at, trailer = b"", len(trailer), trailer + data
        end = 2 if is_empty else trailer.index(b"\r\n\r\n") + 4
        yield from self._body(before + trailer[at:end], trailer[end:], 0)


def _unchanged(data: bytes) -> Generator[bytes, bytes, None]:
    while True:
        data = yield data


def _plain_chunks(data: bytes) -> tuple[list[bytes], int]:
    """The whole chunks at the beginning of `data`, and their length there, if all have the usual form.

    This takes a fifth of the time of parsing them one by one.
    """
    parts = data.split(b"\r\n")
    parts = parts[: (len(parts) - 1) // 2 * 2]
    sizes, chunks = parts[::2], parts[1::2]
    if b"" in chunks or sizes != [b"%x" % len(chunk) for chunk in chunks]:
        return [], 0
    return chunks, sum(map(len, parts)) + 2 * len(parts)


def _as_chunk(pieces: list[bytes]) -> bytes:
    if not pieces:
        return b""
    return b"%x\r\n%b\r\n" % (sum(map(len, pieces)), b"".join(pieces))


class Attempt:
    """One request that is being sent.

    Args:
        deadline: Ends every wait for the network.
        tracker: See `Request`.
        joins: Whether the body is short enough to be written together with the head, in one packet.
    """

    __slots__ = ("deadline", "is_sent", "joins", "tracker")

    def __init__(self, deadline: Deadline, tracker: SendTracker | None = None, *, joins: bool = False) -> None:
        self.deadline = deadline
        self.tracker = tracker
        self.joins = joins
        self.is_sent = False
        """Whether any byte of the request was given to the network."""

    def limit(self, timeout: float | None, error: type[Exception]) -> float | None:
        """A timeout that does not reach beyond the deadline."""
        if self.deadline.at is None:
            return timeout
        left = self.deadline.left or 0.0
        if left <= 0:
            raise error("the deadline has passed")
        return left if timeout is None else min(timeout, left)


current_attempt: ContextVar[Attempt] = ContextVar("current_attempt", default=Attempt(NEVER))  # noqa: B039 (never changed)
"""The attempt of the running code, for the connection that sends it."""


class _FramedStream:
    """The common part of the streams for sync and async code."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._socket: Any = None
        self._poll: Any = None
        self._number = -1  # of the socket, when it was open
        self._framing = ResponseFraming()
        self._attempt = current_attempt.get()
        self._head = b""
        self._is_writing = False
        """Whether a write is in progress, or has failed."""

    @property
    def expected(self) -> int:
        """Bytes of the response's body that are known to come next."""
        return self._framing.expected

    def _outgoing(self, buffer: bytes) -> bytes:
        """The bytes to write now; none for a head that is written together with its body."""
        if self._framing.is_reusable:
            self._attempt = current_attempt.get()
        buffer, self._head = self._head + buffer, b""
        # A request to a proxy for a tunnel, or a handshake with one, is not yet the caller's request.
        if buffer[:1].isalpha() and not buffer.startswith(b"CONNECT "):
            if self._attempt.joins:
                self._attempt.joins, self._head = False, buffer
                return b""
            if not self._attempt.is_sent and self._attempt.tracker is not None:
                self._attempt.tracker.sending()
            self._attempt.is_sent = True
        self._framing.request_written(buffer)
        return buffer

    def _size_of_read(self, wanted: int) -> int:
        tracker = self._attempt.tracker
        if tracker is not None and self._attempt.is_sent and not self._is_writing:  # the whole request was sent
            self._attempt.tracker = None
            tracker.sent()
        return max(wanted, min(self._framing.expected, _LARGEST_READ))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # checked before an idle connection is used again
            return not self._framing.is_reusable or self._is_readable()
        return self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        # The stream's own check looks up its socket each time, which takes ten times as long.
        if self._poll is None:
            self._socket = self._stream.get_extra_info("socket")
            if self._socket is None or not hasattr(select, "poll"):
                return bool(self._stream.get_extra_info("is_readable"))
            self._number, self._poll = self._socket.fileno(), select.poll()
            if self._number >= 0:
                self._poll.register(self._number, select.POLLIN)
        is_closed = self._number < 0 or self._socket.fileno() != self._number
        return is_closed or bool(self._poll.poll(0))


class _Stream(_FramedStream, httpcore2.NetworkStream):
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            data = self._stream.read(self._size_of_read(max_bytes), self._attempt.limit(timeout, httpcore2.ReadTimeout))
            passed = self._framing.feed(data)
            if passed or not data:
                return passed

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer and (outgoing := self._outgoing(buffer)):
            self._is_writing = True
            self._stream.write(outgoing, self._attempt.limit(timeout, httpcore2.WriteTimeout))
            self._is_writing = False

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit = self._attempt.limit(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit))


class Network(httpcore2.SyncBackend):
    """The network for sync code."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """See httpcore2."""
        limit = current_attempt.get().limit(timeout, httpcore2.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, limit, local_address, socket_options))


class _AsyncStream(_FramedStream, httpcore2.AsyncNetworkStream):
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore2's own)
        while True:
            limit = self._attempt.limit(timeout, httpcore2.ReadTimeout)
            data = await self._stream.read(self._size_of_read(max_bytes), limit)
            passed = self._framing.feed(data)
            if passed or not data:
                return passed

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (the same)
        if buffer and (outgoing := self._outgoing(buffer)):
            self._is_writing = True
            await self._stream.write(outgoing, self._attempt.limit(timeout, httpcore2.WriteTimeout))
            self._is_writing = False

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the same)
    ) -> httpcore2.AsyncNetworkStream:
        limit = self._attempt.limit(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, limit))


class AsyncNetwork(cast("type[httpcore2.AsyncNetworkBackend]", httpcore2.AnyIOBackend)):  # type: ignore[misc]
    """The network for async code, on asyncio and trio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore2's own)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See httpcore2."""
        limit = current_attempt.get().limit(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(await super().connect_tcp(host, port, limit, local_address, socket_options))
