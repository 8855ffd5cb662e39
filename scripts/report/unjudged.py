"""Report changes that no rule covers, without a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.document import as_items, as_node
from report.change import Action, Change, Kind, Subject, Verdict
from report.schema_shape import signature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.document import Document, Node, Operation

__all__ = ["document_rest", "operation_rest"]

_COMPARED = {"paths", "servers", "components", "info", "tags", "externalDocs", "security"}
_OPERATION_PARTS = ("servers", "callbacks")
_PARAMETER_KNOWN = {
    "name", "in", "required", "schema", "content", "style", "explode", "allowReserved", "allowEmptyValue",
    "deprecated", "description", "example", "examples", "$ref",
}  # fmt: skip


def _change(subject: Subject, part: str, path: str, action: Action = Action.CHANGED) -> Change:
    return Change(Kind.OTHER, action, Verdict.UNJUDGED, subject, part, path, f"{action.value}, not judged")


def document_rest(old: Document, new: Document) -> Iterator[Change]:
    """Compare security schemes, webhooks, and top-level keys that no rule covers."""
    subject = Subject("document", "The API")
    before = as_node(as_node(old.root.get("components")).get("securitySchemes"))
    after = as_node(as_node(new.root.get("components")).get("securitySchemes"))
    yield from _named(old, new, before, after, subject, "security scheme")
    yield from _named(
        old, new, as_node(old.root.get("webhooks")), as_node(new.root.get("webhooks")), subject, "webhook"
    )
    for key in sorted((old.root.keys() | new.root.keys()) - _COMPARED - {"webhooks", "openapi"}):
        if not key.startswith("x-") and not _same(old, new, old.root.get(key), new.root.get(key)):
            yield _change(subject, "", key)
    servers = [[{**as_node(one), "url": ""} for one in as_items(each.root.get("servers"))] for each in (old, new)]
    if not _same(old, new, *servers) and old.servers == new.servers:
        yield _change(subject, "", "servers")


def _named(old: Document, new: Document, before: Node, after: Node, subject: Subject, part: str) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield _change(subject, part, name, Action.REMOVED)
        elif name not in before:
            yield _change(subject, part, name, Action.ADDED)
        elif not _same(old, new, before[name], after[name]):
            yield _change(subject, part, name)


def _same(old: Document, new: Document, before: object, after: object) -> bool:
    return signature(old, before) == signature(new, after)


def operation_rest(
    old: Document, new: Document, before: Operation, after: Operation, subject: Subject
) -> Iterator[Change]:
    """Compare an operation's servers, callbacks, scopes, body encodings, links, and rare keywords of parameters."""
    for part in _OPERATION_PARTS:
        one, two = (_own(document, operation, part) for document, operation in ((old, before), (new, after)))
        if not _same(old, new, one, two):
            yield _change(subject, "", part)
    if _scopes(old, before) != _scopes(new, after):
        yield _change(subject, "security", "scopes")
    for key in before.parameters.keys() & after.parameters.keys():
        one, two = (
            {name: value for name, value in each.parameters[key].items() if name not in _PARAMETER_KNOWN}
            for each in (before, after)
        )
        if not _same(old, new, one, two):
            yield _change(subject, f"{key[0]} parameter", key[1])
    for part, one, two in _bodies(old, new, before, after):
        for keyword in ("encoding", "itemSchema", "itemEncoding", "prefixEncoding"):
            found = [
                {kind: as_node(media).get(keyword) for kind, media in as_node(body.get("content")).items()}
                for body in (one, two)
            ]
            shared = found[0].keys() & found[1].keys()
            if any(not _same(old, new, found[0][kind], found[1][kind]) for kind in shared):
                yield _change(subject, part, keyword)
        if not _same(old, new, one.get("links"), two.get("links")):
            yield _change(subject, part, "links")


def _own(document: Document, operation: Operation, part: str) -> object:
    item = document.follow(as_node(document.root.get("paths")).get(operation.path))
    return operation.node.get(part, item.get(part) if part == "servers" else None)


def _scopes(document: Document, operation: Operation) -> list[tuple[str, tuple[str, ...]]]:
    declared = operation.node["security"] if "security" in operation.node else document.root.get("security")
    return sorted(
        (name, tuple(sorted(map(str, as_items(scopes)))))
        for one in as_items(declared)
        for name, scopes in as_node(one).items()
        if scopes
    )


def _bodies(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[tuple[str, Node, Node]]:
    yield "request body", old.follow(before.node.get("requestBody")), new.follow(after.node.get("requestBody"))
    old_responses, new_responses = as_node(before.node.get("responses")), as_node(after.node.get("responses"))
    for status in old_responses:
        if status in new_responses:
            yield f"response {status}", old.follow(old_responses[status]), new.follow(new_responses[status])
