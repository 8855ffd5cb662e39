"""An API that never responds to creates; tests decide which predictions an abandoned create leaves behind."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
PAGE = 100


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


class HeldApi:
    """Holds the account's predictions, and records what clients do with them.

    Args:
        creates: Whether a create request creates a prediction.
        reads: Whether the body of a create is read; otherwise the request cannot be sent completely.
        clock: Seconds by which the server's clock is ahead of ours.
        date: Whether responses have a `Date`.
        answers: Whether creates get a response; requests for paths in `silent` never do.
        silent: Parts of paths.
        refusal: An error status for creates, sent at once.
    """

    def __init__(
        self,
        *,
        creates: bool = True,
        reads: bool = True,
        clock: float = 0.0,
        date: bool = True,
        answers: bool = False,
        silent: tuple[str, ...] = (),
        refusal: int = 0,
    ) -> None:
        self.creates, self.reads, self.date, self.answers, self.silent = creates, reads, date, answers, silent
        self.refusal = refusal
        self.held: list[str] = []
        """The paths of held requests, in order."""
        self.released = threading.Event()
        """Releases held requests; creates then get a response."""
        self.clock = timedelta(seconds=clock)
        self.predictions: list[dict[str, Any]] = []
        self.canceled: list[str] = []
        self.posts = 0
        self.lists = 0
        self.base_url = ""
        self.lock = threading.Lock()
        self.closing = threading.Event()

    def add(self, input: Any, *, seconds_ago: float = 0.0, version: str = VERSION, status: str = "processing") -> str:
        """Add a prediction, as another process would."""
        created = datetime.now(UTC) + self.clock - timedelta(seconds=seconds_ago)
        with self.lock:
            record = {"id": f"p{len(self.predictions)}", "version": version, "input": input, "status": status}
            record |= {"created_at": created.isoformat(), "model": "acme/slow", "source": "api"}
            self.predictions.append(record)
        return record["id"]

    @contextmanager
    def serving(self) -> Iterator[HeldApi]:
        """Serve within the context."""
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self.base_url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        self.lists += 1
        start = int(query.get("cursor", ["0"])[0])
        with self.lock:
            newest = sorted(self.predictions, key=lambda each: each["created_at"], reverse=True)
        following = f"{self.base_url}/predictions?cursor={start + PAGE}" if start + PAGE < len(newest) else None
        return {"results": newest[start : start + PAGE], "next": following, "previous": None}

    def cancel(self, prediction_id: str) -> dict[str, Any]:
        with self.lock:
            self.canceled.append(prediction_id)
            record = next(each for each in self.predictions if each["id"] == prediction_id)
            record["status"] = "canceled"
        return record


class _Handler(BaseHTTPRequestHandler):
    api: HeldApi
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((datetime.now(UTC) + self.api.clock).timestamp())

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Date" or self.api.date:
            super().send_header(keyword, value)

    def do_GET(self) -> None:
        if self._hold():
            return
        if self.path.count("/") > 2:
            self._respond(next(each for each in self.api.predictions if each["id"] == self.path.rpartition("/")[2]))
            return
        self._respond(self.api.page(parse_qs(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        if self.path.endswith("/cancel"):
            self._respond(self.api.cancel(self.path.split("/")[-2]))
            return
        if self.api.refusal:
            self.rfile.read(int(self.headers["content-length"]))
            self.api.posts += 1
            self._respond({"detail": "no", "status": self.api.refusal}, self.api.refusal)
            return
        if self._hold():
            return
        record: dict[str, Any] = {}
        if self.api.reads:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.api.creates:
                prediction_id = self.api.add(body["input"])
                record = next(each for each in self.api.predictions if each["id"] == prediction_id)
        with self.api.lock:
            self.api.posts += 1
        if not self.api.answers:
            self.api.released.wait(30)
        if self.api.closing.is_set() or not record:
            self.close_connection = True
        else:
            self._respond({**record, "urls": {"stream": f"{self.api.base_url}/stream"}})

    def _hold(self) -> bool:
        if not any(part in self.path for part in self.api.silent):
            return False
        self.api.held.append(self.path)
        self.api.released.wait(30)
        self.close_connection = True
        return True

    def _respond(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "30")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...
