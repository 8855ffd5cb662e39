"""The connections under HTTP: they count bytes in both directions, and cut, slow or falsify them by a fault."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

from replicatekit.sandbox._network.faults import HEADER
from replicatekit.sandbox._network.framing import RequestFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._network.faults import Fault, Faults

_REQUEST_LINE = re.compile(rb"([A-Z]+) (/[^ ?]*)[^ ]* HTTP/1")
_FAULT_HEADER = re.compile(rb"\r\n" + HEADER.encode() + rb":[ \t]*([^\r]*)\r\n", re.IGNORECASE)
_LENGTH = re.compile(rb"(\r\ncontent-length: *)(\d+)", re.IGNORECASE)
Address = tuple[str, int]


class Connections:
    """The open connections by their client's address."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._open: dict[Address, Connection] = {}

    def of(self, client: Address) -> Connection | None:
        """Return the connection from a client's address."""
        return self._open.get(client)

    def opened(self, connection: Connection) -> None:
        """Add a connection."""
        self._open[connection.client] = connection

    def lost(self, connection: Connection) -> None:
        """Remove a connection."""
        self._open.pop(connection.client, None)

    def abort(self) -> None:
        """Reset every connection."""
        for connection in list(self._open.values()):
            connection.end(reset=True)


class Connection(asyncio.Protocol):
    """One connection: a protocol between the transport and uvicorn's HTTP protocol."""

    def __init__(self, connections: Connections, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._connections = connections
        self.inner = make_protocol()
        self._transport = cast("asyncio.Transport", None)
        self._request = RequestFrame()
        self._received = 0
        self._is_matched = False
        self._is_answered = False
        self.client: Address = ("", 0)
        self.fault: Fault | None = None
        self.outgoing = cast("ResponseTransport", None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the HTTP protocol a transport that applies faults."""
        self._transport = cast("asyncio.Transport", transport)
        self.client = cast("Address", tuple(transport.get_extra_info("peername") or ("", 0))[:2])
        self._connections.opened(self)
        self.outgoing = ResponseTransport(self._transport, self)
        self.inner.connection_made(self.outgoing)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on to the HTTP protocol."""
        self._connections.lost(self)
        self.outgoing.stop()
        self.inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass a request on, after choosing its fault. Its head is passed on in one piece."""
        while data:
            consumed, data = self._request.take(data)
            self._received += len(consumed)
            if self.fault is None:
                self._match()
            if self._cut_request():
                return
            released = self._request.release()
            if released:
                self.inner.data_received(released)
            self._expect_next()

    def _match(self) -> None:
        """Choose the fault of this request once: by its first line or its fault header."""
        head = self._request.head
        if b"\r\n" not in head:
            return
        line = _REQUEST_LINE.match(head)
        if line is None:
            return
        header = _FAULT_HEADER.search(head)
        if header is None and self._is_matched:
            return
        self._is_matched = True
        self.fault = self._connections.faults.take(
            line[1].decode(), line[2].decode("latin-1"), header[1].decode("latin-1") if header else None
        )

    def _cut_request(self) -> bool:
        fault = self.fault
        if fault is None or fault.cut != "request" or self._received <= fault.at:
            return False
        self.end(reset=fault.ending == "reset")
        return True

    def finished(self) -> None:
        """Note that the response is sent, possibly before the whole request is received."""
        self._is_answered = True
        self._expect_next()

    def _expect_next(self) -> None:
        """Expect the next request, once this one is received and its response sent."""
        if self._is_answered and self._request.is_whole:
            self._request = RequestFrame()
            self._is_answered = self._is_matched = False
            self._received = self.outgoing.sent = 0
            self.fault = None

    def end(self, *, reset: bool) -> None:
        """End the connection at once, with RST or with FIN."""
        if reset:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()

    def eof_received(self) -> bool | None:
        """Pass it on to the HTTP protocol."""
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        """Pass it on to the HTTP protocol."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on to the HTTP protocol."""
        self.inner.resume_writing()


class ResponseTransport(asyncio.Transport):
    """The transport that the HTTP protocol writes to; it applies the faults of responses."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        super().__init__()
        self._transport = transport
        self._connection = connection
        self._pending = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self.sent = 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Write, with the fault of this request applied."""
        fault = self._connection.fault
        if fault is None:
            self._transport.write(data)
            return
        if fault.length_error:
            data = _LENGTH.sub(
                lambda match: match[1] + str(int(match[2]) + fault.length_error).encode(), bytes(data), 1
            )
        remaining = fault.at - self.sent
        self.sent += len(data)
        if fault.cut == "response" and len(data) > remaining:
            self._transport.write(bytes(data[: max(remaining, 0)]))
            self._connection.end(reset=fault.ending == "reset")
        elif fault.byte_interval is not None:
            self._pending += data
            if self._timer is None:
                self._drip(fault.byte_interval)
        else:
            self._transport.write(data)

    def _drip(self, pause: float) -> None:
        self._timer = None
        self._transport.write(bytes(self._pending[:1]))
        del self._pending[:1]
        if self._pending:
            self._timer = asyncio.get_running_loop().call_later(pause, self._drip, pause)
        elif self._closing:
            self._transport.close()

    def stop(self) -> None:
        """Discard the bytes that `byte_interval` still holds back."""
        if self._timer is not None:
            self._timer.cancel()
        self._pending.clear()

    def close(self) -> None:
        """Close once all bytes are sent."""
        self._closing = True
        if not self._pending:
            self._transport.close()

    def is_closing(self) -> bool:
        """Return whether the connection is closed or closing."""
        return self._closing or self._transport.is_closing()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return information of the real transport."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Stop reading."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Resume reading."""
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        """Return whether it reads."""
        return self._transport.is_reading()

    def get_write_buffer_size(self) -> int:
        """Return the number of unsent bytes."""
        return self._transport.get_write_buffer_size() + len(self._pending)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when the writer is paused."""
        self._transport.set_write_buffer_limits(high, low)
