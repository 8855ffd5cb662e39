"""One call of an operation: its request, and the readers of its response.

JSON is parsed here: with msgspec if it is installed, always with the standard library's result. msgspec parses
integers of any length, floats to the last bit and repeated keys exactly as the standard library does. What it refuses
(NaN, numbers beyond all floats, lone surrogates, a byte order mark, UTF-16, invalid JSON) is parsed again by the
standard library, whose value or error is used. orjson is as fast, but silently turns integers beyond 64 bits into
floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from . import _lazy
from .errors import InvalidValue, StatusError, UnreadableResponse, beginning
from .types import Response

if TYPE_CHECKING:
    from .client import Client

__all__ = [
    "Answer",
    "BodyReader",
    "Call",
    "Client",
    "by_status",
    "path",
    "read_json",
    "reads_bytes",
    "reads_json",
    "reads_nothing",
    "reads_text",
    "undecodable",
]

T = TypeVar("T")
E = TypeVar("E", StatusError, UnreadableResponse)


class Answer(Protocol):
    """The parts of an HTTP response that a call reads; `httpx.Response` implements it."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, case-insensitive."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...

    @property
    def text(self) -> str:
        """The body, decoded."""
        ...

    @property
    def request(self) -> Any:
        """The request, as `httpx.Request` describes one."""
        ...


BodyReader: TypeAlias = Callable[[Answer], T]
Problems: TypeAlias = tuple[tuple[int, int, Callable[[Any], Any]], ...]

_TOKEN = 8  # characters; a shorter token may be an ordinary word of a message
_LARGE = 100_000
_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")


def path(template: str, values: Mapping[str, Any]) -> str:
    """Fill in a path, each parameter as one segment of it.

    Raises:
        InvalidArgument: A parameter is empty or would lead elsewhere.
    """
    filled = template
    for name, value in values.items():
        if type(value) is not str or not _PLAIN.fullmatch(value):
            from . import _send

            return _send.path(template, values)
        filled = filled.replace("{" + name + "}", value)
    return filled


class Call(Generic[T]):
    """The request that an endpoint module builds from its arguments."""

    def __init__(
        self,
        method: str,
        path: str,
        read: BodyReader[T],
        problems: Problems = (),
        params: dict[str, str | list[str]] | None = None,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        base_url: str | None = None,
    ) -> None:
        self.method = method
        """The HTTP method."""
        self.path = path
        """The path below the client's base URL."""
        self.read = read
        """Reads the body of a response with a status of 2xx."""
        self.problems = problems
        """For each range of failing statuses, the function that reads the response's JSON."""
        self.params = params or {}
        """The query parameters."""
        self.headers = headers or {}
        """The headers of this call alone."""
        self.cookies = cookies or {}
        """The cookies of this call alone."""
        self.body = body or {}
        """The arguments of httpx for a body (content, data or files), and its headers."""
        self.base_url = base_url
        """The operation's base URL, if not the client's."""

    def response(self, answer: Answer) -> Response[T]:
        """Read a response.

        Raises:
            StatusError: The status is not 2xx.
            UnreadableResponse: The body cannot be read.
        """
        if not 200 <= answer.status_code < 300:
            raise self._status_error(answer)
        try:
            parsed = self.read(answer)
        except InvalidValue as error:
            raise _failed(UnreadableResponse, str(error), answer) from None
        return Response(answer.status_code, answer.headers, answer.content, parsed)

    def _status_error(self, answer: Answer) -> StatusError:
        problem = self._problem(answer)
        detail = getattr(problem, "detail", None) or getattr(problem, "title", None)
        reason = beginning(detail if isinstance(detail, str) else answer.content)
        error = _failed(StatusError, f"{answer.status_code}{': ' if reason else ''}{reason}", answer)
        error.problem = problem
        return error

    def _problem(self, answer: Answer) -> Any:
        for lowest, highest, reader in self.problems:
            if lowest <= answer.status_code <= highest:
                try:
                    return reader(_json(answer))
                except InvalidValue:
                    return None
        return None


