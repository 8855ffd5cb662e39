"""What the server itself can do, asked by sockets: far above what it is asked by those that are measured."""

from __future__ import annotations

import asyncio
import socket
import time

CONNECTIONS = 32
SECONDS = 1.5


class _Asker(asyncio.Protocol):
    """Asks again as soon as it has its answer, whose length it knows."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.answers = 0
        self.length = 0
        self.got = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.length:
            body = int(data.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.length = data.find(b"\r\n\r\n") + 4 + body
        self.got += len(data)
        if self.got >= self.length:
            self.got -= self.length
            self.answers += 1
            self.transport.write(self.request)


async def _asked(port: int) -> float:
    request = b"GET /v1/predictions/one HTTP/1.1\r\nhost: x\r\n\r\n"
    loop, askers = asyncio.get_running_loop(), [_Asker(request) for _ in range(CONNECTIONS)]
    pairs = [await loop.create_connection(lambda each=each: each, "127.0.0.1", port) for each in askers]
    before, begun = sum(each.answers for each in askers), time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (sum(each.answers for each in askers) - before) / (time.perf_counter() - begun)
    for transport, _ in pairs:
        transport.abort()
    return rate


def _alone(port: int) -> float:
    request, count = b"GET /v1/predictions/one HTTP/1.1\r\nhost: x\r\n\r\n", 3000
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begun = time.perf_counter()
        for _ in range(count):
            connection.sendall(request)
            connection.recv(65_536)
        return (time.perf_counter() - begun) / count


def _received(port: int, path: str, end: bytes | int) -> tuple[int, float]:
    """How many bytes came in which time."""
    buffer, got = memoryview(bytearray(1 << 20)), 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begun = time.perf_counter()
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        while True:
            size = connection.recv_into(buffer)
            got += size
            is_whole = bytes(buffer[:size]).endswith(end) if isinstance(end, bytes) else got >= end
            if is_whole:
                return got, time.perf_counter() - begun


def _sent(port: int, size: int) -> float:
    block = memoryview(bytearray(1 << 20))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begun = time.perf_counter()
        connection.sendall(f"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n".encode())
        for start in range(0, size, len(block)):
            connection.sendall(block[: size - start])
        connection.recv(65_536)
        return time.perf_counter() - begun


def ceiling(port: int) -> str:
    """A sentence with all of it."""
    rate, alone = asyncio.run(_asked(port)), _alone(port)
    _received(port, "/stream/20000", b"\r\n0\r\n\r\n")  # the first time makes the bytes, and their digests
    _received(port, "/v1/files/large/download?size=200000000", 1)
    _sent(port, 50_000_000)
    size, took = _received(port, "/v1/files/large/download?size=200000000", 200_000_000)
    _, streamed = _received(port, "/stream/20000", b"\r\n0\r\n\r\n")
    upload = _sent(port, 50_000_000)
    return (
        f"The server's own ceiling, asked by sockets: {rate:,.0f} predictions/s by {CONNECTIONS} connections, "
        f"{alone * 1e6:.0f} µs for one after the other; {20_000 / streamed:,.0f} events/s; "
        f"{size / took / 1e6:,.0f} MB/s down, {50 / upload:,.0f} MB/s up."
    )
