"""The benchmarks' server: the measured parts of the API, with responses that are created in advance.

    python benchmarks/server/serve.py      # prints its port, and serves until stdin is closed

It uses uvloop if that is installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
from typing import TYPE_CHECKING

import responses
from responses import Responses, head, response

if TYPE_CHECKING:
    from collections.abc import Iterator

NAP = 0.3
"""Seconds that a prediction of the model `bench/nap` takes."""

_SPACE = memoryview(bytearray(1 << 20))
"""The receive buffer. Data is handled at once, so all connections share it."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.IGNORECASE)
_WAIT = re.compile(rb"\r\nprefer: *wait", re.IGNORECASE)
_COUNT = re.compile(rb'"count": *(\d+)')
_EXPECT = re.compile(rb"\r\nexpect: *100-continue", re.IGNORECASE)


class Server:
    """The state that all connections share."""

    def __init__(self, base: str) -> None:
        self.responses = Responses(base)
        self.connections = 0
        self.requests = 0
        self.instant = self.responses.created("instant")

    @property
    def counts(self) -> bytes:
        """Return the counters, which include this connection and request."""
        body = json.dumps({"connections": self.connections, "requests": self.requests}).encode()
        return response("200 OK", body)


class _Connection(asyncio.BufferedProtocol):
    """A connection, with one request at a time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = b""
        self.remaining_body = 0
        self.body: bytes | None = None
        self.request = b""
        self.rest: Iterator[bytes] | None = None
        self.is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.server.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.rest = None

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return _SPACE

    def buffer_updated(self, nbytes: int) -> None:
        if self.remaining_body and self.body is None:
            self._receive_body(nbytes, b"")
        elif self.remaining_body:
            self._receive_body(nbytes, bytes(_SPACE[:nbytes]))
        else:
            self._receive_head(bytes(_SPACE[:nbytes]))

    def _receive_head(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        self.request, rest, self.buffer = self.buffer[:end], self.buffer[end + 4 :], b""
        length = _LENGTH.search(self.request)
        if length is None or length[1] == b"0":
            self._respond(0, b"")
            return
        if _EXPECT.search(self.request):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body_length = self.remaining_body = int(length[1])
        self.body = b"" if self.remaining_body < 100_000 else None
        self._receive_body(len(rest), rest)

    def _receive_body(self, size: int, data: bytes) -> None:
        self.remaining_body -= size
        if self.body is not None:
            self.body += data
        if not self.remaining_body:
            self._respond(self.body_length, self.body or b"")

    def _respond(self, length: int, body: bytes) -> None:
        server = self.server
        server.requests += 1
        method, path, _ = self.request.split(b" ", 2)
        if method == b"POST":
            self._post(path, length, body)
        elif path == b"/v1/predictions/one":
            self.transport.write(server.responses.one)
        elif path.startswith(b"/v1/predictions/str"):
            self.transport.write(server.responses.stream_prediction(int(path[19:])))
        elif path.startswith(b"/v1/predictions/nap"):
            self.transport.write(self._poll(path.rpartition(b"/")[2].decode()))
        elif path.startswith(b"/v1/predictions"):
            cursor = path.partition(b"cursor=")[2].partition(b"&")[0]
            self.transport.write(server.responses.page(int(cursor or responses.PAGES)))
        elif path.startswith(b"/stream/"):
            self.transport.write(head("200 OK", None, "text/event-stream"))
            self._write(responses.events(int(path[8:])))
        elif path.startswith(b"/v1/files/large"):
            self._download(int(path.rpartition(b"=")[2]))
        elif path == b"/counts":
            self.transport.write(server.counts)
        else:
            self.transport.write(response("404 Not Found", b'{"detail":"Not found."}'))

    def _post(self, path: bytes, length: int, body: bytes) -> None:
        server = self.server
        if path == b"/v1/files":
            # The form's head and tail are less than 1 KB; the rest is the file, in whole kilobytes.
            self.transport.write(server.responses.stored(length // 1000 * 1000))
        elif b"bench/nap" in path or b"bench/nap" in body:
            self._nap(is_held=_WAIT.search(self.request) is not None)
        elif b"bench/stream" in path or b"bench/stream" in body:
            count = int(found[1]) if (found := _COUNT.search(body)) else 1
            urls = server.responses.stream_urls(count)
            self.transport.write(server.responses.running(f"str{count}", "processing", urls=urls))
        elif b"bench/file" in path or b"bench/file" in body:
            count = int(found[1]) if (found := _COUNT.search(body)) else 1000
            self.transport.write(server.responses.file(count))
        else:
            self.transport.write(server.instant)

    def _nap(self, *, is_held: bool) -> None:
        name = f"nap{int((time.monotonic() + NAP) * 1000)}"
        if is_held:
            finished = self.server.responses.created(name, model="bench/nap")
            asyncio.get_running_loop().call_later(NAP, self.transport.write, finished)
        else:
            self.transport.write(self.server.responses.running(name, "starting", model="bench/nap"))

    def _poll(self, name: str) -> bytes:
        if int(name[3:]) <= time.monotonic() * 1000:
            return self.server.responses.created(name, model="bench/nap")
        return self.server.responses.running(name, "processing", model="bench/nap")

    def _download(self, size: int) -> None:
        etag = f'etag: "{responses.digest("md5", size)}"\r\naccept-ranges: bytes\r\n'
        start, stop, status = 0, size, "200 OK"
        if found := _RANGE.search(self.request):
            start, stop = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
            if start >= size:
                header = f"content-range: bytes */{size}\r\n"
                self.transport.write(response("416 Range Not Satisfiable", b"", more=header))
                return
            status, etag = "206 Partial Content", f"content-range: bytes {start}-{stop - 1}/{size}\r\n{etag}"
        self.transport.write(head(status, stop - start, "application/octet-stream", etag))
        self._write(responses.content(start, stop))

    def _write(self, pieces: Iterator[bytes]) -> None:
        self.rest = pieces
        while not self.is_paused and self.rest is not None:
            piece = next(self.rest, None)
            if piece is None:
                self.rest = None
            else:
                self.transport.write(piece)

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        if self.rest is not None:
            self._write(self.rest)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    shared: list[Server] = []
    listener = await loop.create_server(lambda: _Connection(shared[0]), "127.0.0.1", 0, backlog=4096)
    port = listener.sockets[0].getsockname()[1]
    shared.append(Server(f"http://127.0.0.1:{port}"))
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    factory = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve())


if __name__ == "__main__":
    main()
