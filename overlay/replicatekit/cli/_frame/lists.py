"""Lists of the API on a command line: how many, from when, and in what columns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import argument
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from replicatekit.cli._frame.command import Context
    from replicatekit.cli._frame.output import Columns

LIMIT = argument("--limit", metavar="COUNT", type=int, default=20, help="how many to list; 20 by default, 0 for all")
YES = argument("-y", "--yes", action="store_true", help="do not ask")
FORCE = argument("--force", action="store_true", help="overwrite an existing file")
SAVE = (
    argument("-o", "--output", metavar="PATH", help="save the output: a file, a folder (ends in /), or - for stdout"),
    FORCE,
    argument("--url", action="store_true", help="print the URLs of the output's files, and nothing else"),
    argument("--raw", action="store_true", help="print the output as JSON, as the API sent it"),
)

RUN_COLUMNS = {"id": "id", "status": "status", "model": "model", "created": "created_at", "error": "error"}

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def show_list(context: Context, values: Iterable[Any], columns: Columns) -> None:
    """Write a list, no more than `--limit` of it."""
    limit: int = context.options.limit
    if limit < 0:
        raise InvalidArgument(f"--limit must be 0 or more, not {limit}")
    context.output.records(islice(values, limit or None), columns)


def moment_of(text: str | None) -> datetime | None:
    """Read a time: an age such as `90m`, `24h` or `7d`, or a date and time of ISO 8601 (UTC unless it says).

    Raises:
        InvalidArgument: It is neither.
    """
    if text is None:
        return None
    age = re.fullmatch(r"([0-9]{1,6})([smhdw])", text.strip())
    if age is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidArgument(f"invalid time {text!r}: use an age such as 24h or 7d, or 2026-01-31T12:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def cancel_all(context: Context, cancel: Callable[[str], Any]) -> None:
    """Cancel the predictions or trainings that were named."""
    for name in context.options.ids:
        run = cancel(name)
        if context.output.as_json:
            context.output.json(run.to_dict())
        else:
            context.output.line(f"{run.id}\t{run.status}")


def delete_all(context: Context, deletions: Mapping[str, Callable[[], object]], several: str = "") -> int | None:
    """Delete things, if a person confirms it.

    Args:
        context: What the command was given.
        deletions: What deletes each, by what it is called, such as `the model acme/x`.
        several: What more than one are called.
    """
    what = f"{len(deletions)} {several}" if len(deletions) > 1 else next(iter(deletions))
    if not context.confirm(f"delete {what}"):
        context.output.note("nothing was deleted")
        return ExitCode.CANCELED
    for name, delete in deletions.items():
        delete()
        context.output.note(f"deleted {name}")
    return None


def follow(context: Context, run: Any, timeout: float | None = None) -> None:
    """Wait for the end of a prediction or training, with its logs on stderr. Ctrl-C leaves it running.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted, WaitTimeout: It did not succeed.
    """
    shown = 0

    def show(current: Any) -> None:
        nonlocal shown
        logs: str = current.logs or ""
        if len(logs) > shown:
            context.output.note(logs[shown:].rstrip("\n"))
            shown = len(logs)

    show(run)
    run.wait(timeout=timeout, on_progress=show)
    show(run)
    run.raise_for_status()


def show_run(context: Context, run: Any) -> None:
    """Write a prediction or training."""
    import json

    def as_json(name: str) -> str | None:
        value = run.to_dict().get(name)
        return None if value is None else json.dumps(value, ensure_ascii=False)

    columns: Columns = {
        "id": "id",
        "status": "status",
        "model": "model",
        "version": "version",
        "created": "created_at",
        "started": "started_at",
        "completed": "completed_at",
        "error": "error",
        "input": lambda _: as_json("input"),
        "output": lambda _: as_json("output"),
    }
    context.output.record(run, columns)
