"""`replicatekit trainings`: create, list, watch and cancel trainings."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.inputs import INPUT_TABLE, read_input
from replicatekit.cli._frame.lists import LIMIT, RUN_COLUMNS, cancel_all, follow, show_list, show_run

__all__ = ["COMMANDS"]

_ID = argument("id", metavar="ID", help="the training")


def create(context: Context) -> None:
    """Create a training, after checking its input against the version's schema."""
    from replicatekit._domain.input_schema import InputSchema
    from replicatekit._domain.reference import parse
    from replicatekit.errors import InvalidArgument

    options = context.options
    reference = parse(options.ref)
    if reference.model is None or reference.version is None:
        raise InvalidArgument(f"a training needs a version: write {options.ref}:VERSION")
    version = context.client.models.versions.get(reference.model, reference.version)
    schema = InputSchema(version.openapi_schema, "TrainingInput")
    values = read_input(options.inputs, options.input, schema.by_name)
    training = context.client.trainings.create(
        reference.model, reference.version, destination=options.destination, input=values
    )
    if context.output.as_json:
        context.output.json(training.to_dict())
    else:
        context.output.line(training.id)
        context.output.note(f"it runs: replicatekit trainings watch {training.id}")


def list_all(context: Context) -> None:
    """List trainings, the newest first."""
    show_list(context, context.client.trainings.list(), RUN_COLUMNS)


def get(context: Context) -> None:
    """Show a training."""
    show_run(context, context.client.trainings.get(context.options.id))


def watch(context: Context) -> None:
    """Follow a training to its end: its logs on stderr, its result on stdout."""
    training = context.client.trainings.get(context.options.id)
    follow(context, training)
    show_run(context, training)


def cancel(context: Context) -> None:
    """Cancel trainings."""
    cancel_all(context, context.client.trainings.cancel)


COMMANDS = (
    Command(
        "create",
        "Train a version; the result becomes a version of your destination model.",
        create,
        argument("ref", metavar="OWNER/NAME:VERSION", help="the version that is trained"),
        argument("inputs", metavar="name=value", nargs="*", help="inputs of the training"),
        argument("--destination", metavar="OWNER/NAME", required=True, help="the model that gets the new version"),
        argument("-i", "--input", metavar="JSON", help="inputs as a JSON object; @file or - for stdin"),
        table=INPUT_TABLE,
    ),
    Command("list", "List trainings, the newest first.", list_all, LIMIT),
    Command("get", "Show a training.", get, _ID),
    Command("watch", "Follow a training to its end. Ctrl-C leaves it running.", watch, _ID),
    Command("cancel", "Cancel trainings.", cancel, argument("ids", metavar="ID", nargs="+", help="the trainings")),
)
