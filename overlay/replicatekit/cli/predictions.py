"""`replicatekit predictions`: list, watch, cancel and save predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.lists import LIMIT, RUN_COLUMNS, SAVE, cancel_all, follow, moment_of, show_list, show_run
from replicatekit.errors import FileGoneError, LocalFileError, ReplicateError

if TYPE_CHECKING:
    from replicatekit import Prediction

__all__ = ["COMMANDS"]

_ID = argument("id", metavar="ID", help="the prediction")


def list_all(context: Context) -> None:
    """List predictions, the newest first."""
    after, before = moment_of(context.options.since), moment_of(context.options.before)
    show_list(context, context.client.predictions.list(created_after=after, created_before=before), RUN_COLUMNS)


def get(context: Context) -> None:
    """Show a prediction."""
    show_run(context, context.client.predictions.get(context.options.id))


def watch(context: Context) -> None:
    """Follow a prediction to its end: its logs on stderr, its output on stdout."""
    prediction = context.client.predictions.get(context.options.id)
    follow(context, prediction, context.options.timeout)
    _show_output(context, prediction)


def _show_output(context: Context, prediction: Prediction) -> None:
    from replicatekit.cli._frame.results import show_output

    context.options.__dict__.update({"raw": False, "url": False, "output": None, **context.options.__dict__})
    show_output(context, prediction)


def cancel(context: Context) -> None:
    """Cancel predictions."""
    cancel_all(context, context.client.predictions.cancel)


def logs(context: Context) -> None:
    """Print the logs of a prediction."""
    if logs := context.client.predictions.get(context.options.id).logs:
        context.output.text(logs)
        context.output.end_line()


def outputs(context: Context) -> None:
    """Print or save the output of a prediction."""
    prediction = context.client.predictions.get(context.options.id)
    prediction.raise_for_status()
    _show_output(context, prediction)


def pull(context: Context) -> int | None:
    """Save the inputs and outputs of many predictions, each in its own folder."""
    after, folder = moment_of(context.options.since), Path(context.options.output)
    failed = deleted = 0
    for prediction in context.client.predictions.list(created_after=after):
        if (
            prediction.status != "succeeded"
            or not prediction.id.isalnum()
            or (folder / prediction.id / "prediction.json").exists()
        ):
            continue
        try:
            saved = _pull(prediction.reload(), folder / prediction.id)
        except FileGoneError:
            deleted += 1
        except ReplicateError as error:
            failed += 1
            context.output.note(f"{prediction.id} was not saved: {error}")
        else:
            context.output.line(f"{prediction.id}\t{saved}\t{folder / prediction.id}")
    if deleted:
        context.output.note(f"{deleted} outputs were not saved, for the API has deleted them: pull more often")
    return ExitCode.FAILED if failed else None


def _pull(prediction: Prediction, folder: Path) -> int:
    """Save a prediction, and return the number of files. The record is written last, as it marks completion."""
    saved = prediction.save(folder, overwrite=True, progress=False)
    text = json.dumps(prediction.to_dict(), indent=2, ensure_ascii=False)
    try:
        (folder / "input.json").write_text(json.dumps(prediction.input, indent=2, ensure_ascii=False), "utf-8")
        (folder / "prediction.json").write_text(text, "utf-8")
    except OSError as error:
        raise LocalFileError(f"{str(folder)!r} cannot be written: {error.strerror}", cause=error) from None
    return len(saved)


_SINCE = argument("--since", metavar="TIME", help="created after: an age such as 24h or 7d, or 2026-01-31T12:00")

COMMANDS = (
    Command(
        "list",
        "List predictions, the newest first.",
        list_all,
        _SINCE,
        argument("--before", metavar="TIME", help="created before"),
        LIMIT,
    ),
    Command("get", "Show a prediction.", get, _ID),
    Command(
        "watch",
        "Follow a prediction to its end: logs on stderr, the output on stdout. Ctrl-C leaves it running.",
        watch,
        _ID,
        argument("--timeout", metavar="SECONDS", type=float, help="stop watching after so many seconds"),
    ),
    Command("cancel", "Cancel predictions.", cancel, argument("ids", metavar="ID", nargs="+", help="the predictions")),
    Command("logs", "Print the logs of a prediction.", logs, _ID),
    Command("outputs", "Print or save the output of a prediction.", outputs, _ID, *SAVE),
    Command(
        "pull",
        "Save outputs together with their inputs, before the API deletes them; skips what was saved before.",
        pull,
        _SINCE,
        argument(
            "-o",
            "--output",
            metavar="FOLDER",
            default="predictions",
            help="the folder to save to; `predictions` by default",
        ),
    ),
)
