"""What the tests of Cog models share."""

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
    """The API with its token, without our client."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=30)


def until(condition, seconds=20.0):
    """Waits until something is so, and gives what it is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
    return found


class CogSandbox:
    """A sandbox with the four predictors in one generation of Cog, each started when it is first asked for."""

    def __init__(self, sandbox, python):
        self.sandbox = sandbox
        self.python = python
        self._runners = {}

    def version(self, name):
        """The version's id of one of the four."""
        self.name(name)
        return self.sandbox.version(f"cog/{name}")

    def name(self, name):
        """The model's name of one of the four."""
        if name not in self._runners:
            self.sandbox.cog(PREDICTORS / name, python=self.python, variables={"GREETING": "hi"})
            self._runners[name] = True
        return f"cog/{name}"


@contextmanager
def receiver():
    """A server on loopback that remembers what is posted to it: its URL, and headers and bodies as they came."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
