"""The process of Cog's own HTTP server for a folder with a predictor."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from replicatekit.sandbox._cog.callback_server import CallbackServer
from replicatekit.sandbox._cog.folder import HERE, CogError, end_of, probe
from replicatekit.sandbox._models.schema import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from replicatekit.sandbox._cog.folder import CogFolder

JSON = dict[str, Any]
_logger = logging.getLogger("replicatekit.sandbox.cog")
_KEPT_LINES = 200
_PAUSE = 0.02
_ASK = 10.0
_PORTS_TO_TRY = 3
_RUNNING = ("READY", "BUSY")


class _PortTakenError(Exception):
    """Another program took the port between the search for a free one and Cog's start."""


class CogServer:
    """A process of Cog's HTTP server; it can be started again when it has ended.

    Args:
        folder: The model.
        patience: How many seconds the predictor's setup may take.
    """

    def __init__(self, folder: CogFolder, patience: float) -> None:
        self._folder = folder
        self._patience = patience
        self._callbacks: CallbackServer | None = None
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._http: httpx.Client | None = None
        self._lock = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def callbacks(self) -> CallbackServer:
        """The server that receives Cog's reports."""
        if self._callbacks is None:
            raise self._stopped()
        return self._callbacks

    @property
    def last_output(self) -> str:
        """The end of the process's output."""
        return end_of(self._lines)

    def start(self) -> None:
        """Start the process if it does not run or is broken, and return when the predictor's setup is done.

        Raises:
            CogError: The predictor cannot be imported, or its setup fails or takes too long.
        """
        with self._lock:
            if any(health.get("status") in _RUNNING for health in islice(self._health(), 1)):
                return
            self._end()
            for _ in range(_PORTS_TO_TRY):
                try:
                    self._spawn()
                    self._wait_until_ready()
                except _PortTakenError:
                    self._end()
                except BaseException:
                    self._end()
                    raise
                else:
                    return
            raise CogError(f"other programs took each port chosen for Cog's server of {self._folder.path}")

    def restart(self) -> None:
        """Stop the process, and start it again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Stop the process and its children."""
        with self._lock:
            self._end()

    def schema(self) -> JSON:
        """Return the model's OpenAPI document: from the server, or derived from the predictor."""
        served: JSON = self._client.get("/openapi.json").json()
        if "Input" in served.get("components", {}).get("schemas", {}):
            return served
        schemas = probe("schema", self._folder.python, self._folder.path, self._folder.environment())
        if "error" in schemas:
            raise CogError(f"{self._folder.path}: {schemas['error']}")
        return document(schemas["inputs"], schemas["output"], schemas["components"])

    def create(self, run: str, body: JSON) -> httpx.Response | None:
        """Create a prediction, and return the response; None if there was none."""
        import httpx

        try:
            return self._client.put(f"/predictions/{run}", json=body, headers={"prefer": "respond-async"})
        except httpx.HTTPError:
            return None

    def cancel(self, run: str) -> None:
        """Cancel a prediction."""
        self._client.post(f"/predictions/{run}/cancel")

    @property
    def _client(self) -> httpx.Client:
        if self._http is None:
            raise self._stopped()
        return self._http

    def _stopped(self) -> CogError:
        return CogError(f"Cog's server for {self._folder.path} has stopped")

    def _spawn(self) -> None:
        import httpx

        port = _free_port()
        self._callbacks = CallbackServer()
        uploads = f"{self._callbacks.url}/upload/"
        serve = [self._folder.python, "-m", "cog.server.http", "--host", "127.0.0.1", "--upload-url", uploads]
        keep = [sys.executable, "-I", str(HERE / "process_guard.py"), *serve]
        self._lines.clear()
        process = subprocess.Popen(  # noqa: S603 - the user's own Python
            keep,
            cwd=self._folder.path,
            env=self._folder.environment(PORT=str(port)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=_ASK)

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._lines.append(line)
            _logger.debug("%s: %s", self._folder.path.name, line.rstrip())

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._patience
        for health in self._health():
            if health.get("status") in _RUNNING:
                return
            if health.get("status") in ("SETUP_FAILED", "DEFUNCT"):
                self._end()  # its output is complete then
                setup: JSON = health.get("setup") or {}
                logs = str(setup.get("logs") or "").splitlines()
                printed = [line for line in self._lines if line.rstrip() not in logs]
                raise CogError(f"the setup of {self._folder.path} failed:\n{end_of([*printed, *logs])}")
            if health.get("status") != "STARTING" and self._port_is_taken:
                raise _PortTakenError
            if time.monotonic() > deadline:
                raise CogError(
                    f"the setup of {self._folder.path} took more than {self._patience:g} seconds:\n{self.last_output}"
                )
        if self._reader is not None:
            self._reader.join(1)
        if self._port_is_taken:
            raise _PortTakenError
        raise CogError(f"Cog's server for {self._folder.path} ended while it started:\n{self.last_output}")

    @property
    def _port_is_taken(self) -> bool:
        return any("in use" in line for line in self._lines)

    def _health(self) -> Iterator[JSON]:
        """Yield the results of the server's health check while its process runs."""
        import httpx

        while self.is_alive:
            try:
                health: Any = self._client.get("/health-check").json()
            except (httpx.HTTPError, ValueError):
                health = {}
            yield cast("JSON", health) if isinstance(health, dict) else {}
            time.sleep(_PAUSE)

    def _end(self) -> None:
        process, self._process = self._process, None
        if self._http is not None:
            self._http.close()
            self._http = None
        if self._callbacks is not None:
            self._callbacks.close()
            self._callbacks = None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.close()
        process.wait()
        if self._reader is not None:
            self._reader.join(1)
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        result: int = free.getsockname()[1]
        return result
