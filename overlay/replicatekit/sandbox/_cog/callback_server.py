"""A server on loopback for Cog: it receives reports and output files, and sends input files."""

from __future__ import annotations

import contextlib
import json
import pathlib
import secrets
import shutil
import tempfile
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

JSON = dict[str, Any]
_LONGEST_NAME = 200
_PIECE = 1 << 16


class CallbackServer:
    """The callback server of one model; all its paths start with a secret.

    Attributes:
        url: Its URL, with the secret.
    """

    def __init__(self) -> None:
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-cog-"))
        self._listeners: dict[str, Callable[[JSON], object]] = {}
        self._offered: dict[str, pathlib.Path] = {}
        self._secret = secrets.token_urlsafe(16)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/{self._secret}"

    def close(self) -> None:
        """Close the server, and delete the remaining files."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def listening(self, run: str, listener: Callable[[JSON], object]) -> Generator[str]:
        """Provide a URL for the reports of a run; each is passed to a function, in a separate thread."""
        self._listeners[run] = listener
        try:
            yield f"{self.url}/reports/{run}"
        finally:
            del self._listeners[run]
            for key in [key for key in self._offered if key.startswith(f"{run}.")]:
                del self._offered[key]

    def offer(self, run: str, path: pathlib.Path) -> str:
        """Return a URL from which a file can be downloaded during the run."""
        key = f"{run}.{secrets.token_hex(4)}"
        self._offered[key] = path
        return f"{self.url}/inputs/{key}/{quote(path.name)}"

    def take(self, url: str) -> tuple[bytes, str] | None:
        """Return the content and the name of an uploaded file, and delete it."""
        where, _, name = url.removeprefix(f"{self.url}/outputs/").partition("/")
        path = self._folder / where / unquote(name)
        if not url.startswith(f"{self.url}/outputs/") or path.parent.parent != self._folder or not path.is_file():
            return None
        content = path.read_bytes()
        shutil.rmtree(path.parent, ignore_errors=True)
        return content, path.name

    def report(self, run: str, body: bytes) -> int:
        """Pass a report to its run's listener, if there is one."""
        listener = self._listeners.get(run)
        if listener is not None:
            listener(json.loads(body))
        return 200

    def offered(self, key: str) -> pathlib.Path | None:
        """Return the file offered under a key."""
        return self._offered.get(key)

    def place_for(self, name: str) -> tuple[pathlib.Path, str]:
        """Return the path for an uploaded file, and its URL."""
        name = pathlib.PurePosixPath(name).name[-_LONGEST_NAME:] or "output"
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
        return folder / name, f"{self.url}/outputs/{folder.name}/{quote(name)}"

    def steps(self, path: str) -> list[str] | None:
        """Return the segments of a path after the secret; None if the secret is missing."""
        first, *rest = path.lstrip("/").split("/")
        return [unquote(step) for step in rest] if secrets.compare_digest(first, self._secret) else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, callbacks: CallbackServer) -> None:
        self.callbacks = callbacks
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _callbacks(self) -> CallbackServer:
        return cast("_Server", self.server).callbacks

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def do_POST(self) -> None:
        """Receive a report."""
        body = b"".join(self._body())
        match self._callbacks.steps(self.path):
            case ["reports", run]:
                self._respond(self._callbacks.report(run, body))
            case _:
                self._respond(404)

    def do_PUT(self) -> None:
        """Receive an output file."""
        match self._callbacks.steps(self.path):
            case ["upload", *steps]:
                path, url = self._callbacks.place_for("/".join(steps))
                with path.open("wb") as file:
                    for piece in self._body():
                        file.write(piece)
                self._respond(201, location=url)
            case _:
                deque(self._body(), maxlen=0)  # unread bytes would be parsed as the next request
                self._respond(404)

    def do_GET(self) -> None:
        """Send an input file."""
        match self._callbacks.steps(self.path):
            case ["inputs", key, _]:
                path = self._callbacks.offered(key)
            case _:
                path = None
        if path is None:
            self._respond(404)
            return
        with path.open("rb") as file:
            self._respond(200, length=path.stat().st_size)
            shutil.copyfileobj(file, self.wfile)

    def _body(self) -> Generator[bytes]:
        if "chunked" in str(self.headers.get("transfer-encoding")):
            while length := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(length)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return
        remaining = int(self.headers.get("content-length") or 0)
        while remaining and (piece := self.rfile.read(min(remaining, _PIECE))):
            remaining -= len(piece)
            yield piece

    def _respond(self, status: int, *, length: int = 0, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(length))
        if location is not None:
            self.send_header("location", location)
        self.end_headers()
