"""`replicatekit collections`: collections of models."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.lists import LIMIT, show_list

__all__ = ["COMMANDS"]

_COLUMNS = {"slug": "slug", "name": "name", "description": "description"}


def list_all(context: Context) -> None:
    """List collections."""
    show_list(context, context.client.collections.list(), _COLUMNS)


def get(context: Context) -> None:
    """List the models of a collection."""
    from replicatekit.cli.models import MODEL_COLUMNS

    collection = context.client.collections.get(context.options.slug)
    if context.output.as_json and not context.output.as_lines:
        context.output.json(collection.to_dict())
    else:
        context.output.records(collection.models, MODEL_COLUMNS)


COMMANDS = (
    Command("list", "List collections.", list_all, LIMIT),
    Command(
        "get",
        "List the models of a collection.",
        get,
        argument("slug", metavar="SLUG", help="the collection, such as text-to-image"),
    ),
)
