"""Measure the capacity of the server with plain sockets: it must be far above what the clients need."""

from __future__ import annotations

import asyncio
import socket
import time

CONNECTIONS = 32
SECONDS = 1.5


class _Requester(asyncio.Protocol):
    """Sends the request again as soon as the response is complete; all responses have the same length."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.responses = 0
        self.length = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.length:
            body = int(data.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.length = data.find(b"\r\n\r\n") + 4 + body
        self.received += len(data)
        if self.received >= self.length:
            self.received -= self.length
            self.responses += 1
            self.transport.write(self.request)


async def _request_rate(port: int) -> float:
    request = b"GET /v1/predictions/one HTTP/1.1\r\nhost: x\r\n\r\n"
    loop, requesters = asyncio.get_running_loop(), [_Requester(request) for _ in range(CONNECTIONS)]
    pairs = [await loop.create_connection(lambda each=each: each, "127.0.0.1", port) for each in requesters]
    before, started = sum(each.responses for each in requesters), time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (sum(each.responses for each in requesters) - before) / (time.perf_counter() - started)
    for transport, _ in pairs:
        transport.abort()
    return rate


def _sequential_seconds(port: int) -> float:
    request, count = b"GET /v1/predictions/one HTTP/1.1\r\nhost: x\r\n\r\n", 3000
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        for _ in range(count):
            connection.sendall(request)
            connection.recv(65_536)
        return (time.perf_counter() - started) / count


def _download(port: int, path: str, end: bytes | int) -> tuple[int, float]:
    """Return the number of received bytes, and the seconds."""
    buffer, received = memoryview(bytearray(1 << 20)), 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        while True:
            size = connection.recv_into(buffer)
            received += size
            is_whole = bytes(buffer[:size]).endswith(end) if isinstance(end, bytes) else received >= end
            if is_whole:
                return received, time.perf_counter() - started


def _upload_seconds(port: int, size: int) -> float:
    block = memoryview(bytearray(1 << 20))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(f"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n".encode())
        for start in range(0, size, len(block)):
            connection.sendall(block[: size - start])
        connection.recv(65_536)
        return time.perf_counter() - started


def ceiling(port: int) -> str:
    """Return a sentence with all results."""
    rate, sequential = asyncio.run(_request_rate(port)), _sequential_seconds(port)
    _download(port, "/stream/20000", b"\r\n0\r\n\r\n")  # the first response also creates the bytes and their digests
    _download(port, "/v1/files/large/download?size=200000000", 1)
    _upload_seconds(port, 50_000_000)
    size, seconds = _download(port, "/v1/files/large/download?size=200000000", 200_000_000)
    _, streamed = _download(port, "/stream/20000", b"\r\n0\r\n\r\n")
    upload = _upload_seconds(port, 50_000_000)
    return (
        f"The server's own limit, measured with sockets: {rate:,.0f} predictions/s by {CONNECTIONS} connections, "
        f"{sequential * 1e6:.0f} µs for one after the other; {20_000 / streamed:,.0f} events/s; "
        f"{size / seconds / 1e6:,.0f} MB/s down, {50 / upload:,.0f} MB/s up."
    )
