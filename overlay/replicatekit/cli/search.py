"""`replicatekit search`: models, collections and documentation pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Command, Context, argument

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS"]


def search(context: Context) -> None:
    """Search everything that the API finds."""
    found = context.client.search(" ".join(context.options.query), limit=context.options.limit)
    if context.output.as_json:
        context.output.json(found.to_dict())
        return
    rows: list[tuple[str, str, str]] = []
    for hit in found.models:
        model: Any = hit.model
        rows.append(("model", f"{model.owner}/{model.name}", model.description or ""))
    rows += [("collection", each.slug, each.description or "") for each in found.collections]
    rows += [("page", each.href, each.name) for each in found.pages]
    columns: dict[str, Callable[[Any], object]] = {
        "kind": lambda row: row[0],
        "name": lambda row: row[1],
        "description": lambda row: row[2],
    }
    context.output.records(rows, columns)


COMMANDS = (
    Command(
        "search",
        "Search models, collections and documentation pages.",
        search,
        argument("query", metavar="WORD", nargs="+", help="what to look for"),
        argument("--limit", metavar="COUNT", type=int, help="how many models at most"),
    ),
)
