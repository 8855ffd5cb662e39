"""Progress bars on stderr, drawn by rich if it is installed."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable


@contextmanager
def open_bars(wanted: bool | None, columns: Callable[[Any], Iterable[Any]]) -> Generator[Any]:  # noqa: FBT001 (three values)
    """Show progress bars of rich while the context lasts; yields None without rich, or if they are not wanted.

    Args:
        wanted: Whether they are shown; None shows them on a terminal.
        columns: Makes the columns, of the classes in `rich.progress`.
    """
    bars: Any = None
    if is_on_terminal() if wanted is None else wanted:
        try:
            from rich import console, progress
        except ImportError:
            pass
        else:
            bars = progress.Progress(*columns(progress), console=console.Console(stderr=True), transient=True)
    with nullcontext() if bars is None else bars:
        yield bars


@contextmanager
def download_bars(
    files: int,
    wanted: bool | None,  # noqa: FBT001 (three values)
) -> Generator[Callable[[str], Callable[[int, int | None], object] | None]]:
    """Show a bar for each file; yields a function that adds one, and returns the progress callback that moves it."""
    with open_bars(
        wanted if files else False,
        lambda rich: (
            rich.TextColumn("{task.fields[name]}", markup=False),
            rich.BarColumn(),
            rich.DownloadColumn(),
            rich.TransferSpeedColumn(),
        ),
    ) as bars:

        def add_file(name: str) -> Callable[[int, int | None], object] | None:
            if bars is None:
                return None
            task = bars.add_task("", name=name, total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield add_file


def is_on_terminal() -> bool:
    """Whether stderr is a terminal, where a person may watch."""
    # A program without a console, such as a Windows GUI, has no stderr.
    return sys.stderr is not None and sys.stderr.isatty()  # pyright: ignore[reportUnnecessaryComparison]
