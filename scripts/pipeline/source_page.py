"""The table of `spec/SOURCE.md`: where the document comes from, which revision it is, what is in it, whose prose."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pipeline.document import as_node

if TYPE_CHECKING:
    from pipeline.document import Document

__all__ = ["described", "revision_day", "with_revision"]

PUBLISHER = "the publisher's"
"""What the row `prose` says from the first update on."""

_DAY = re.compile(r"^\| revision kept here \| (\d{4}-\d{2}-\d{2})", re.MULTILINE)


def revision_day(page: str) -> date | None:
    """The day of the revision that a page describes."""
    found = _DAY.search(page)
    return date.fromisoformat(found[1]) if found else None


def described(document: Document, day: date) -> dict[str, str]:
    """What the table says about a document."""
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
    """The page with the rows of another revision, whose prose is the publisher's."""
    for name, text in {**described(document, day), "prose": PUBLISHER}.items():
        page = re.sub(rf"^\| {name} \| .* \|$", f"| {name} | {text} |".replace("\\", r"\\"), page, flags=re.MULTILINE)
    return page
