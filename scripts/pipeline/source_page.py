"""The table of `spec/SOURCE.md`: the source, revision, size and prose of the document."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pipeline.document import as_node

if TYPE_CHECKING:
    from pipeline.document import Document

__all__ = ["revision_day", "table_rows", "with_revision"]

PUBLISHER = "the publisher's"
"""The row `prose` after the first update."""

_DAY = re.compile(r"^\| revision kept here \| (\d{4}-\d{2}-\d{2})", re.MULTILINE)


def revision_day(page: str) -> date | None:
    """Return the date of the revision that a page describes."""
    found = _DAY.search(page)
    return date.fromisoformat(found[1]) if found else None


def table_rows(document: Document, day: date) -> dict[str, str]:
    """Return the rows of the table that depend on the document."""
    components = as_node(document.root.get("components"))
    figures = {
        "operations": sum(1 for _ in document.operations()),
        "component schemas": len(as_node(components.get("schemas"))),
        "shared parameters": len(as_node(components.get("parameters"))),
    }
    version = as_node(document.root.get("info")).get("version")
    return {
        "revision kept here": f"{day}, `info.version` {version}, OpenAPI {document.root.get('openapi')}",
        "what is in it": ", ".join(f"{figure} {noun}" for noun, figure in figures.items()),
    }


def with_revision(page: str, document: Document, day: date) -> str:
    """Return the page with the rows of another revision, with the publisher's prose."""
    for name, text in {**table_rows(document, day), "prose": PUBLISHER}.items():
        page = re.sub(rf"^\| {name} \| .* \|$", f"| {name} | {text} |".replace("\\", r"\\"), page, flags=re.MULTILINE)
    return page
