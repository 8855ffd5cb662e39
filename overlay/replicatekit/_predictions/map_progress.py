"""A progress bar over many runs, for a person at a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from replicatekit._transfer.progress_bar import open_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def map_bar(total: int | None, wanted: bool | None) -> Generator[Callable[[bool], None]]:  # noqa: FBT001 (three values)
    """Count completed and failed runs on stderr; yields a function that counts one, by whether it succeeded.

    Args:
        total: The number of runs, or None if it is not known.
        wanted: Whether the bar is shown; None shows it on a terminal.
    """
    with open_bars(
        wanted,
        lambda rich: (
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TimeRemainingColumn(),
            rich.TextColumn("[red]{task.fields[failed]}"),
        ),
    ) as bar:
        task = None if bar is None else bar.add_task("runs", total=total, failed="")
        failed = 0

        def count(is_ok: bool) -> None:  # noqa: FBT001 (the one value)
            nonlocal failed
            failed += not is_ok
            if bar is not None:
                bar.update(task, advance=1, failed=f"{failed} failed" if failed else "")

        yield count
