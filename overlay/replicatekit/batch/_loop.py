"""Runs a batch's engine in a separate event loop, for sync code."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import anyio

from replicatekit._base.signatures import resolvable
from replicatekit._runtime import caller_in_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from replicatekit.batch.rows import BatchReport


class LoopThread:
    """An event loop in a thread, for the time of a `with` block. An error in the block cancels the work."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, BatchReport]], ended: Callable[[], object]) -> None:
        self._work = work
        self._ended = ended
        self._outcome: BatchReport | BaseException | None = None
        self._cancel: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._target, name="replicatekit batch")

    def _target(self) -> None:
        try:
            self._outcome = anyio.run(self._main)
        except BaseException as error:  # noqa: BLE001 (raised in the caller's thread)
            self._outcome = error
        finally:
            self._ended()

    async def _main(self) -> BatchReport | None:
        soon = caller_in_loop()
        with anyio.CancelScope() as scope:
            self._cancel = lambda: soon(scope.cancel)
            return await self._work()
        return None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._cancel is not None:
            self._cancel()
        self._thread.join()

    def result(self) -> BatchReport:
        """Return the work's result, or raise its error."""
        outcome: Any = self._outcome
        if isinstance(outcome, BaseException):
            raise outcome
        assert outcome is not None  # noqa: S101 (only an error in the block cancels the work, and that is raised)
        result: BatchReport = outcome
        return result


resolvable(__name__)
