"""Helpers for the tests of Cog models."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

PREDICTORS = Path(__file__).parent / "predictors"
GENERATIONS = ("cog-0.16", "cog-0.23")


def connect(sandbox):
    """Return an HTTP client with the sandbox's token."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=30)


def until(condition, seconds=20.0):
    """Wait until a condition is true, and return its value."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)
    return found


class CogSandbox:
    """A sandbox with the four predictors in one version of Cog, each started on first use."""

    def __init__(self, sandbox, python):
        self.sandbox = sandbox
        self.python = python
        self._runners = {}

    def version(self, name):
        """Return the version id of a predictor."""
        self.name(name)
        return self.sandbox.version(f"cog/{name}")

    def name(self, name):
        """Return the model name of a predictor."""
        if name not in self._runners:
            self.sandbox.cog(PREDICTORS / name, python=self.python, variables={"GREETING": "hi"})
            self._runners[name] = True
        return f"cog/{name}"


@contextmanager
def receiver():
    """Start a server that records POST requests; yield its URL, and the list of headers and bodies."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