def undecodable(answer: Answer, reason: Exception) -> StatusError | UnreadableResponse:
    """Create the error for a response whose body cannot be decompressed."""
    message = f"{answer.status_code} with a body that its content encoding does not fit: {reason}"
    if 200 <= answer.status_code < 300:
        return _failed(UnreadableResponse, message, answer, content=b"")
    return _failed(StatusError, message, answer, content=b"")


def _failed(kind: type[E], message: str, answer: Answer, content: bytes | None = None) -> E:
    request = answer.request
    # A server may repeat the token in its response.
    token = request.headers.get("Authorization", "").rpartition(" ")[2]
    return kind(
        message.replace(token, "[token]") if len(token) >= _TOKEN else message,
        method=request.method,
        url=str(request.url.copy_with(query=None)),
        status_code=answer.status_code,
        headers=answer.headers,
        content=answer.content if content is None else content,
    )


def _json(answer: Answer) -> Any:
    try:
        return read_json(answer.content)
    except (ValueError, RecursionError):
        kind = beginning(answer.headers.get("content-type", "no media type"))
        body = beginning(answer.content) or "an empty body"
        raise InvalidValue(f"{answer.status_code} with {kind} that is not JSON: {body}") from None


def reads_json(reader: Callable[[Any], T]) -> BodyReader[T]:
    """Create a reader of a JSON body from the reader of its value."""

    def read(answer: Answer) -> T:
        value = _json(answer)
        try:
            return reader(value)
        except InvalidValue:
            problem = f"{type(value).__name__} instead of what the document promises: {beginning(answer.content)}"
            raise InvalidValue(f"{answer.status_code} with {problem}") from None

    return read


def reads_text(answer: Answer) -> str:
    """Read a body as text."""
    try:
        return answer.text
    except Exception:  # noqa: BLE001 (codecs of Python that are not for text fail each in its own way)
        return answer.content.decode("utf-8", "replace")


def reads_bytes(answer: Answer) -> bytes:
    """Read a body as bytes."""
    return answer.content


def reads_nothing(answer: Answer) -> None:
    """Ignore the body: only the status matters."""


def by_status(*ranges: tuple[int, int, BodyReader[Any]]) -> BodyReader[Any]:
    """Create a reader that depends on the status; statuses outside all ranges use the first reader."""

    def read(answer: Answer) -> Any:
        for lowest, highest, reader in ranges:
            if lowest <= answer.status_code <= highest:
                return reader(answer)
        return ranges[0][2](answer)

    return read


def read_json(text: str | bytes | bytearray) -> Any:
    """Parse JSON as `json.loads` does.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: The text is nested too deeply.
    """
    try:
        return _quick(text)
    except Exception:  # noqa: BLE001 (the standard library decides about whatever this reader refuses)
        return json.loads(text)


def standard_reader() -> Callable[[str | bytes | bytearray], Any]:
    """Return the standard library's parser without detecting encodings and leading whitespace."""
    scan = json.JSONDecoder().raw_decode

    def read(text: str | bytes | bytearray) -> Any:
        document = text if isinstance(text, str) else text.decode()
        value, end = scan(document)
        if end != len(document) and document[end:].strip(" \t\n\r"):
            raise ValueError("more than one value")
        return value

    return read


def quick_reader() -> Callable[[str | bytes | bytearray], Any] | None:
    """Return msgspec's parser, or None where msgspec is not installed."""
    try:
        from msgspec.json import Decoder
    except ImportError:
        return None
    return Decoder().decode


def _choose(text: str | bytes | bytearray) -> Any:
    global _quick  # noqa: PLW0603 (msgspec is imported when the second text is parsed)
    _quick = quick_reader() or standard_reader()
    return _quick(text)


def _first(text: str | bytes | bytearray) -> Any:
    """Parse the first small text without msgspec: loading it takes longer, and the program may need no more."""
    global _quick  # noqa: PLW0603 (as above)
    _quick = _choose
    return standard_reader()(text) if len(text) < _LARGE else _choose(text)


_quick = _first


if not TYPE_CHECKING:
    # Annotations of endpoint modules name the client, which (with httpx) is loaded only when they are evaluated.
    __getattr__, _ = _lazy.names(__name__, {"Client": "client"}, __package__)
