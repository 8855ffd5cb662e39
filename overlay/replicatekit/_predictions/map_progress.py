"""A progress bar over many runs, for a person at a terminal: drawn by rich, if that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from replicatekit._transfer.progress_bar import is_watched

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MapProgress"]


class MapProgress:
    """Counts completed and failed runs on stderr.

    Args:
        total: How many there are, or None if that is not known.
        wanted: Whether the bar is shown; None shows it on a terminal.
    """

    def __init__(self, total: int | None, wanted: bool | None) -> None:  # noqa: FBT001 (three values)
        self._failed = 0
        self._bar: Any = _new_bar() if wanted or (wanted is None and is_watched()) else None
        self._task = self._bar.add_task("runs", total=total, failed="") if self._bar is not None else None

    def add(self, *, is_ok: bool) -> None:
        """One more run has ended."""
        if self._bar is None:
            return
        self._failed += not is_ok
        failed = f"{self._failed} failed" if self._failed else ""
        self._bar.update(self._task, advance=1, failed=failed)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _new_bar() -> Any:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        return None
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[red]{task.fields[failed]}"),
        console=Console(stderr=True),
        transient=True,
    )
