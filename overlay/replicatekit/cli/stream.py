"""`replicatekit stream`: the text of a model's output, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit.cli._frame.command import Command, Context
from replicatekit.cli._frame.inputs import INPUT_TABLE, read_input
from replicatekit.cli._frame.model import CalledModel, inputs_page
from replicatekit.cli.run import MODEL_ARGUMENTS, read_events, start_stream

if TYPE_CHECKING:
    from replicatekit.streaming import StreamEvent

__all__ = ["COMMANDS"]


def stream(context: Context) -> None:
    """Run a model and write the text of its output events; with `--jsonl`, all events."""
    model = CalledModel(context)
    values = read_input(context.options.inputs, context.options.input, model.fields)
    model.check(values)
    output = context.output

    def write(event: StreamEvent) -> None:
        if output.as_json:
            output.json({"event": event.type, "data": event.data})
        else:
            output.text(str(event))

    read_events(start_stream(context, model, values), write)
    if output.is_watched:
        output.end_line()  # the shell's prompt begins a line of its own


COMMANDS = (
    Command(
        "stream",
        "Run a model and print the text of its output as it arrives, nothing else. `--jsonl` prints its events.",
        stream,
        *MODEL_ARGUMENTS,
        table=INPUT_TABLE,
        help_for=inputs_page,
    ),
)
