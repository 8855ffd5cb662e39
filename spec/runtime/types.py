"""Types that models and endpoints share."""

# Without attrs, which takes longer to load than everything else that the first call needs of this package.
# A status is an int, not an HTTPStatus: servers send codes outside the standards.
from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from . import _lazy

if TYPE_CHECKING:
    from ._events import ServerSentEvent

__all__ = ["UNSET", "Default", "File", "Response", "ServerSentEvent", "Unset"]

T = TypeVar("T")

# In order: the API's header, then that of the proxy in front of it.
_REQUEST_ID_HEADERS = ("x-request-id", "cf-ray")


class Unset:
    """The type of `UNSET`: an argument that was not given, and so is not sent."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return "UNSET"


UNSET = Unset()


class Default(Unset):
    """As `UNSET`, with the value that the API then uses according to the document. It is shown, and not sent."""

    def __init__(self, value: object) -> None:
        self.value = value
        """The API's default value."""

    def __repr__(self) -> str:
        return repr(self.value)

    def __reduce__(self) -> tuple[Any, ...]:
        return Default, (self.value,)


class File:
    """A file to upload."""

    def __init__(self, payload: IO[bytes] | bytes, file_name: str | None = None, mime_type: str | None = None) -> None:
        self.payload = payload
        """The content. An open file is read in chunks while it is sent."""
        self.file_name = file_name
        """The file name that is sent to the API."""
        self.mime_type = mime_type
        """The media type, such as `image/png`."""

    def __repr__(self) -> str:
        return f"File({self.payload!r}, {self.file_name!r}, {self.mime_type!r})"

    def name(self) -> str:
        """Return the name that is sent: `file_name`, else that of the open file, else `upload`."""
        # Servers do not treat a part without a file name as a file.
        name_or_path: Any = self.file_name or getattr(self.payload, "name", None)
        return (os.path.basename(name_or_path) if isinstance(name_or_path, str) else "") or "upload"  # noqa: PTH119 (pathlib loads slowly)

    def to_tuple(self) -> tuple[str | None, IO[bytes] | bytes, str | None]:
        """Return the file as httpx takes it."""
        return self.file_name, self.payload, self.mime_type


class Response(NamedTuple, Generic[T]):
    """A response: the parsed body, and how it arrived."""

    status_code: int
    """The HTTP status, from 200 to 299."""
    headers: Mapping[str, str]
    """The headers; their names are not case-sensitive."""
    content: bytes
    """The body."""
    parsed: T
    """The body, read as the OpenAPI document defines it."""

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code}, parsed={self.parsed!r})"

    @property
    def request_id(self) -> str | None:
        """The id under which the API knows this request."""
        return request_id(self.headers)


def request_id(headers: Mapping[str, Any]) -> str | None:
    """Return the id under which the API knows a request, from the headers of its response."""
    return next((str(headers[name]) for name in _REQUEST_ID_HEADERS if name in headers), None)


if not TYPE_CHECKING:
    # Loaded only to read event streams.
    __getattr__, _ = _lazy.names(__name__, {"ServerSentEvent": "_events"}, __package__)
