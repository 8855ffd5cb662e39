"""`replicatekit search`: models, collections and documentation pages."""

from __future__ import annotations

from typing import NamedTuple

from replicatekit.cli._frame.command import Command, Context, argument

__all__ = ["COMMANDS"]


class _Hit(NamedTuple):
    kind: str
    name: str | None
    description: str | None


def search(context: Context) -> None:
    """Search everything that the API finds."""
    results = context.client.search(" ".join(context.options.query), limit=context.options.limit)
    if context.output.as_json:
        context.output.json(results.to_dict())
        return
    hits = [_Hit("model", each.model.id, each.model.description) for each in results.models if each.model]
    hits += [_Hit("collection", each.slug, each.description) for each in results.collections]
    hits += [_Hit("page", each.href, each.name) for each in results.pages]
    context.output.records(hits, {name: name for name in _Hit._fields})


COMMANDS = (
    Command(
        "search",
        "Search models, collections and documentation pages.",
        search,
        argument("query", metavar="WORD", nargs="+", help="what to look for"),
        argument("--limit", metavar="COUNT", type=int, help="how many models at most"),
    ),
)
