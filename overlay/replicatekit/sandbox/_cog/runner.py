"""A Cog model as a model of the sandbox: Cog's own HTTP server runs its predictor."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, Unpack, cast

from replicatekit.sandbox._cog.files import gives_files, name_for, with_input_files, with_output_files
from replicatekit.sandbox._cog.folder import CogError, CogFolder
from replicatekit.sandbox._cog.reports import Progress, is_last, metrics
from replicatekit.sandbox._cog.server_process import CogServer
from replicatekit.sandbox._models.job import Canceled, Failed
from replicatekit.sandbox._models.schema import streams
from replicatekit.sandbox._storage.blobs import read_data_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from replicatekit.sandbox._cog.callback_server import CallbackServer
    from replicatekit.sandbox._models.job import Job, Runner
    from replicatekit.sandbox._models.options import CogOptions, ModelOptions

JSON = dict[str, Any]
SETUP_TIMEOUT = 600.0
CANCEL_TIMEOUT = 10.0
_EVENTS = ["start", "output", "logs", "completed"]
_LOOK = 0.2
_TURN = 0.02
_BUSY = 409
_ASK_AGAIN = 1.0


class AddModel(Protocol):
    """Makes a runner the newest version of a model, and returns the version's id."""

    def __call__(self, name: str, runner: Runner, /, **options: Unpack[ModelOptions]) -> str:
        """Add the model."""
        ...


def add_cog(add_model: AddModel, folder: str | Path, name: str | None, **options: Unpack[CogOptions]) -> str:
    """Add a Cog model to a sandbox; see `Sandbox.cog`."""
    runner = CogRunner(
        folder,
        python=options.pop("python", None),
        variables=options.pop("variables", None),
        setup_timeout=options.pop("setup_timeout", SETUP_TIMEOUT),
        cancel_timeout=options.pop("cancel_timeout", CANCEL_TIMEOUT),
    )
    try:
        return add_model(name or f"cog/{_slug(runner.folder.path.name)}", runner, **cast("ModelOptions", options))
    except BaseException:
        runner.stop()
        raise


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "model"


