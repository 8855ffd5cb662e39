"""The data of the endpoint template: an operation, its arguments, and how its responses are read."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, frozen
from openapi_python_client.strings import PythonIdentifier

from pipeline.errors import GenerationFailed
from pipeline.media_types import is_json
from pipeline.models import unset
from pipeline.property_types import Kind, Kinds, is_nullable
from pipeline.text import literal, paragraph, raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openapi_python_client.parser.bodies import Body
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties.protocol import PropertyProtocol
    from openapi_python_client.parser.responses import Response

__all__ = ["Operation", "Operations", "Parameter", "module_name"]

# Names that the functions of an endpoint module use.
_RESERVED = {"astream", "asyncio_detailed", "body", "client", "content_type", "stream", "sync_detailed"}

Reading: TypeAlias = tuple[str, str]
"""The type of a response, and the expression that reads it."""

_NOTHING: Reading = ("None", "_call.reads_nothing")
_EVENTS = "text/event-stream"


@frozen
class Parameter:
    """An argument of an operation."""

    name: str
    key: str
    written: str
    description: str
    location: str = ""
    style: str = ""
    """Its style and whether it is exploded, as a Python literal; empty for the default."""


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
    streams: bool
    """Whether a response is a stream of events."""
    base_url: str
    """Its URL if it differs from that of the API, else empty."""

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The positional arguments: the path parameters."""
        return self.path_parameters

    @property
    def named(self) -> tuple[Parameter, ...]:
        """The keyword arguments."""
        return (
            *self.body_parameters,
            *self.query_parameters,
            *self.header_parameters,
            *self.cookie_parameters,
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All arguments, in the order of their declaration."""
        return (*self.positional, *self.named)

    @property
    def needs_uuid(self) -> bool:
        """Whether an annotation contains a UUID."""
        return any("UUID" in each for each in (self.returns, *(parameter.written for parameter in self.parameters)))


@frozen
class Operations:
    """Builds the template data of a document's operations."""

    kinds: Kinds
    notes: Mapping[tuple[str, str, str], Mapping[str, Any]]
    """What the generator ignores of parameters and servers; see `Adapted.notes`."""

    def of(self, endpoint: Endpoint) -> Operation:
        """Return the template data of an endpoint."""
        method, path = endpoint.method.upper(), raw(endpoint.path)
        place = f"{method} {path}"
        returns, reads = self._success(endpoint)
        bodies = self._bodies(endpoint)
        operation = Operation(
            method,
            path,
            (paragraph(endpoint.summary) or place).rstrip(".") + ".",
            paragraph(endpoint.description) or f"Operation {endpoint.name}.",
            returns,
            reads,
            self._problems(endpoint),
            self._parameters(place, "path", endpoint.path_parameters),
            self._parameters(place, "query", endpoint.query_parameters),
            self._parameters(place, "header", endpoint.header_parameters),
            self._parameters(place, "cookie", endpoint.cookie_parameters),
            tuple(self._body_parameters(bodies)),
            self._body(bodies),
            any(_EVENTS in _media_types(response) for response in _successes(endpoint)),
            self.notes.get((place, "", "server"), {}).get("url", ""),
        )
        return _with_argument_names(place, operation, [prop.python_name for prop in endpoint.path_parameters])

    def _parameters(self, place: str, location: str, found: Sequence[PropertyProtocol]) -> tuple[Parameter, ...]:
        return tuple(self._parameter(place, location, prop) for prop in found)

    def _parameter(self, place: str, location: str, prop: PropertyProtocol) -> Parameter:
        kind = self.kinds.of(prop)
        note = self.notes.get((place, location, raw(prop.name)), {})
        may_be_null = prop.required or kind.written == "Any"
        optional = "" if prop.required else unset(note.get("default"))
        name = unicodedata.normalize("NFKC", prop.python_name)
        if name in _RESERVED:
            name = f"{name}_{location}"
        description = paragraph(prop.description) or f"The parameter `{raw(prop.name)}`."
        written = f"{kind.written}{'' if may_be_null else ' | None'}{optional}"
        return Parameter(name, raw(prop.name), written, description, location, note.get("style", ""))

    def _bodies(self, endpoint: Endpoint) -> list[tuple[str, Body, Kind]]:
        """Return the bodies that can be sent, by media type; JSON first."""
        bodies = sorted(endpoint.bodies, key=lambda body: body.body_type != "json")
        return [(raw(body.content_type), body, self.kinds.of(body.prop)) for body in bodies]

    def _body_parameters(self, bodies: list[tuple[str, Body, Kind]]) -> Iterator[Parameter]:
        if not bodies:
            return
        types = [_RAW if body.body_type == "content" else kind.written for _, body, kind in bodies]
        written = "Any" if "Any" in types else " | ".join(dict.fromkeys(" | ".join(types).split(" | ")))
        optional = "" if all(body.prop.required for _, body, _ in bodies) else " | Unset = UNSET"
        names = [media_type for media_type, _, _ in bodies]
        yield Parameter("body", "", written + optional, f"What to send, as {' or '.join(names)}.")
        if len(names) > 1:
            choices = ", ".join(map(literal, names))
            description = "The media type of the body; by default that of the body's class, else the first one."
            yield Parameter("content_type", "", f"Literal[{choices}] | Unset = UNSET", description)

    @staticmethod
    def _body(bodies: list[tuple[str, Body, Kind]]) -> str:
        if len(bodies) == 1:
            media_type, body, _ = bodies[0]
            return f"{_ENCODERS[str(body.body_type)]}(body, {media_type!r})"
        encoders = [
            f"{media_type!r}: ({_ENCODERS[str(body.body_type)]}, ({_model_of(kind)}))"
            for media_type, body, kind in bodies
        ]
        return f"_send.any_body(body, content_type, {{{', '.join(encoders)}}})" if bodies else ""

    def _success(self, endpoint: Endpoint) -> Reading:
        """Return how a successful response is read: by its status, if there is more than one way."""
        successes = list(_successes(endpoint))
        readings = [self._reading(response) for response in successes]
        if len(dict.fromkeys(readings)) < 2:
            return readings[0] if readings else _NOTHING
        ranges = [response.status_code.range or (200, 299) for response in successes]
        branches = ", ".join(
            f"({low}, {high}, {reads})" for (low, high), (_, reads) in zip(ranges, readings, strict=True)
        )
        returns = [returns for returns, _ in readings]
        joined = "Any" if "Any" in returns else " | ".join(dict.fromkeys(returns))
        return joined, f"_call.by_status({branches})"

    def _reading(self, response: Response) -> Reading:
        media_type = next(iter(_media_types(response)), "")
        if not media_type:
            return _NOTHING
        if media_type.startswith("text/"):
            return "str", "_call.reads_text"
        if not is_json(media_type):
            return "bytes", "_call.reads_bytes"
        kind = self.kinds.of(response.prop)
        nullable = is_nullable(response.prop) and kind.read != "Any"
        reader = f"_read.maybe({kind.reader})" if nullable else kind.reader
        return f"{kind.read} | None" if nullable else kind.read, f"_call.reads_json({reader})"

    def _problems(self, endpoint: Endpoint) -> tuple[tuple[int, int, str], ...]:
        """Return how an error response is read, for each range of statuses, the widest last."""
        found: list[tuple[int, int, str]] = []
        for response in endpoint.responses:
            low, high = response.status_code.range or (300, 999)
            if low >= 300 and is_json(next(iter(_media_types(response)), "")):
                found.append((low, high, self.kinds.of(response.prop).reader))
        last = found[-1] if found and found[-1][:2] == (300, 999) else None
        if last is not None and all(reader == last[2] for _, _, reader in found):
            found = [last]
        return tuple(found)


_RAW = "str | bytes | _types.File | IO[bytes]"
_ENCODERS = {
    "json": "_send.json_body",
    "files": "_send.multipart_body",
    "data": "_send.form_body",
    "content": "_send.raw_body",
}


def _model_of(kind: Kind) -> str:
    """Return the classes of a body, as the items of a tuple."""
    return "".join(f"{each}, " for each in kind.written.split(" | ") if f"{each}Dict" in kind.written.split(" | "))


def _successes(endpoint: Endpoint) -> Iterator[Response]:
    """Yield the responses with status 2xx; if none is described, the default response."""
    patterns = [each for each in endpoint.responses if 200 <= (each.status_code.range or (0, 0))[0] < 300]
    default = endpoint.responses.default
    if not patterns and default is not None and not any("problem" in each for each in _media_types(default)):
        yield default
    yield from patterns


def _media_types(response: Response) -> list[str]:
    content: dict[Any, Any] = getattr(response.data, "content", None) or {}
    return [raw(each) for each in content]


def module_name(name: str) -> str:
    """Return the module name of an operation."""
    return PythonIdentifier(name, "field_")


def _with_argument_names(place: str, operation: Operation, names: Iterable[str]) -> Operation:
    """Replace the names that the generator chose in the operation's path by those of the arguments."""
    for name, count in Counter(each.name for each in operation.parameters).items():
        if count > 1:
            raise GenerationFailed(f"{place}: {count} arguments would be named {name}")
    path = operation.path
    for name, parameter in zip(names, operation.path_parameters, strict=True):
        path = path.replace(f"{{{name}}}", f"{{{parameter.name}}}")
    return evolve(operation, path=path)
