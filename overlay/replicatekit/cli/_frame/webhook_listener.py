"""A local server for webhooks, and a function that replays them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from replicatekit import webhooks
from replicatekit.errors import APIConnectionError, InvalidArgument, LocalFileError, WebhookError

if TYPE_CHECKING:
    from replicatekit.cli._frame.output import Output
    from replicatekit.webhooks import HeaderItems

_LONGEST = 10_000_000


class _Server(ThreadingHTTPServer):
    """Verifies deliveries, prints and records them, and passes them on."""

    def __init__(self, output: Output, port: int, secret: str, record: str | None, forward: str | None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._output = output
        self._secret = secret
        self._record = record
        self._forward = forward
        self._lock = Lock()

    def accept(self, body: bytes, headers: HeaderItems) -> bool:
        """Handle a delivery; False if it cannot be trusted."""
        try:
            delivery = webhooks.verify(body, headers, self._secret)
        except WebhookError as error:
            self._output.note(f"refused: {error}")
            return False
        with self._lock:
            if self._output.as_json:
                self._output.json(delivery.to_dict())
            else:
                self._output.line(f"{delivery.id}\t{delivery.status}\t{delivery.model or ''}")
            if self._record is not None:
                _append(self._record, body)
        return True

    def forward_delivery(self, body: bytes) -> None:
        """Forward a delivery, if a URL is configured."""
        if self._forward is None:
            return
        try:
            self._output.note(f"{send(self._forward, body, self._secret)} from {self._forward}")
        except APIConnectionError as error:
            self._output.note(str(error))


class _Handler(BaseHTTPRequestHandler):
    @property
    def _server(self) -> _Server:
        return cast("_Server", self.server)

    def do_POST(self) -> None:
        """Handle a delivery."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _LONGEST:
            self.send_error(411)
            return
        body = self.rfile.read(int(length))
        if not self._server.accept(body, self.headers):
            self.send_error(401)
            return
        self.send_response(204)
        self.end_headers()
        self._server.forward_delivery(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: `accept` prints deliveries."""


def listen(output: Output, port: int, secret: str, *, record: str | None, forward: str | None) -> None:
    """Serve until Ctrl-C. Each verified delivery is printed, recorded and forwarded.

    Args:
        output: Where deliveries are printed.
        port: The port on 127.0.0.1; 0 for a free one.
        secret: The signing secret.
        record: A file that deliveries are appended to.
        forward: A URL that they are forwarded to.
    """
    if forward is not None:
        _check_url(forward)
    try:
        server = _Server(output, port, secret, record, forward)
    except (OSError, OverflowError) as error:
        raise InvalidArgument(f"port {port} cannot be used: {getattr(error, 'strerror', None) or error}") from None
    with server:
        output.note(f"listening on http://127.0.0.1:{server.server_address[1]}; Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            output.note("stopped")


def _append(path: str, body: bytes) -> None:
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"body": body.decode("utf-8", "replace")}) + "\n")
    except OSError as error:
        raise LocalFileError(f"{path!r} cannot be written: {error.strerror}", cause=error) from None


def send(url: str, body: bytes, secret: str) -> int:
    """Sign a delivery with the current time, send it to a URL, and return the response's status.

    Raises:
        APIConnectionError: There was no response.
    """
    headers = {"Content-Type": "application/json", **webhooks.sign(body, secret)}
    request = urllib.request.Request(_check_url(url), body, headers, method="POST")  # noqa: S310 (checked)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 (checked)
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        raise APIConnectionError(f"{url} did not respond: {error}", method="POST", url=url) from None


def _check_url(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise InvalidArgument(f"{url!r} is not an http or https URL")
    return url
