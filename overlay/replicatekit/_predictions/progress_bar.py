"""A progress bar for a run, on a terminal or in a notebook: drawn by rich or tqdm, whichever is installed."""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from replicatekit._base.logs import log
from replicatekit._domain import progress as _progress
from replicatekit._transfer.progress_bar import is_on_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from replicatekit._predictions.options import Options


@contextmanager
def with_progress_bar(options: Options, title: str) -> Generator[Options]:
    """Show a bar while the context lasts, and yield options whose `on_progress` updates it."""
    options = options._replace(progress=False)
    draw = _renderer() if _has_display() else None
    if draw is None:
        yield options
        return
    with draw() as update:
        on_progress = options.on_progress

        def show(prediction: Any) -> None:
            progress = _progress.parse(prediction.logs)
            share = 1.0 if prediction.status == "succeeded" else progress.percentage if progress else 0.0
            update(f"{title}: {prediction.status}", share)

        def report(prediction: Any) -> object:
            show(prediction)
            return on_progress(prediction) if on_progress else None

        async def async_report(prediction: Any) -> None:
            show(prediction)
            result: Any = on_progress(prediction) if on_progress else None
            await result

        yield options._replace(on_progress=async_report if inspect.iscoroutinefunction(on_progress) else report)


def _has_display() -> bool:
    """Whether there is a terminal or a notebook."""
    shell: Any = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return is_on_terminal() or type(shell).__name__ == "ZMQInteractiveShell"


def _renderer() -> Any:
    if find_spec("rich"):
        return _rich
    if find_spec("tqdm"):
        return _tqdm
    log.warning("progress=True needs rich or tqdm: pip install 'replicatekit[cli]'")
    return None


@contextmanager
def _rich() -> Generator[Callable[[str, float], object]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=1.0)
        yield lambda text, share: bars.update(task, description=text, completed=share)


@contextmanager
def _tqdm() -> Generator[Callable[[str, float], object]]:
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    with tqdm(total=100, leave=False, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}") as bar:

        def update(text: str, share: float) -> None:
            bar.set_description_str(text, refresh=False)
            bar.n = round(100 * share)
            bar.refresh()

        yield update
