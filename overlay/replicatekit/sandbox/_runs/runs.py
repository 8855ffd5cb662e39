"""The lifecycle of predictions and trainings: starting, following, ending, storing.

Models run in threads; everything else here happens on the server's event loop, so that no locks are needed. A thread
reports through `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._models.job import Canceled, Failed, Job
from replicatekit.sandbox._runs.events import StreamEvent
from replicatekit.sandbox._runs.fingerprints import fingerprint
from replicatekit.sandbox._runs.run import Run, traceback_of
from replicatekit.sandbox._runs.streams import last_events, logs_event, output_event
from replicatekit.sandbox._runs.workers import Workers
from replicatekit.sandbox._storage.blobs import FOREVER
from replicatekit.sandbox._storage.records import iso, ordered, without_data
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._runs.webhooks import Webhooks
    from replicatekit.sandbox._storage.blobs import Blobs
    from replicatekit.sandbox._storage.records import JSON
    from replicatekit.sandbox._storage.settings import Settings
    from replicatekit.sandbox._storage.store import Row, Store

INTERRUPTED = "Prediction interrupted; please retry (code: PA)"


class Runs:
    """All runs: the live ones in memory, the ended ones in the store."""

    def __init__(self, store: Store, settings: Settings, blobs: Blobs, webhooks: Webhooks) -> None:
        self._store = store
        self._settings = settings
        self._blobs = blobs
        self._webhooks = webhooks
        self._waiting: deque[Run] = deque()
        self._workers = Workers()
        self._running = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.live: dict[str, Run] = {}
        self.streams: dict[str, Run] = {}
        self._creates: Counter[tuple[str, str]] = Counter()

    @property
    def creates(self) -> int:
        """The number of runs created."""
        return self._creates.total()

    def count_creates(self, model: str | None) -> dict[str, int]:
        """Count the runs created by the fingerprints of their inputs, of all models or of one."""
        return {key: count for (name, key), count in self._creates.items() if model in (None, name)}

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start work on an event loop; runs that an earlier process left unfinished become failed."""
        self._loop = loop
        for kind in ("prediction", "training"):
            for row in self._store.rows(kind, where=("expires IS NULL",)):
                record = json.loads(row.body)
                record |= {"status": "failed", "error": INTERRUPTED, "completed_at": iso()}
                self._remember(kind, record)

    def start(self, run: Run) -> None:
        """Start a new run; it counts as a create."""
        model = run.record["model"]
        self._creates[model, fingerprint(model, run.record["input"], self._blobs)] += 1
        self.live[run.id] = run
        if run.stream_key:
            self.streams[run.stream_key] = run
        self._store.put(run.kind, run.id, run.record, parent=run.record["model"], created=run.created)
        loop = asyncio.get_running_loop()
        if run.lifetime is not None:
            run.timers.append(loop.call_later(self._settings.real(run.lifetime), self._deadline, run))
        if run.boot > 0:
            run.timers.append(loop.call_later(self._settings.real(run.boot), self._launch, run))
        else:
            self._launch(run)

    def cancel(self, run: Run) -> None:
        """Cancel a run."""
        self._end(run, "canceled")

    def close(self) -> None:
        """End all live runs; a state that survives records them as interrupted."""
        self._waiting.clear()
        self._workers.close()
        for run in list(self.live.values()):
            self._end(run, "failed", error=INTERRUPTED, quietly=True)
        self._loop = None

    def reset(self) -> None:
        """End all live runs, and drop all predictions, trainings and files."""
        self._waiting.clear()
        for run in list(self.live.values()):
            self._end(run, "canceled", quietly=True)
        self._creates.clear()
        self._store.clear("prediction", "training", "stream", "file")
        self._store.clear_blobs(before=time.time() + FOREVER / 2)

    def read(self, kind: str, key: str) -> str | None:
        """Return a run as JSON, live or ended; None if there is no such run."""
        run = self.live.get(key)
        if run is not None and run.kind == kind:
            return run.render()
        row = self._store.row(kind, key)
        return self.body(kind, row) if row else None

    def body(self, kind: str, row: Row) -> str:
        """Return a stored run as JSON: its live state while it runs, and without its data once it has expired."""
        run = self.live.get(row.id)
        if run is not None:
            return run.render()
        if kind == "prediction" and row.expires and row.expires < time.time():
            return dumps(without_data(json.loads(row.body)))
        return row.body

    def stored_events(self, stream_key: str) -> list[StreamEvent] | None:
        """Return the events of an ended stream; None once they have expired."""
        row = self._store.row("stream", stream_key)
        if row is None or (row.expires and row.expires < time.time()):
            return None
        return [StreamEvent(*event) for event in json.loads(row.body)]

    def _launch(self, run: Run) -> None:
        if run.done.is_set():
            return
        if self._running >= self._settings.max_running:
            self._waiting.append(run)
            return
        self._running += 1
        run.launched = True
        run.job = Job(
            id=run.id,
            input=deepcopy(run.record["input"]),
            blobs=self._blobs,
            report=lambda kind, value: self._post(self._report, run, kind, value),
            inline_files=run.inline_files,
        )
        self._workers.submit(partial(self._work, run, run.job))

    def _work(self, run: Run, job: Job) -> bool:
        """Run a model, and return whether its thread can be reused: a canceled one may still raise an exception."""
        outcome: tuple[str, Any, str | None] = ("canceled", None, None)
        try:
            try:
                job.enter()
                outcome = self._outcome(run, job)
            finally:
                job.leave()
        except Canceled:
            job.leave()  # raised on the way out of the block above, at most once
        self._post(self._end, run, *outcome)
        return not job.canceled.is_set()

    def _outcome(self, run: Run, job: Job) -> tuple[str, Any, str | None]:
        """Run a model, and return the status, the output and the error of its run."""
        prepare = getattr(run.runner, "prepare", None)
        try:
            if prepare is not None:
                prepare(job)
            self._post(self._begin, run)
            output = run.runner.run(job)
            output = run.finish(output) if run.finish else output
            dumps(output)  # an output that is not JSON fails here, not in a response
        except Canceled:
            raise
        except Failed as problem:
            return "failed", None, str(problem)
        except BaseException as problem:  # noqa: BLE001 - whatever a model raises fails its prediction
            self._post(self._report, run, "logs", traceback_of(problem))
            return "failed", None, str(problem) or type(problem).__name__
        return "succeeded", output, None

    def _post(self, callback: Callable[..., None], *arguments: Any) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(callback, *arguments)
            except RuntimeError:
                return  # the server was stopped meanwhile

    def _begin(self, run: Run) -> None:
        if run.done.is_set():
            return
        run.began = time.time()
        run.record |= {"status": "processing", "started_at": iso(run.began)}
        limit = self._settings.real(self._settings.run_limit)
        run.timers.append(asyncio.get_running_loop().call_later(limit, self._overrun, run))
        self._change(run, "start")

    def _report(self, run: Run, kind: str, value: Any) -> None:
        if run.done.is_set():
            return
        if kind == "metric":
            run.metrics[value[0]] = value[1]
        elif kind == "logs":
            run.record["logs"] = (run.record["logs"] or "") + value
            run.events.append(logs_event(run, value))
            self._change(run, "logs")
        else:
            items: list[Any] = run.record.get("output") or []
            run.record["output"] = items
            items.append(value)
            run.events.append(output_event(run, value))
            self._change(run, "output")

    def _change(self, run: Run, event: str) -> None:
        run.text = None
        changed, run.changed = run.changed, asyncio.Event()
        changed.set()
        self._webhooks.notify(run, event)

    def _deadline(self, run: Run) -> None:
        self._end(run, "aborted" if run.record["status"] == "starting" else "canceled")

    def _overrun(self, run: Run) -> None:
        self._end(run, "failed", error=f"The prediction ran longer than {self._settings.run_limit:g} seconds")

    def _end(
        self, run: Run, status: str, output: Any = None, error: str | None = None, *, quietly: bool = False
    ) -> None:
        if run.done.is_set():
            return
        run.done.set()
        now = time.time()
        record = run.record
        if output is not None or "output" not in record:
            record["output"] = output
        record |= {"status": status, "error": error, "completed_at": iso(now)}
        times = {"total_time": round(now - run.created, 6)}
        if run.began is not None:
            times["predict_time"] = round(now - run.began, 6)
        record["metrics"] = {**times, **run.metrics}
        if output is not None and run.stream_key and not any(event.name == "output" for event in run.events):
            run.events.append(output_event(run, output))
        run.events += last_events(status, error)
        self._retire(run, now)
        self._change(run, "quiet" if quietly else "completed")
        if status != "succeeded" and run.job is not None:
            run.job.cancel()

    def _retire(self, run: Run, now: float) -> None:
        for timer in run.timers:
            timer.cancel()
        expires = now + self._settings.real(self._settings.data_lifetime)
        self._remember(run.kind, ordered(run.record))
        del self.live[run.id]
        if run.stream_key:
            del self.streams[run.stream_key]
            events = [[event.name, event.data, event.id] for event in run.events]
            self._store.put("stream", run.stream_key, events, expires=expires)
            self._store.drop_expired("stream")
        if run.launched:
            self._running -= 1
        while self._waiting and self._running < self._settings.max_running:
            self._launch(self._waiting.popleft())

    def _remember(self, kind: str, record: JSON) -> None:
        expires = time.time() + self._settings.real(self._settings.data_lifetime)
        self._store.put(kind, record["id"], record, expires=expires)
