"""Compare two revisions of the API's document: operations, parameters, bodies, responses, security.

Prose is ignored. Changes that no rule covers (webhooks, callbacks, links, security schemes) get no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs

from pipeline.document import as_node
from report.change import Action, Change, Kind, Side, Subject, Verdict
from report.renames import with_renames
from report.schema_diff import Location, SchemaDiff, component_changes
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
        DocumentError: A reference in one of them cannot be resolved.
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
        yield change(Action.REMOVED, Verdict.BREAKING, url, "calls go to a URL that is no longer listed")
    for url in (url for url in new.servers if url not in old.servers):
        yield change(Action.ADDED, Verdict.HARMLESS, url)


def _operation_change(
    document: Document, operation: Operation, action: Action, verdict: Verdict, why: str = ""
) -> Change:
    subject = Subject("operations", "Operations")
    message = f"{action.value}, named `{operation.name}`"
    change = Change(Kind.OPERATION, action, verdict, subject, "", operation.title, message, why)
    sent = operation.body and _describe_content(document, operation.body.content)
    shape = [operation.method, len(operation.placeholders), sent]
    shape += [f"{status}: {_describe_content(document, body.content)}" for status, body in operation.responses.items()]
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
        message = f"was named `{old.name}`, is now `{new.name}`"
        why = "the same on the wire; the generated module is renames"
        change = Change(Kind.OPERATION, Action.CHANGED, Verdict.ATTENTION, subject, "", "", message, why)
        yield attrs.evolve(change, before=old.name, after=new.name)
    for before, after in zip(old.placeholders, new.placeholders, strict=True):
        if before != after:
            message = f"was named `{before}`"
            why = "the same on the wire; the argument of the generated function is renames"
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
        deprecated = bool(new.node.get("deprecated"))
        verdict = Verdict.ATTENTION if deprecated else Verdict.HARMLESS
        message = "deprecated" if deprecated else "no longer deprecated"
        yield Change(Kind.DEPRECATION, Action.CHANGED, verdict, subject, "", "", message)


def _security_changes(old: Operation, new: Operation, subject: Subject) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, scheme: frozenset[str], message: str, why: str = "") -> Change:
        names = " and ".join(f"`{name}`" for name in sorted(scheme)) or "no credentials"
        text = f"{message} {names}"
        return Change(Kind.SECURITY, action, verdict, subject, "security", "", text, why, Side.REQUEST)

    # A call is accepted if it satisfies one of the alternatives.
    for scheme in (one for one in old.security if not any(required <= one for required in new.security)):
        yield change(Action.REMOVED, Verdict.BREAKING, scheme, "no longer sufficient:", "such calls are rejected")
    for scheme in (one for one in new.security if one not in old.security):
        yield change(Action.ADDED, Verdict.HARMLESS, scheme, "now sufficient:")


def _parameter_changes(old: Operation, new: Operation, subject: Subject, schemas: SchemaDiff) -> Iterator[Change]:
    renames = dict(zip(old.placeholders, new.placeholders, strict=True))
    before = {
        (where, renames.get(name, name) if where == "path" else name): node
        for (where, name), node in old.parameters.items()
    }
    for where, name in (key for key in before if key not in new.parameters):
        why = "requests that send it may be rejected"
        removed = _parameter_change(subject, where, name, Action.REMOVED, Verdict.BREAKING, "removed", why)
        yield attrs.evolve(removed, before=named(schemas.old, _parameter_schema(before[where, name])))
    for (where, name), node in new.parameters.items():
        required = node.get("required") is True
        if (where, name) in before:
            yield from _changes_of_parameter(before[where, name], node, subject, schemas)
            continue
        what = named(schemas.new, _parameter_schema(node))
        message = f"new {'required' if required else 'optional'} parameter: {what}"
        verdict = Verdict.BREAKING if required else Verdict.HARMLESS
        why = "requests that do not send it are rejected" if required else ""
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
            yield change("is now required", Verdict.BREAKING, "requests without it are rejected")
        else:
            yield change("is no longer required", Verdict.HARMLESS)
    for keyword in _PARAMETER_KEYWORDS:
        if old.get(keyword) != new.get(keyword):
            message = f"{keyword} was {as_code(old.get(keyword))}, is now {as_code(new.get(keyword))}"
            yield change(message, Verdict.BREAKING, "its value is encoded differently")
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        deprecated = bool(new.get("deprecated"))
        message = "deprecated" if deprecated else "no longer deprecated"
        yield change(message, Verdict.ATTENTION if deprecated else Verdict.HARMLESS)
    location = Location(subject, Side.REQUEST, f"{where} parameter", name)
    schemas.compare(_parameter_schema(old), _parameter_schema(new), location)


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
        why = "requests without it are rejected" if new.required else ""
        yield change(Action.ADDED, verdict, f"new, {word}: {_describe_content(schemas.new, new.content)}", why)
    elif old is not None and new is None:
        yield change(Action.REMOVED, Verdict.BREAKING, "removed", "requests that send it may be rejected")
    elif old is not None and new is not None:
        if new.required and not old.required:
            yield change(Action.CHANGED, Verdict.BREAKING, "is now required", "requests without it are rejected")
        elif old.required and not new.required:
            yield change(Action.CHANGED, Verdict.HARMLESS, "is no longer required")
        yield from _content_changes(old, new, Location(subject, Side.REQUEST, "request body"), schemas)


def _response_changes(
    old: Mapping[str, Body], new: Mapping[str, Body], subject: Subject, schemas: SchemaDiff
) -> Iterator[Change]:
    def change(status: str, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.STATUS, action, verdict, subject, "response", status, message, why, Side.RESPONSE)

    for status in (status for status in old if status not in new):
        if _is_success(status):
            why = "code that expects it never gets it"
            yield change(status, Action.REMOVED, Verdict.BREAKING, "removed", why)
        else:
            yield change(status, Action.REMOVED, Verdict.HARMLESS, "removed")
    for status, body in new.items():
        if status in old:
            yield from _body_changes(old[status], body, Location(subject, Side.RESPONSE, f"response {status}"), schemas)
            continue
        what = _describe_content(schemas.new, body.content) or "without a body"
        if _is_success(status) and old:
            why = "code that accepts only known statuses should accept this one"
            yield change(status, Action.ADDED, Verdict.ATTENTION, f"new: {what}", why)
        else:
            yield change(status, Action.ADDED, Verdict.HARMLESS, f"new: {what}")


def _is_success(status: str) -> bool:
    return status.startswith("2")


def _body_changes(old: Body, new: Body, location: Location, schemas: SchemaDiff) -> Iterator[Change]:
    yield from _content_changes(old, new, location, schemas)
    part = f"{location.part} header"

    def change(name: str, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(Kind.HEADER, action, verdict, location.subject, part, name, message, why, location.side)

    for name in (name for name in old.headers if name not in new.headers):
        yield change(name, Action.REMOVED, Verdict.BREAKING, "removed", "code that reads it does not find it")
    for name, node in new.headers.items():
        if name in old.headers:
            inner = Location(location.subject, location.side, part, name)
            schemas.compare(_parameter_schema(old.headers[name]), _parameter_schema(node), inner)
        else:
            yield change(name, Action.ADDED, Verdict.HARMLESS, "new")


def _content_changes(old: Body, new: Body, location: Location, schemas: SchemaDiff) -> Iterator[Change]:
    def change(action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
        return Change(
            Kind.MEDIA_TYPE, action, verdict, location.subject, location.part, "", message, why, location.side
        )

    is_request = location.side is Side.REQUEST
    for kind in (kind for kind in old.content if kind not in new.content):
        why = "requests with it may be rejected" if is_request else "code that reads it gets something else"
        yield change(Action.REMOVED, Verdict.BREAKING, f"no longer {as_code(kind)}", why)
    for kind, schema in new.content.items():
        if kind in old.content:
            part = location.part if kind == JSON else f"{location.part} ({as_code(kind)})"
            schemas.compare(old.content[kind], schema, Location(location.subject, location.side, part))
        elif not old.content:
            what = _describe_content(schemas.new, new.content)
            yield change(Action.ADDED, Verdict.HARMLESS, f"body now documented: {what}")
            break
        else:
            verdict = Verdict.HARMLESS if is_request else Verdict.ATTENTION
            yield change(Action.ADDED, verdict, f"also {as_code(kind)}")


def _describe_content(document: Document, content: Mapping[str, Node]) -> str:
    return ", ".join(
        named(document, schema) if kind == JSON else f"{as_code(kind)} {named(document, schema)}"
        for kind, schema in content.items()
    )
