"""One thread that owns a journal's connection and commits many steps at once.

A commit waits for the disk. Steps that are submitted meanwhile share the next commit.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from replicatekit._runtime import caller_in_loop
from replicatekit.batch._journal.database import Deadlock, open_database
from replicatekit.batch._journal.journal import Journal
from replicatekit.batch._journal.schema import prepare
from replicatekit.errors import InvalidArgument, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.batch._journal.database import Database

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE = 256
_DEADLOCKS = 5  # deadlocks in a row, before the next one is an error


class _Step:
    """A step and the future of its result."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()


class JournalWriter:
    """A journal whose steps run in a separate thread, in the order of submission."""

    def __init__(self, address: str | os.PathLike[str]) -> None:
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        self._opened: Future[Journal] = Future()
        self._is_closed = False
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, args=(address,), name="replicatekit journal", daemon=True)
        self._thread.start()
        try:
            self.journal = self._opened.result()
        except BaseException:
            self._thread.join()
            raise

    def submit(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a step of `journal`; its future is done once its changes are durable.

        Raises:
            InvalidArgument: The journal is closed, or was opened in the parent of this forked process.
        """
        if self._process != os.getpid():
            raise InvalidArgument("this batch was opened in another process: open its journal again in this one")
        if self._is_closed:
            raise InvalidArgument("this batch is closed: make another one of the same journal")
        entry = _Step(lambda: step(*args, **kwargs))
        self._steps.put(entry)
        return entry.future

    def call(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a step, and wait until its changes are durable."""
        return self.submit(step, *args, **kwargs).result()

    async def acall(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `call`, without blocking the event loop."""
        import anyio

        # The writer must not wait for the event loop: a callback may block the loop, waiting for the writer.
        done, soon = anyio.Event(), caller_in_loop()
        future = self.submit(step, *args, **kwargs)
        future.add_done_callback(lambda _: soon(done.set))
        # A submitted step is written even if the caller is cancelled: its result must be known.
        with anyio.CancelScope(shield=True):
            await done.wait()
        return future.result()

    def close(self) -> None:
        """Finish what was submitted, and close the connection."""
        self._is_closed = True
        self._steps.put(None)
        self._thread.join()

    def _run(self, address: str | os.PathLike[str]) -> None:
        try:
            journal = Journal(_open(address))
        except BaseException as error:  # noqa: BLE001 (raised where the writer is made)
            self._opened.set_exception(error)
            return
        self._opened.set_result(journal)
        try:
            while steps := self._next():
                self._commit(journal, steps)
        finally:
            journal.database.close()

    def _next(self) -> list[_Step]:
        """Wait for the steps to commit together; empty at the end."""
        first = self._steps.get()
        steps = [] if first is None else [first]
        while steps and len(steps) < _AT_ONCE:
            try:
                step = self._steps.get_nowait()
            except Empty:
                break
            if step is None:
                self._steps.put(None)  # end after these steps
                break
            steps.append(step)
        return steps

    def _commit(self, journal: Journal, steps: list[_Step]) -> None:
        try:
            results = _execute(journal, steps)
        except JournalError as error:
            # If the connection broke, the steps may have been committed: none runs a second time.
            for step in steps:
                step.future.set_exception(error)
        except BaseException as error:  # noqa: BLE001 (raised where the step was submitted)
            if len(steps) == 1:
                steps[0].future.set_exception(error)
                return
            # Nothing was written: run one by one, so that only the step that fails is affected.
            for step in steps:
                self._commit(journal, [step])
        else:
            for step, result in zip(steps, results, strict=True):
                step.future.set_result(result)


def _execute(journal: Journal, steps: list[_Step]) -> list[Any]:
    """Run steps in one transaction, and return their results."""
    for _ in range(_DEADLOCKS):
        try:
            with journal.database.transaction():
                return [step.work() for step in steps]
        except Deadlock:
            continue
    with journal.database.transaction():
        return [step.work() for step in steps]


def _open(address: str | os.PathLike[str]) -> Database:
    database = open_database(address)
    try:
        prepare(database)
        database.set_modes()
    except BaseException:
        database.close()
        raise
    return database
