"""`replicatekit stream`: the text of a model's output, and nothing else."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.inputs import INPUT_HELP, read_input
from replicatekit.cli._frame.model import CalledModel, inputs_page
from replicatekit.cli.run import MODEL_ARGUMENTS, options_of

__all__ = ["COMMANDS"]


def stream(context: Context) -> int | None:
    """Run a model and write the text of its output events; with `--jsonl`, all events."""
    model = CalledModel(context)
    values = read_input(context.options.inputs, context.options.input, model.fields)
    model.check(values)
    events = context.client.stream(input=values, cancel_on_close=True, **model.target, **options_of(context.options))
    name = ""
    try:
        with events:
            name = events.prediction.id
            for event in events:
                if context.output.as_json:
                    context.output.json({"event": event.type, "data": event.data})
                else:
                    context.output.text(str(event))
    except KeyboardInterrupt:
        of = f"; the API was asked to cancel prediction {name}" if name else ""
        context.output.note(f"interrupted{of}")
        return ExitCode.CANCELED
    return None


COMMANDS = (
    Command(
        "stream",
        "Run a model and print the text of its output as it arrives, nothing else. `--jsonl` prints its events.",
        stream,
        *MODEL_ARGUMENTS,
        details=INPUT_HELP,
        help_for=inputs_page,
    ),
)
