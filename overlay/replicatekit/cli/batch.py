"""`replicatekit batch`: run a model over thousands of inputs, none of them twice after a crash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Argument, Command, Context, argument
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit.batch import Batch, BatchRow, BatchStatus
    from replicatekit.cli._frame.output import Columns

__all__ = ["COMMANDS"]

_JOURNAL = argument(
    "journal", metavar="JOURNAL", help="the batch's journal: a file, or the URL of a PostgreSQL database"
)


def run(context: Context) -> int | None:
    """Add inputs to a batch and run it."""
    with _batch(context, context.options.ref) as batch:
        report = batch.add(context.options.inputs, repeat=context.options.repeat)
        context.output.note(f"{report.added} inputs added, {report.known} in the batch already")
        return _run(context, batch)


def resume(context: Context) -> int | None:
    """Continue a batch."""
    with _existing(context) as batch:
        return _run(context, batch)


def retry_failed(context: Context) -> int | None:
    """Run failed inputs again."""
    with _existing(context) as batch:
        count = batch.retry_failed(context.options.kind or None)
        context.output.note(f"{count} inputs are tried again")
        return _run(context, batch)


def status(context: Context) -> None:
    """Show the progress of a batch."""
    with _existing(context) as batch:
        _show(context, batch.status())


def results(context: Context) -> None:
    """List the rows of a batch."""
    with _existing(context) as batch:
        context.output.records(batch.results(context.options.status), _COLUMNS)


def export(context: Context) -> None:
    """Write the rows of a batch: into a file, or to stdout."""
    with _existing(context) as batch:
        target = context.options.output
        if target != "-":
            context.output.note(f"{batch.export(target)} rows written to {target}")
            return
        for row in batch.results():
            context.output.text(_json_line(row))


_COLUMNS: Columns = {
    "status": "status",
    "prediction": "prediction_id",
    "input": lambda row: _json(row.to_dict()["input"]),
    "output": "output",
    "error": lambda row: row.error and f"{row.error_kind}: {row.error}",
}


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _json_line(row: BatchRow) -> str:
    return _json(row.to_dict()) + "\n"


def _batch(context: Context, ref: str | None) -> Batch:
    try:
        from replicatekit.batch import Batch
    except ImportError as error:
        raise InvalidArgument(f"batches need more packages: pip install 'replicatekit[batch]' ({error})") from None
    return Batch(context.options.journal, ref, client=context.client)


def _existing(context: Context) -> Batch:
    journal: str = context.options.journal
    if "://" not in journal and not Path(journal).is_file():
        raise InvalidArgument(f"there is no journal {journal!r}: start a batch with `replicatekit batch run`")
    return _batch(context, None)


def _run(context: Context, batch: Batch) -> int | None:
    options = context.options

    def show(row: BatchRow) -> None:
        if context.output.as_lines:
            context.output.text(_json_line(row))

    try:
        report = batch.run(
            concurrency=options.concurrency,
            output_dir=options.output,
            retries=options.retries,
            retry_unknown=options.retry_unknown,
            creates_per_minute=options.rate or None,
            max_failures=options.max_failures,
            max_predict_time=options.max_predict_time,
            webhook=options.webhook,
            secrets=dict(_secret_of(text) for text in options.secret or ()),
            on_result=show,
            progress=context.output.shows_progress,
        )
    except KeyboardInterrupt:
        context.output.note(f"interrupted; to continue: replicatekit batch resume {options.journal}")
        return ExitCode.CANCELED
    if not context.output.as_lines:
        _show(context, report.status)
    if report.status.failed or report.status.unknown:
        context.output.note(f"to see what failed: replicatekit batch results {options.journal} --status failed")
    if report.stopped:
        context.output.note(f"stopped by {report.stopped}; to continue: replicatekit batch resume {options.journal}")
    return ExitCode.FAILED if report.failed or report.status.unknown or report.stopped else None


def _secret_of(text: str) -> tuple[str, str]:
    name, equals, variable = text.partition("=")
    if not (name and equals and variable):
        raise InvalidArgument(f"--secret must be INPUT=VARIABLE, not {text!r}")
    return name, variable


def _show(context: Context, status: BatchStatus) -> None:
    import attrs

    fields: dict[str, Any] = {**attrs.asdict(status), "failures": dict(status.failures)}
    if context.output.as_json:
        context.output.json(fields)
        return
    failures = ", ".join(f"{count} {kind}" for kind, count in status.failures.items())
    for name in ("total", "pending", "running", "succeeded", "failed", "unknown"):
        details = f" ({failures})" if name == "failed" and failures else ""
        context.output.line(f"{name + ':':<13}{fields[name]}{details}")
    context.output.line(f"{'compute:':<13}{status.predict_time:.1f} s")


_RUN: tuple[Argument, ...] = (
    argument("-o", "--output", metavar="FOLDER", help="save output files there; without it, only URLs are kept"),
    argument("--concurrency", metavar="COUNT", type=int, default=64, help="how many run at once; 64 by default"),
    argument("--retries", metavar="COUNT", type=int, default=2, help="retries after failures of the API; 2 by default"),
    argument(
        "--retry-unknown", action="store_true", help="resend create requests with an unknown outcome; may bill twice"
    ),
    argument(
        "--rate",
        metavar="COUNT",
        type=float,
        default=600.0,
        help="create requests a minute; 600 by default, 0: no limit",
    ),
    argument("--max-failures", metavar="COUNT", type=int, help="stop starting inputs after COUNT failures"),
    argument(
        "--max-predict-time", metavar="SECONDS", type=float, help="stop starting inputs after SECONDS of predict time"
    ),
    argument("--webhook", metavar="URL", help="your HTTPS endpoint that passes requests to Batch.receive"),
    argument(
        "--secret",
        metavar="INPUT=VARIABLE",
        action="append",
        help="a secret input, and the environment variable with its value; repeatable",
    ),
)

COMMANDS = (
    Command(
        "run",
        "Run a model over the inputs of a file. Run it again after a crash: it continues.",
        run,
        _JOURNAL,
        argument("ref", metavar="REF", help="the model: owner/name or owner/name:version"),
        argument("inputs", metavar="FILE", help="the inputs: a .jsonl, .csv or .parquet file"),
        argument("--repeat", metavar="COUNT", type=int, default=1, help="runs per input; 1 by default"),
        *_RUN,
    ),
    Command("status", "Show the progress of a batch.", status, _JOURNAL),
    Command("resume", "Continue a batch.", resume, _JOURNAL, *_RUN),
    Command(
        "retry-failed",
        "Run the failed inputs of a batch again; each is billed again.",
        retry_failed,
        _JOURNAL,
        argument("--kind", metavar="KIND", action="append", help="only this kind of failure, such as api; repeatable"),
        *_RUN,
    ),
    Command(
        "results",
        "List the rows of a batch; --jsonl writes all that is known of each.",
        results,
        _JOURNAL,
        argument("--status", metavar="STATUS", help="only rows with this status, such as failed"),
    ),
    Command(
        "export",
        "Write the rows of a batch as JSON lines.",
        export,
        _JOURNAL,
        argument("-o", "--output", metavar="FILE", default="-", help="a new file; stdout by default"),
    ),
)
