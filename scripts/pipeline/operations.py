"""What the template of the endpoint modules places: an operation, its arguments, and how its answers are read."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, frozen

from pipeline.errors import GenerationFailed
from pipeline.media_types import is_json
from pipeline.property_types import Imports, Kinds
from pipeline.text import literal, paragraph, raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openapi_python_client.parser.bodies import Body
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties.protocol import PropertyProtocol
    from openapi_python_client.parser.responses import Response

__all__ = ["Operation", "Operations", "Parameter"]

# What an endpoint module's functions use by name.
_TAKEN = {"asyncio_detailed", "sync_detailed"}

Reading: TypeAlias = tuple[str, str, Imports]
"""The type of an answer, the expression that reads it, and the classes that both need."""

_NOTHING: Reading = ("None", "_call.reads_nothing", ())


@frozen
class Parameter:
    """One argument of an operation."""

    name: str
    key: str
    written: str
    description: str
    imports: Imports


@frozen
class Operation:
    """An operation."""

    method: str
    path: str
    summary: str
    description: str
    returns: str
    reads: str
    problems: tuple[tuple[int, int, str], ...]
    path_parameters: tuple[Parameter, ...]
    query_parameters: tuple[Parameter, ...]
    header_parameters: tuple[Parameter, ...]
    cookie_parameters: tuple[Parameter, ...]
    body_parameters: tuple[Parameter, ...]
    body: str
    answer_imports: Imports
    problem_imports: Imports

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """Those that stand before the star: the path's."""
        return self.path_parameters

    @property
    def named(self) -> tuple[Parameter, ...]:
        """Those that are given by name."""
        return (
            *self.body_parameters,
            *self.query_parameters,
            *self.header_parameters,
            *self.cookie_parameters,
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them, in the order in which they are declared."""
        return (*self.positional, *self.named)

    @property
    def imports(self) -> Imports:
        """What the annotations need."""
        given = (pair for parameter in self.parameters for pair in parameter.imports)
        return tuple(sorted({*self.answer_imports, *given}))

    @property
    def runtime_imports(self) -> Imports:
        """What the call itself needs."""
        return tuple(sorted({*self.answer_imports, *self.problem_imports}))


@frozen
class Operations:
    """How the operations of a document look."""

    kinds: Kinds

    def of(self, endpoint: Endpoint) -> Operation:
        """What the template needs of an endpoint."""
        place = f"{endpoint.method.upper()} {raw(endpoint.path)}"
        returns, reads, answer_imports = self._answer(endpoint)
        problems, problem_imports = self._problems(endpoint)
        # Of several kinds of body one is enough, and JSON can say the most.
        bodies = sorted(endpoint.bodies, key=lambda body: body.body_type != "json")[:1]
        operation = Operation(
            endpoint.method.upper(),
            raw(endpoint.path),
            (paragraph(endpoint.summary) or place).rstrip(".") + ".",
            paragraph(endpoint.description) or f"Operation {endpoint.name}.",
            returns,
            reads,
            problems,
            self._parameters(place, "path", endpoint.path_parameters),
            self._parameters(place, "query", endpoint.query_parameters),
            self._parameters(place, "header", endpoint.header_parameters),
            self._parameters(place, "cookie", endpoint.cookie_parameters),
            tuple(self._body_parameter(body) for body in bodies),
            _body(bodies[0]) if bodies else "",
            answer_imports,
            problem_imports,
        )
        return _checked(place, operation, [prop.python_name for prop in endpoint.path_parameters])

    def _parameters(self, place: str, location: str, found: Sequence[PropertyProtocol]) -> tuple[Parameter, ...]:
        return tuple(self._parameter(place, location, prop) for prop in found)

    def _parameter(self, place: str, location: str, prop: PropertyProtocol) -> Parameter:
        kind = self.kinds.of(prop)
        if not kind.plain:
            raise GenerationFailed(f"{place}: the {location} parameter {raw(prop.name)!r} is an object")
        written = kind.written + ("" if prop.required else " | None | Unset = UNSET")
        name = unicodedata.normalize("NFKC", prop.python_name)
        if name in _TAKEN or name == "body":
            name = f"{name}_{location}"
        description = paragraph(prop.description) or f"The parameter `{raw(prop.name)}`."
        return Parameter(name, raw(prop.name), written, description, kind.imports)

    def _body_parameter(self, body: Body) -> Parameter:
        kind = self.kinds.of(body.prop)
        written, imports = ("str | bytes", ()) if body.body_type == "content" else (kind.written, kind.imports)
        optional = "" if body.prop.required else " | Unset = UNSET"
        return Parameter("body", "", written + optional, f"What to send, as {raw(body.content_type)}.", imports)

    def _answer(self, endpoint: Endpoint) -> Reading:
        """How a success is read; by its status, where that makes a difference."""
        successes = list(_successes(endpoint))
        readings = [self._reading(response) for response in successes]
        if len(dict.fromkeys(readings)) < 2:
            return readings[0] if readings else _NOTHING
        ranges = [response.status_code.range or (200, 299) for response in successes]
        branches = ", ".join(
            f"({low}, {high}, {reads})" for (low, high), (_, reads, _) in zip(ranges, readings, strict=True)
        )
        returns = " | ".join(dict.fromkeys(returns for returns, _, _ in readings))
        imports = tuple(dict.fromkeys(pair for _, _, pairs in readings for pair in pairs))
        return returns, f"_call.by_status({branches})", imports

    def _reading(self, response: Response) -> Reading:
        media_type = _media_type(response)
        if not media_type:
            return _NOTHING
        if media_type.startswith("text/"):
            return "str", "_call.reads_text", ()
        if not is_json(media_type):
            return "bytes", "_call.reads_bytes", ()
        kind = self.kinds.of(response.prop)
        return kind.read, f"_call.reads_json({kind.reader})", kind.imports

    def _problems(self, endpoint: Endpoint) -> tuple[tuple[tuple[int, int, str], ...], Imports]:
        """How an answer that says no is read, for each range of statuses; for all of them at last."""
        found: list[tuple[int, int, str]] = []
        imports: set[tuple[str, str]] = set()
        for response in endpoint.responses:
            low, high = response.status_code.range or (300, 999)
            if low >= 300 and is_json(_media_type(response)):
                kind = self.kinds.of(response.prop)
                found.append((low, high, kind.reader))
                imports.update(kind.imports)
        last = found[-1] if found and found[-1][:2] == (300, 999) else None
        if last is not None and all(reader == last[2] for _, _, reader in found):
            found = [last]
        return tuple(found), tuple(sorted(imports))


def _successes(endpoint: Endpoint) -> Iterator[Response]:
    """The answers that say yes: those of 2xx, or where none is described, the one that stands for all others."""
    patterns = [each for each in endpoint.responses if 200 <= (each.status_code.range or (0, 0))[0] < 300]
    default = endpoint.responses.default
    if not patterns and default is not None and "problem" not in _media_type(default):
        yield default
    yield from patterns


def _media_type(response: Response) -> str:
    content: dict[Any, Any] = getattr(response.data, "content", None) or {}
    return raw(next(iter(content), ""))


def _body(body: Body) -> str:
    media_type = literal(body.content_type)
    return {
        "json": f"_send.json_body(body, {media_type})",
        "files": "_send.multipart_body(body)",
        "data": "_send.form_body(body)",
        "content": f"_send.raw_body(body, {media_type})",
    }[str(body.body_type)]


def _checked(place: str, operation: Operation, names: Iterable[str]) -> Operation:
    """The operation, its path with the arguments' names in the place of those that the generator chose."""
    for name, count in Counter(each.name for each in operation.parameters).items():
        if count > 1:
            raise GenerationFailed(f"{place}: {count} arguments would be called {name}")
    path = operation.path
    for name, parameter in zip(names, operation.path_parameters, strict=True):
        path = path.replace(f"{{{name}}}", f"{{{parameter.name}}}")
    return evolve(operation, path=path)
