"""A server for a prediction and its event stream, with arbitrary and also invalid responses."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self


class StreamServer:
    """Serves the API and the stream at one origin; other requests are recorded and get 404.

    Args:
        stream: Called with the number of the connection, from 0, and its `Last-Event-ID`; returns the chunks of the
            body, or a tuple of status, media type and body.
        prediction: Called with the number of the poll, from 0; returns the fields of the prediction.
    """

    def __init__(self, stream: Any, prediction: Callable[[int], dict[str, Any]] | None = None) -> None:
        self.stream = stream
        self.looks = 0
        self.connections: list[dict[str, str]] = []
        self.stray: list[str] = []
        self.cancels = 0
        self._lock = threading.Lock()
        self._http = _Http(self)
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.base_url = f"{self.origin}/v1"
        self.stream_url = f"{self.base_url}/stream"
        self.prediction = prediction or (lambda look: {"status": "processing"})
        self.token = "r8_made_up"

    def look(self) -> dict[str, Any]:
        with self._lock:
            number, self.looks = self.looks, self.looks + 1
        return self._record(self.prediction(number))

    def created(self) -> dict[str, Any]:
        return self._record({"status": "starting"})

    def _record(self, changes: dict[str, Any]) -> dict[str, Any]:
        urls = {"get": f"{self.base_url}/predictions/p1", "stream": self.stream_url}
        return {"id": "p1", "model": "acme/llm", "version": "hidden", "input": {}, "urls": urls, **changes}

    def connect(self, headers: dict[str, str]) -> int:
        with self._lock:
            self.connections.append(headers)
            return len(self.connections) - 1

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: StreamServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        record = self.server.owner.created()
        if self.path.endswith("/cancel"):
            self.server.owner.cancels += 1
            record["status"] = "canceled"
        self._send(201, "application/json", json.dumps(record).encode())

    def do_GET(self) -> None:
        if self.path == "/v1/predictions/p1":
            self._send(200, "application/json", json.dumps(self.server.owner.look()).encode())
        elif self.path == "/v1/stream":
            self._stream()
        else:
            self.server.owner.stray.append(self.path)
            self._send(404, "application/json", b"{}")

    def _stream(self) -> None:
        owner = self.server.owner
        number = owner.connect({name.lower(): value for name, value in self.headers.items()})
        response = owner.stream(number, self.headers.get("last-event-id"))
        if isinstance(response, tuple):
            self._send(*response)
            return
        # Without a length: the body ends with the connection, so it is valid HTTP wherever it is cut.
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.end_headers()
        with suppress(OSError):
            for piece in response:
                self.wfile.write(piece)
                self.wfile.flush()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
