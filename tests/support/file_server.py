"""A server for a file that is truncated, changed, missing or wrongly described, and clients without retry delays."""

from __future__ import annotations

import random
import re
import socketserver
import struct
import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import define, field

from replicatekit._http.retry_policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator


def content_of(size: int) -> bytes:
    """Return random bytes; a shorter content is a prefix of a longer one."""
    return random.Random(0).randbytes(-(-size // 4) * 4)[:size]


def bomb(megabytes: int) -> bytes:
    """Return a gzip of spaces; only the first megabyte is actually compressed."""
    content = b" " * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(megabytes):
        crc = zlib.crc32(content, crc)
    head, last_block = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff", b"\x03\0"
    return head + piece * megabytes + last_block + struct.pack("<II", crc, megabytes * 2**20)


def without_delays(client: Any, **changes: Any) -> Any:
    """Remove the delays between a client's attempts, and return the client."""
    real = getattr(client, "thing", client)
    rules = real._session.api.rules
    policy = Policy(**{**vars(rules.policy), "random": lambda: 0.0, **changes})
    real._session = real._session._replace(api=real._session.api.with_rules(rules._replace(policy=policy)))
    assert real._session.api.rules.policy is policy
    return client


@define
class Shape:
    """The response to a request."""

    content: bytes = b""
    etag: str | None = '"first"'
    modified: str | None = None
    parts: bool = True
    cut: int | None = None
    """The number of bytes of the body after which the connection is closed."""
    lie: int = 0
    """Added to the Content-Length."""
    framing: str = "length"
    """`length`, `chunked`, or `none`: the body ends with the connection."""
    status: int | None = None
    headers: dict[str, str] = field(factory=dict)
    shift: int = 0
    """The number of bytes by which a part starts too late."""


class FileServer:
    """Serves one shape for each request; the last shape is repeated."""

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = list(shapes)
        self.requests: list[dict[str, str]] = []
        self._lock = threading.Lock()
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.handle(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 100

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def next_shape(self) -> Shape:
        with self._lock:
            return self.shapes.pop(0) if len(self.shapes) > 1 else self.shapes[0]

    def handle(self, connection: Any) -> None:
        line = connection.rfile.readline().decode("latin-1")
        headers = {"": line.strip()}
        while (text := connection.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        self.requests.append(headers)
        shape = self.next_shape()
        status, own, body = respond(shape, headers)
        head = f"HTTP/1.1 {status} Whatever\r\nconnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in {**own, **shape.headers}.items())
        sent = head.encode("latin-1") + b"\r\n" + frame(shape, body)
        try:
            connection.wfile.write(sent)
        except OSError:
            return

    @contextmanager
    def running(self) -> Iterator[FileServer]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def respond(shape: Shape, request: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    headers: dict[str, str] = {}
    if shape.etag is not None:
        headers["etag"] = shape.etag
    if shape.modified is not None:
        headers["last-modified"] = shape.modified
    found = re.fullmatch(r"bytes=(\d+)-", request.get("range", ""))
    is_unchanged = request.get("if-range") in (None, shape.etag, shape.modified)
    status, body, size = shape.status or 200, shape.content, len(shape.content)
    if found and shape.parts and is_unchanged and shape.status is None:
        start = int(found[1])
        if start >= size:
            return 416, {**headers, "content-range": f"bytes */{size}", "content-length": "0"}, b""
        start += shape.shift
        status, body = 206, shape.content[start:]
        headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
    if shape.framing == "length":
        headers["content-length"] = str(len(body) + shape.lie)
    elif shape.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    return status, headers, body


def frame(shape: Shape, body: bytes) -> bytes:
    sent = body if shape.cut is None else body[: shape.cut]
    if shape.framing != "chunked":
        return sent
    pieces = [sent[at : at + 1000] for at in range(0, len(sent), 1000)]
    end = b"0\r\n\r\n" if shape.cut is None else b""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end
