"""Comparing two revisions of the API's document: operations, parameters, bodies, answers, security.

Prose is not compared. What has no rule (webhooks, callbacks, links, security schemes) is named if it changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs

from pipeline.document import as_node
from report.change import Action, Change, Kind, Side, Subject, Verdict
from report.renames import with_renames
from report.schema_diff import SchemaDiff, Spot, component_changes
from report.schema_shape import as_code, named
from report.unjudged import document_rest, operation_rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.document import Body, Document, Node, Operation

JSON = "application/json"
_PARAMETER_KEYWORDS = ("style", "explode", "allowReserved", "allowEmptyValue")


def document_changes(old: Document, new: Document) -> tuple[Change, ...]:
    """Compare two documents.

    Raises:
        DocumentError: A reference in one of them leads nowhere.
    """
    schemas = SchemaDiff(old, new)
    before = {operation.key: operation for operation in old.operations()}
    after = {operation.key: operation for operation in new.operations()}
    found = list(_server_changes(old, new))
    found += (
        _operation_change(old, operation, Action.REMOVED, Verdict.BREAKING, "calls to it fail")
        for key, operation in before.items()
        if key not in after
    )
    for key, operation in after.items():
        if key not in before:
            found.append(_operation_change(new, operation, Action.ADDED, Verdict.HARMLESS))
        else:
            found += _changes_within(before[key], operation, schemas)
    found += schemas.changes()
    found += component_changes(old, new, schemas.pairs)
    found += document_rest(old, new)
    return with_renames(tuple(found))


def _server_changes(old: Document, new: Document) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, url: str, why: str = "") -> Change:
        subject = Subject("document", "The API")
        return Change(Kind.SERVER, action, verdict, subject, "server", url, action.value, why)

    for url in (url for url in old.servers if url not in new.servers):
        yield change(Action.REMOVED, Verdict.BREAKING, url, "calls go to an address that is no longer named")
    for url in (url for url in new.servers if url not in old.servers):
        yield change(Action.ADDED, Verdict.HARMLESS, url)


def _operation_change(
    document: Document, operation: Operation, action: Action, verdict: Verdict, why: str = ""
) -> Change:
    subject = Subject("operations", "Operations")
    message = f"{action.value}, called `{operation.name}`"
    change = Change(Kind.OPERATION, action, verdict, subject, "", operation.title, message, why)
    sent = operation.body and _content_words(document, operation.body.content)
    shape = [operation.method, len(operation.placeholders), sent]
    shape += [f"{status}: {_content_words(document, body.content)}" for status, body in operation.responses.items()]
    side = "after" if action is Action.ADDED else "before"
    return attrs.evolve(change, **cast("dict[str, Any]", {side: str(shape)}))


def _changes_within(old: Operation, new: Operation, schemas: SchemaDiff) -> Iterator[Change]:
    subject = Subject("operation", new.name, f"`{new.title}`")
    yield from _name_changes(old, new, subject)
    yield from _security_changes(old, new, subject)
    yield from _parameter_changes(old, new, subject, schemas)
    yield from _request_changes(old.body, new.body, subject, schemas)
    yield from _response_changes(old.responses, new.responses, subject, schemas)
    yield from operation_rest(schemas.old, schemas.new, old, new, subject)


def _name_changes(old: Operation, new: Operation, subject: Subject) -> Iterator[Change]:
    if old.name != new.name:
        message = f"was called `{old.name}`, is now `{new.name}`"
        why = "the same on the wire; the generated module takes its name from it"
        change = Change(Kind.OPERATION, Action.CHANGED, Verdict.ATTENTION, subject, "", "", message, why)
        yield attrs.evolve(change, before=old.name, after=new.name)
    for before, after in zip(old.placeholders, new.placeholders, strict=True):
        if before != after:
            message = f"was called `{before}`"
            why = "the same on the wire; the generated function takes its argument's name from it"
            yield Change(
                Kind.PARAMETER,
                Action.CHANGED,
                Verdict.ATTENTION,
                subject,
                "path parameter",
                after,
                message,
                why,
            )
    if bool(old.node.get("deprecated")) != bool(new.node.get("deprecated")):
        gone = bool(new.node.get("deprecated"))
        verdict = Verdict.ATTENTION if gone else Verdict.HARMLESS
        message = "deprecated" if gone else "no longer deprecated"
        yield Change(Kind.DEPRECATION, Action.CHANGED, verdict, subject, "", "", message)


def _security_changes(old: Operation, new: Operation, subject: Subject) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, scheme: frozenset[str], message: str, why: str = "") -> Change:
        names = " and ".join(f"`{name}`" for name in sorted(scheme)) or "no credentials"
        said = f"{message} {names}"
        return Change(Kind.SECURITY, action, verdict, subject, "security", "", said, why, Side.REQUEST)

    # Whatever is asked for beside them, a call that fulfils one of the alternatives goes through.
    for scheme in (one for one in old.security if not any(asked <= one for asked in new.security)):
        yield change(Action.REMOVED, Verdict.BREAKING, scheme, "no longer enough:", "such calls are refused")
    for scheme in (one for one in new.security if one not in old.security):
        yield change(Action.ADDED, Verdict.HARMLESS, scheme, "now enough:")


def _parameter_changes(old: Operation, new: Operation, subject: Subject, schemas: SchemaDiff) -> Iterator[Change]:
    renamed = dict(zip(old.placeholders, new.placeholders, strict=True))
    before = {
        (where, renamed.get(name, name) if where == "path" else name): node
        for (where, name), node in old.parameters.items()
    }
    for where, name in (key for key in before if key not in new.parameters):
        why = "requests that send it may be refused"
        gone = _parameter_change(subject, where, name, Action.REMOVED, Verdict.BREAKING, "removed", why)
        yield attrs.evolve(gone, before=named(schemas.old, _parameter_schema(before[where, name])))
    for (where, name), node in new.parameters.items():
        required = node.get("required") is True
        if (where, name) in before:
            yield from _changes_of_parameter(before[where, name], node, subject, schemas)
            continue
        what = named(schemas.new, _parameter_schema(node))
        message = f"new {'required' if required else 'optional'} parameter: {what}"
        verdict = Verdict.BREAKING if required else Verdict.HARMLESS
        why = "requests that do not know it are refused" if required else ""
        yield attrs.evolve(_parameter_change(subject, where, name, Action.ADDED, verdict, message, why), after=what)


def _parameter_change(
    subject: Subject, where: str, name: str, action: Action, verdict: Verdict, message: str, why: str = ""
) -> Change:
    part = f"{where} parameter"
    return Change(Kind.PARAMETER, action, verdict, subject, part, name, message, why, Side.REQUEST)


def _changes_of_parameter(old: Node, new: Node, subject: Subject, schemas: SchemaDiff) -> Iterator[Change]:
    where, name = str(new.get("in")), str(new.get("name"))

    def change(message: str, verdict: Verdict, why: str = "") -> Change:
        return _parameter_change(subject, where, name, Action.CHANGED, verdict, message, why)

    if (required := new.get("required") is True) != (old.get("required") is True):
        if required:
            yield change("is now required", Verdict.BREAKING, "requests without it are refused")
        else:
            yield change("is no longer required", Verdict.HARMLESS)
    for keyword in _PARAMETER_KEYWORDS:
        if old.get(keyword) != new.get(keyword):
            message = f"{keyword} was {as_code(old.get(keyword))}, is now {as_code(new.get(keyword))}"
            yield change(message, Verdict.BREAKING, "its value is written in another way")
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        gone = bool(new.get("deprecated"))
        message = "deprecated" if gone else "no longer deprecated"
        yield change(message, Verdict.ATTENTION if gone else Verdict.HARMLESS)
    spot = Spot(subject, Side.REQUEST, f"{where} parameter", name)
    schemas.compare(_parameter_schema(old), _parameter_schema(new), spot)


def _parameter_schema(node: Node) -> Node:
    if "schema" in node:
        return as_node(node["schema"])
    for media in as_node(node.get("content")).values():
        return as_node(as_node(media).get("schema"))
    return {}


def _request_changes(old: Body | None, new: Body | None, subject: Subject, schemas: SchemaDiff) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.BODY, action, verdict, subject, "request body", "", message, why, Side.REQUEST)

    if old is None and new is not None:
        word, verdict = ("required", Verdict.BREAKING) if new.required else ("optional", Verdict.HARMLESS)
        why = "requests without it are refused" if new.required else ""
        yield change(Action.ADDED, verdict, f"new, {word}: {_content_words(schemas.new, new.content)}", why)
    elif old is not None and new is None:
        yield change(Action.REMOVED, Verdict.BREAKING, "removed", "requests that send it may be refused")
    elif old is not None and new is not None:
        if new.required and not old.required:
            yield change(Action.CHANGED, Verdict.BREAKING, "is now required", "requests without it are refused")
        elif old.required and not new.required:
            yield change(Action.CHANGED, Verdict.HARMLESS, "is no longer required")
        yield from _content_changes(old, new, Spot(subject, Side.REQUEST, "request body"), schemas)


def _response_changes(
    old: Mapping[str, Body], new: Mapping[str, Body], subject: Subject, schemas: SchemaDiff
) -> Iterator[Change]:
    def change(status: str, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.STATUS, action, verdict, subject, "answer", status, message, why, Side.RESPONSE)

    for status in (status for status in old if status not in new):
        if _is_success(status):
            why = "code that expects it waits in vain"
            yield change(status, Action.REMOVED, Verdict.BREAKING, "removed", why)
        else:
            yield change(status, Action.REMOVED, Verdict.HARMLESS, "removed")
    for status, body in new.items():
        if status in old:
            yield from _answer_changes(old[status], body, Spot(subject, Side.RESPONSE, f"answer {status}"), schemas)
            continue
        what = _content_words(schemas.new, body.content) or "without a body"
        if _is_success(status) and old:
            why = "code that accepts only the statuses it knows should learn this one"
            yield change(status, Action.ADDED, Verdict.ATTENTION, f"new: {what}", why)
        else:
            yield change(status, Action.ADDED, Verdict.HARMLESS, f"new: {what}")


def _is_success(status: str) -> bool:
    return status.startswith("2")


def _answer_changes(old: Body, new: Body, spot: Spot, schemas: SchemaDiff) -> Iterator[Change]:
    yield from _content_changes(old, new, spot, schemas)
    part = f"{spot.part} header"

    def change(name: str, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.HEADER, action, verdict, spot.subject, part, name, message, why, spot.side)

    for name in (name for name in old.headers if name not in new.headers):
        yield change(name, Action.REMOVED, Verdict.BREAKING, "removed", "code that reads it finds nothing")
    for name, node in new.headers.items():
        if name in old.headers:
            inside = Spot(spot.subject, spot.side, part, name)
            schemas.compare(_parameter_schema(old.headers[name]), _parameter_schema(node), inside)
        else:
            yield change(name, Action.ADDED, Verdict.HARMLESS, "new")


def _content_changes(old: Body, new: Body, spot: Spot, schemas: SchemaDiff) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.MEDIA_TYPE, action, verdict, spot.subject, spot.part, "", message, why, spot.side)

    is_request = spot.side is Side.REQUEST
    for kind in (kind for kind in old.content if kind not in new.content):
        why = "requests in it may be refused" if is_request else "code that reads it gets something else"
        yield change(Action.REMOVED, Verdict.BREAKING, f"no longer {as_code(kind)}", why)
    for kind, schema in new.content.items():
        if kind in old.content:
            part = spot.part if kind == JSON else f"{spot.part} ({as_code(kind)})"
            schemas.compare(old.content[kind], schema, Spot(spot.subject, spot.side, part))
        elif not old.content:
            what = _content_words(schemas.new, new.content)
            yield change(Action.ADDED, Verdict.HARMLESS, f"body now documented: {what}")
            break
        else:
            verdict = Verdict.HARMLESS if is_request else Verdict.ATTENTION
            yield change(Action.ADDED, verdict, f"also {as_code(kind)}")


def _content_words(document: Document, content: Mapping[str, Node]) -> str:
    return ", ".join(
        named(document, schema) if kind == JSON else f"{as_code(kind)} {named(document, schema)}"
        for kind, schema in content.items()
    )
