"""Small documents with one operation, for tests that compare revisions."""

from __future__ import annotations

from typing import Any

from pipeline.document import Document
from report.change import Change, Kind, Side, Verdict
from report.document_diff import document_changes

CORRECTIONS = """
overlay: 1.1.0
info: {title: Corrections, version: "1"}
actions:
  - target: $.info
    description: Missing from the published document.
    update: {x-noted: true}
x-rules:
  - rule: name-by-noun-and-verb
"""

OK = {"description": "Fine."}


def json_body(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def operation(**more: Any) -> dict[str, Any]:
    return {"operationId": "things.create", "responses": {"200": OK}, **more}


def root(paths: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": paths if paths is not None else {"/things": {"post": operation()}},
        **more,
    }


def one_operation(path: str = "/things", method: str = "post", **more: Any) -> dict[str, Any]:
    return root({path: {method: operation(**more)}})


def changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[Change, ...]:
    return document_changes(Document(old, "old.json"), Document(new, "new.json"))


def the_change(old: dict[str, Any], new: dict[str, Any]) -> Change:
    found = changes(old, new)
    assert len(found) == 1, found
    return found[0]


def holding(schema: Any, side: Side, **components: Any) -> dict[str, Any]:
    """Return a document with a schema in a request or in a response."""
    body = json_body(schema)
    more = {"requestBody": body} if side is Side.REQUEST else {"responses": {"200": {**OK, **body}}}
    return one_operation(**more) | ({"components": {"schemas": components}} if components else {})


def schema_changes(old: Any, new: Any, side: Side) -> list[tuple[str, str, Verdict]]:
    """Return the field, the message and the verdict of each change between two schemas."""
    return [(change.path, change.message, change.verdict) for change in changes(holding(old, side), holding(new, side))]


def kinds(found: tuple[Change, ...]) -> set[Kind]:
    return {change.kind for change in found}
