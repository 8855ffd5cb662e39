"""Progress bars for downloads, shown on a terminal if rich is installed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DownloadProgress", "is_watched"]


class DownloadProgress:
    """The progress bars of several downloads; without bars, it does nothing."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._open = ExitStack()

    @classmethod
    def of(cls, files: int, wanted: bool | None) -> Self:  # noqa: FBT001 (three values)
        """Make the bars if they are wanted; None means on a terminal."""
        if wanted is False or not files or (wanted is None and not is_watched()):
            return cls(None)
        try:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
        except ImportError:
            return cls(None)
        return cls(
            Progress(
                TextColumn("{task.fields[name]}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
        )

    def add_file(self, name: str) -> Callable[[int, int | None], object] | None:
        """Add a bar, and return the progress callback that moves it."""
        if self._bars is None:
            return None
        bars = self._bars
        task = bars.add_task("", name=name, total=None)
        return lambda done, total: bars.update(task, completed=done, total=total)

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._open.enter_context(self._bars)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()


def is_watched() -> bool:
    """Whether stderr is a terminal, where a person may watch."""
    # A program without a console, such as a Windows GUI, has no stderr.
    return sys.stderr is not None and sys.stderr.isatty()  # pyright: ignore[reportUnnecessaryComparison]
