"""The connection under HTTP: counts bytes both ways, and ends, slows or falsifies them as a fault says."""

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
    """The open connections by their client's address, so that an answer finds the one it goes through."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._open: dict[Address, Connection] = {}

    def of(self, client: Address) -> Connection | None:
        """The connection from a client's address."""
        return self._open.get(client)

    def opened(self, connection: Connection) -> None:
        """Takes in a connection."""
        self._open[connection.client] = connection

    def lost(self, connection: Connection) -> None:
        """Forgets a connection."""
        self._open.pop(connection.client, None)

    def abort(self) -> None:
        """Resets every connection."""
        for connection in list(self._open.values()):
            connection.end(reset=True)


class Connection(asyncio.Protocol):
    """One connection in front of the HTTP protocol."""

    def __init__(self, connections: Connections, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._connections = connections
        self.inner = make_protocol()
        self._transport = cast("asyncio.Transport", None)
        self._request = RequestFrame()
        self._received = 0
        self._is_asked = False
        self._is_answered = False
        self.client: Address = ("", 0)
        self.fault: Fault | None = None
        self.outgoing = cast("ResponseTransport", None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Puts its own end of the connection under the HTTP protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self.client = cast("Address", tuple(transport.get_extra_info("peername") or ("", 0))[:2])
        self._connections.opened(self)
        self.outgoing = ResponseTransport(self._transport, self)
        self.inner.connection_made(self.outgoing)

    def connection_lost(self, exc: Exception | None) -> None:
        """Passes it on."""
        self._connections.lost(self)
        self.outgoing.stop()
        self.inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Passes a request on, its head as a whole, after its fault was decided on."""
        while data:
            taken, data = self._request.take(data)
            self._received += len(taken)
            if self.fault is None:
                self._match()
            if self._cut_request():
                return
            released = self._request.release()
            if released:
                self.inner.data_received(released)
            self._go_on()

    def _match(self) -> None:
        """Asks once for the fault of this request: when its first line is there, or its whole head."""
        head = self._request.head
        if b"\r\n" not in head:
            return
        line = _REQUEST_LINE.match(head)
        if line is None:
            return
        header = _FAULT_HEADER.search(head)
        if header is None and self._is_asked:
            return
        self._is_asked = True
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
        """The answer is out. It may be, as of a refusal, before all of the request is in."""
        self._is_answered = True
        self._go_on()

    def _go_on(self) -> None:
        """When a request is in and its answer out, what comes next is another one."""
        if self._is_answered and self._request.is_whole:
            self._request = RequestFrame()
            self._is_answered = self._is_asked = False
            self._received = self.outgoing.sent = 0
            self.fault = None

    def end(self, *, reset: bool) -> None:
        """Ends the connection at once, with RST or with FIN."""
        if reset:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()

    def eof_received(self) -> bool | None:
        """Passes it on."""
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        """Passes it on."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Passes it on."""
        self.inner.resume_writing()


class ResponseTransport(asyncio.Transport):
    """The connection as the HTTP protocol sees it: what it writes goes through here."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        super().__init__()
        self._transport = transport
        self._connection = connection
        self._drops = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self.sent = 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Writes as the fault of this request allows."""
        fault = self._connection.fault
        if fault is None:
            self._transport.write(data)
            return
        if fault.lie:
            data = _LENGTH.sub(lambda found: found[1] + str(int(found[2]) + fault.lie).encode(), bytes(data), 1)
        room = fault.at - self.sent
        self.sent += len(data)
        if fault.cut == "response" and len(data) > room:
            self._transport.write(bytes(data[: max(room, 0)]))
            self._connection.end(reset=fault.ending == "reset")
        elif fault.drip is not None:
            self._drops += data
            if self._timer is None:
                self._drop(fault.drip)
        else:
            self._transport.write(data)

    def _drop(self, pause: float) -> None:
        self._timer = None
        self._transport.write(bytes(self._drops[:1]))
        del self._drops[:1]
        if self._drops:
            self._timer = asyncio.get_running_loop().call_later(pause, self._drop, pause)
        elif self._closing:
            self._transport.close()

    def stop(self) -> None:
        """Drops nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._drops.clear()

    def close(self) -> None:
        """Closes when everything is out."""
        self._closing = True
        if not self._drops:
            self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing or self._transport.is_closing()

    def abort(self) -> None:
        """Closes at once."""
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the real transport knows."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Stops reading."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on."""
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        """Whether it reads."""
        return self._transport.is_reading()

    def get_write_buffer_size(self) -> int:
        """How many bytes are not out yet."""
        return self._transport.get_write_buffer_size() + len(self._drops)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Sets when the writer is told to pause."""
        self._transport.set_write_buffer_limits(high, low)
