"""Lists on the command line: their length, start time and columns. Also following, canceling and deleting."""

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
    """Write a list, up to `--limit` objects."""
    limit: int = context.options.limit
    if limit < 0:
        raise InvalidArgument(f"--limit must be 0 or more, not {limit}")
    context.output.records(islice(values, limit or None), columns)


def moment_of(text: str | None) -> datetime | None:
    """Parse a time: an age such as `90m`, `24h` or `7d`, or an ISO 8601 date and time (UTC by default).

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
    """Cancel the predictions or trainings on the command line."""
    for name in context.options.ids:
        run = cancel(name)
        if context.output.as_json:
            context.output.json(run.to_dict())
        else:
            context.output.line(f"{run.id}\t{run.status}")


def delete_all(context: Context, deletions: Mapping[str, Callable[[], object]], several: str = "") -> int | None:
    """Delete objects after confirmation.

    Args:
        context: The command's context.
        deletions: The functions that delete the objects, by a description such as `the model acme/x`.
        several: The plural noun for the objects.
    """
    objects = f"{len(deletions)} {several}" if len(deletions) > 1 else next(iter(deletions))
    if not context.confirm(f"delete {objects}"):
        context.output.note("nothing was deleted")
        return ExitCode.CANCELED
    for name, delete in deletions.items():
        delete()
        context.output.note(f"deleted {name}")
    return None


def follow(context: Context, run: Any, timeout: float | None = None) -> None:
    """Wait for a prediction or training to end, with its logs on stderr. Ctrl-C leaves it running.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted, WaitTimeout: The run did not succeed.
    """
    written = 0

    def show(current: Any) -> None:
        nonlocal written
        logs: str = current.logs or ""
        if len(logs) > written:
            context.output.note(logs[written:].rstrip("\n"))
            written = len(logs)

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
