"""Shows a batch's progress: a bar on a terminal or in a notebook, a log line a minute."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Self

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.batch._journal.records import StoredRow
    from replicatekit.batch.rows import BatchStatus

log = logging.getLogger("replicatekit")

_LINE_SECONDS = 60.0
_COUNT_AGAIN = 5.0  # how often the counts of other workers are read


class Progress:
    """Shows how many inputs have ended and failed, their rate, and the estimated time left."""

    def __init__(self, status: Callable[[], BatchStatus], show: bool | None) -> None:  # noqa: FBT001 (three values)
        self._status = status
        self._bar = _bar(show)
        self._task: Any = None
        self._ended = self._failed = self._total = 0
        self._seconds = 0.0
        self._began = self._reported = self._counted = time.monotonic()
        self._before = 0

    def __enter__(self) -> Self:
        self._count()
        self._before = self._ended
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("batch", total=self._total, completed=self._ended, facts=self._facts())
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._show()
            self._bar.stop()

    def row(self, row: StoredRow) -> None:
        """Count an ended row."""
        self._ended += 1
        self._failed += row.status != "succeeded"
        self._seconds += row.predict_time or 0.0
        now = time.monotonic()
        if now - self._counted > _COUNT_AGAIN:
            self._count()
        if self._bar is not None:
            self._show()
        elif now - self._reported > _LINE_SECONDS:
            self._reported = now
            log.info("batch: %s", self._line())

    def _count(self) -> None:
        status = self._status()
        self._counted = time.monotonic()
        self._total = status.total
        self._failed = status.failed + status.unknown
        self._ended = status.succeeded + self._failed
        self._seconds = status.predict_time

    def _show(self) -> None:
        self._bar.update(self._task, total=self._total, completed=self._ended, facts=self._facts())

    def _rate(self) -> float:
        return (self._ended - self._before) / max(time.monotonic() - self._began, 0.001)

    def _facts(self) -> str:
        return f"{self._failed} failed, {self._rate() * 60:.0f}/min, {self._seconds:.0f} s compute"

    def _line(self) -> str:
        rate = self._rate()
        remaining = f", about {(self._total - self._ended) / rate / 60:.0f} min left" if rate else ""
        return f"{self._ended} of {self._total} done, {self._facts()}{remaining}"


def _bar(show: bool | None) -> Any:  # noqa: FBT001 (three values)
    if show is False:
        return None
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
    except ImportError:
        return None
    console = Console(stderr=True)
    if not (show or console.is_terminal or console.is_jupyter):
        return None
    columns = ("{task.description}", BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(compact=True), "left,")
    return Progress(*columns, "{task.fields[facts]}", console=console, refresh_per_second=4)


resolvable(__name__)
