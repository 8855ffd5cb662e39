"""An HTTP server on loopback that records requests byte for byte, and sends the responses of a test."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@frozen
class Sent:
    """A request as it was received."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    """The headers by their names in lower case."""
    fields: list[tuple[str, str]]
    """The headers as they were received."""
    body: bytes
    connection: int


@frozen
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, media_type: str = "application/json", **headers: str) -> Answer:
        return cls(status, json.dumps(value).encode(), {"Content-Type": media_type, **headers})


@define
class Recorder:
    """The recorded requests, and the next responses."""

    address: str
    sent: list[Sent] = field(factory=list)
    answer: Answer | Callable[[Sent], Answer] = field(factory=Answer)

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def only(self) -> Sent:
        """The only recorded request."""
        assert len(self.sent) == 1, self.sent
        return self.sent[0]

    def says(self, value: Any, status: int = 200, **more: Any) -> None:
        """Respond with JSON from now on."""
        self.answer = Answer.json(value, status, **more)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20
    recorder: Recorder

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # whatever the method is
            return self._take
        raise AttributeError(name)

    def _take(self) -> None:
        parts = urlsplit(self.path)
        request = Sent(
            self.command,
            parts.path,
            parse_qsl(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            list(self.headers.items()),
            self._body(),
            self.client_address[1],
        )
        recorder = self.recorder
        recorder.sent.append(request)
        answer = recorder.answer(request) if callable(recorder.answer) else recorder.answer
        self.send_response(answer.status, "as told")
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody listens."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong, unless the client hung up, as clients do that have read enough."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def recording() -> Iterator[Recorder]:
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    handler.recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield handler.recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
