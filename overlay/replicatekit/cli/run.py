"""`replicatekit run`: run a model and show its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.inputs import INPUT_TABLE, read_input
from replicatekit.cli._frame.lists import SAVE
from replicatekit.cli._frame.model import CalledModel, inputs_page
from replicatekit.cli._frame.parser import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from replicatekit import Prediction
    from replicatekit.streaming import EventStream, StreamEvent

__all__ = ["COMMANDS", "MODEL_ARGUMENTS", "options_of", "read_events", "start_stream"]

MODEL_ARGUMENTS = (
    argument("ref", metavar="REF", help="the model: owner/name, owner/name:version or the id of a version"),
    argument("inputs", metavar="name=value", nargs="*", help="inputs of the model, written as above"),
    argument("-i", "--input", metavar="JSON", help="inputs as a JSON object; @file or - for stdin"),
    argument("--deployment", action="store_true", help="REF is a deployment"),
    argument(
        "--timeout", metavar="SECONDS", type=float, help="stop waiting after SECONDS; the prediction keeps running"
    ),
    argument("--cancel-after", metavar="TIME", help="let the API cancel it after this time, such as 90s or 5m"),
)
"""The arguments of the commands that run a model."""


def run(context: Context) -> None:
    """Run a model."""
    options = context.options
    _check(options)
    model = CalledModel(context)
    if options.url and not model.may_make_files:
        raise UsageError(f"the output of {model.ref} has no files: leave out --url", "replicatekit run")
    values = read_input(options.inputs, options.input, model.fields)
    model.check(values)
    if options.dry_run:
        from replicatekit.cli._frame.requests import show_request

        return show_request(context, model, values)
    if options.no_wait:
        return _create(context, model, values)
    if model.streams_text and not (context.output.as_json or options.raw or options.output or options.url):
        return _stream(context, model, values)
    prediction = context.client.predictions.run(
        input=values, **model.target, **options_of(options), progress=context.output.shows_progress
    )
    from replicatekit.cli._frame.results import show_output

    show_output(context, prediction)
    return None


def options_of(options: argparse.Namespace) -> dict[str, Any]:
    """Select the options of `client.run` from those of a command."""
    values = {"timeout": options.timeout, "cancel_after": options.cancel_after}
    return {name: value for name, value in values.items() if value is not None}


def _check(options: argparse.Namespace) -> None:
    ways = [f"--{name}" for name in ("json", "raw", "url", "no_wait", "dry_run") if getattr(options, name)]
    from replicatekit.cli._frame.results import check_target

    check_target(options.output, replaces=options.force)
    if len(ways) > 1 and set(ways) - {"--json", "--no_wait", "--dry_run"}:
        raise UsageError(f"{' and '.join(ways)} exclude each other", "replicatekit run")


def _create(context: Context, model: CalledModel, values: dict[str, Any]) -> None:
    options = {"cancel_after": context.options.cancel_after} if context.options.cancel_after else {}
    prediction = context.client.predictions.create(input=values, **model.target, **options)
    if context.output.as_json:
        context.output.json(prediction.to_dict())
        return
    context.output.line(prediction.id)
    context.output.note(f"it runs: replicatekit predictions watch {prediction.id}")


def _stream(context: Context, model: CalledModel, values: dict[str, Any]) -> None:
    read_events(start_stream(context, model, values), lambda event: context.output.text(str(event)))
    context.output.end_line()


def start_stream(context: Context, model: CalledModel, values: dict[str, Any]) -> EventStream[Prediction]:
    """Start a run and stream its events. Closing the stream cancels it."""
    return context.client.stream(input=values, cancel_on_close=True, **model.target, **options_of(context.options))


def read_events(events: EventStream[Prediction], write: Callable[[StreamEvent], object]) -> None:
    """Pass all events to `write`. On interruption, add a note on the prediction, as the client does."""
    with events:
        try:
            for event in events:
                write(event)
        except KeyboardInterrupt as interruption:
            if not hasattr(interruption, "__notes__"):
                interruption.add_note(f"the API is asked to cancel prediction {events.prediction.id}")
            raise


_DETAILS = """\
Text is printed as it arrives. Files are printed as URLs, and images are shown if the terminal supports it; `-o` saves
them. Everything else is printed as JSON. Ctrl-C cancels the prediction."""

_EXAMPLES = """\
examples:
  replicatekit run black-forest-labs/flux-schnell prompt='a lighthouse' -o lighthouse.png
  replicatekit run black-forest-labs/flux-schnell prompt='a lighthouse' --url |
    replicatekit run acme/upscale image=-"""

COMMANDS = (
    Command(
        "run",
        "Run a model: stream its text, save its files, show its images.",
        run,
        *MODEL_ARGUMENTS,
        *SAVE,
        argument("--no-wait", action="store_true", help="print the prediction's id and exit; it keeps running"),
        argument("--dry-run", action="store_true", help="validate the input and show the request; nothing is billed"),
        table=INPUT_TABLE,
        details=_DETAILS,
        examples=_EXAMPLES,
        help_for=inputs_page,
    ),
)