class CogRunner:
    """Runs predictions in Cog's server, which runs until `stop`, and starts again with the next prediction.

    Args:
        folder: The folder with cog.yaml.
        python: The Python that has Cog and the predictor's imports; None: this one.
        variables: Environment variables for the predictor; it does not get this process's API token.
        setup_timeout: How many seconds the predictor's setup may take.
        cancel_timeout: After how many seconds a predictor that ignores its cancellation is killed; its server
            starts again with the next prediction.

    Raises:
        CogError: Cog is not installed, or cannot run the model in the folder.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        python: str | Path | None = None,
        variables: Mapping[str, str] | None = None,
        setup_timeout: float = SETUP_TIMEOUT,
        cancel_timeout: float = CANCEL_TIMEOUT,
    ) -> None:
        self.folder = CogFolder.look(folder, python, variables or {})
        self._cancel_timeout = cancel_timeout
        self._places = threading.Semaphore(self.folder.concurrency)
        self._seated: set[str] = set()
        self._server = CogServer(self.folder, setup_timeout)
        try:
            self._server.start()
            self._schema = self._server.schema()
        except BaseException:
            self.stop()
            raise
        self._streams = streams(self._schema)
        self._gives_files = gives_files(self._schema)

    @property
    def openapi_schema(self) -> JSON:
        """The predictor's OpenAPI document."""
        return self._schema

    @property
    def cog_version(self) -> str:
        """The version of Cog."""
        return self.folder.version

    def stop(self) -> None:
        """Stop Cog's server."""
        self._server.stop()

    def prepare(self, job: Job) -> None:
        """Wait until the predictor is free: it runs one prediction at a time, unless its cog.yaml allows more."""
        wake = threading.Event()
        job.on_cancel(wake.set)
        while not self._places.acquire(timeout=_TURN):
            if wake.is_set():
                raise Canceled
        self._seated.add(job.id)
        try:
            self._start_for(job)
        except BaseException:
            self._leave(job)
            raise

    def _start_for(self, job: Job) -> None:
        """Start Cog's server if it has ended, unless the run was canceled."""
        if job.canceled.is_set():
            raise Canceled
        self._server.start()

    def _leave(self, job: Job) -> None:
        self._seated.remove(job.id)
        self._places.release()

    def run(self, job: Job) -> Any:
        """Run one prediction, and pass on Cog's reports."""
        if job.id not in self._seated:
            self.prepare(job)
        try:
            return self._run(job)
        finally:
            self._leave(job)

    def _run(self, job: Job) -> Any:
        try:
            return self._attempt(job)
        except _NotTaken:
            self._server.restart()
            return self._attempt(job)

    def _attempt(self, job: Job) -> Any:
        reports: queue.SimpleQueue[JSON | None] = queue.SimpleQueue()
        job.on_cancel(lambda: reports.put(None))
        callbacks = self._server.callbacks
        with callbacks.listening(job.id, reports.put) as url:
            values = with_input_files(self._schema, job.input, lambda file: callbacks.offer(job.id, job.fetch(file)))
            self._create(job, {"input": values, "webhook": url, "webhook_events_filter": _EVENTS})
            return self._follow(_Prediction(job, callbacks, self._streams, self._gives_files), reports)

    def _create(self, job: Job, body: JSON) -> None:
        """Create the prediction, and retry while Cog is busy with the previous one."""
        deadline = time.monotonic() + self._cancel_timeout
        while not job.canceled.is_set():
            response = self._server.create(job.id, body)
            if response is None:
                raise _NotTaken(f"Cog's server ended before it accepted the prediction:\n{self._server.last_output}")
            if response.is_success:
                return
            is_stuck = response.status_code == _BUSY and time.monotonic() > deadline
            if is_stuck and self._seated == {job.id}:
                raise _NotTaken("Cog's server says that it is busy, although no prediction runs")
            if response.status_code != _BUSY or is_stuck:
                raise CogError(f"Cog refused the prediction with {response.status_code}: {response.text[:1000]}")
            time.sleep(_TURN)
        raise Canceled

    def _follow(self, prediction: _Prediction, reports: queue.SimpleQueue[JSON | None]) -> Any:
        job, patience = prediction.job, None
        while True:
            report = _next(reports)
            if report is not None:
                prediction.pass_on(report)
                if is_last(report):
                    return prediction.outcome(report)
            if job.canceled.is_set():
                patience = patience or _Patience(self._cancel_timeout)
                if patience.asks_again:
                    self._ask_to_stop(job)
                if patience.is_over or not self._server.is_alive:
                    self._server.stop()
                    raise Canceled
            elif report is None and not self._server.is_alive:
                raise CogError(f"Cog's server ended while it ran this prediction:\n{self._server.last_output}")

    def _ask_to_stop(self, job: Job) -> None:
        import httpx

        with contextlib.suppress(httpx.HTTPError, CogError):
            self._server.cancel(job.id)


class _Patience:
    """Limits the wait for a canceled predictor. The cancellation is repeated, as Cog can miss a request."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._next = 0.0

    @property
    def asks_again(self) -> bool:
        """Whether to send the cancellation again; true at first."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _ASK_AGAIN
        return True

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end


class _NotTaken(CogError):
    """The prediction was not accepted: Cog's server has ended, or still runs one it reported as canceled."""


class _Prediction:
    """Passes one prediction's reports from Cog to the sandbox."""

    def __init__(self, job: Job, callbacks: CallbackServer, streams: bool, gives_files: bool) -> None:  # noqa: FBT001 - one caller
        self.job = job
        self._callbacks = callbacks
        self._progress = Progress(streams)
        self._gives_files = gives_files

    def pass_on(self, report: JSON) -> None:
        """Pass on what is new in a report."""
        self.job.log(self._progress.new_logs(report))
        for item in self._progress.new_items(report):
            self.job.emit(with_output_files(item, self._with_url))

    def outcome(self, report: JSON) -> Any:
        """Return the output, after the last report."""
        if report["status"] == "canceled":
            raise Canceled
        if report["status"] == "failed":
            raise Failed(report.get("error") or "Cog reported no reason")
        for name, value in metrics(report).items():
            self.job.metric(name, value)
        return None if self._progress.streams else with_output_files(report.get("output"), self._with_url)

    def _with_url(self, text: str) -> str:
        """Return a text of the output. The URL of a file is replaced by that of the stored file."""
        file = self._callbacks.take(text)
        if file is not None:
            return self.job.save(*file)
        if self._gives_files and text.startswith("data:"):
            return self.job.save(read_data_url(text), name_for(text))
        return text


def _next(reports: queue.SimpleQueue[JSON | None]) -> JSON | None:
    """Return the next report; None after a while, or if the run was canceled."""
    try:
        return reports.get(timeout=_LOOK)
    except queue.Empty:
        return None
