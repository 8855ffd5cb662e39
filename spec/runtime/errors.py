"""The errors of this package. Failures of the connection itself are `httpx.TransportError`, as httpx raises them.

```
ApiError
├── ResponseError           a response arrived: status_code, request_id, headers, content
│   ├── StatusError         its status is not 2xx; `problem` holds the API's own description
│   └── UnreadableResponse  its body cannot be read: not JSON, or a list where the document promises an object
├── InvalidArgument         a value that cannot be sent (also a ValueError); nothing was sent
│   └── ForeignCursor       a cursor URL that leads away from the API
└── InvalidValue            a JSON value that is not of the requested type (also a ValueError)
```

`UnexpectedStatus`, the name that openapi-python-client uses, is `StatusError`.
"""

# A status other than 2xx raises, with the parsed problem; no function returns None for a failure.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .types import request_id

__all__ = [
    "ApiError",
    "ForeignCursor",
    "InvalidArgument",
    "InvalidValue",
    "ResponseError",
    "StatusError",
    "UnexpectedStatus",
    "UnreadableResponse",
]

_SHOWN = 300  # bytes of a body in a message


class ApiError(Exception):
    """Base class of this package's errors."""


class ResponseError(ApiError):
    """The base class of unusable responses: an error status, or a body that cannot be read."""

    def __init__(
        self, message: str, *, method: str, url: str, status_code: int, headers: Mapping[str, str], content: bytes
    ) -> None:
        self.message = message
        """What went wrong."""
        self.method = method
        """The request's method."""
        self.url = url
        """The request's URL, without its query."""
        self.status_code = status_code
        """The HTTP status of the response."""
        self.headers = headers
        """The headers of the response."""
        self.content = content
        """The body of the response."""
        self.request_id = request_id(headers)
        """The id under which the API knows this request."""
        suffix = f" (request {self.request_id})" if self.request_id else ""
        super().__init__(f"{method} {url}: {message}{suffix}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(cls: type[ResponseError], args: tuple[Any, ...], state: dict[str, Any]) -> ResponseError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class StatusError(ResponseError):
    """The status of the response is not 2xx."""

    problem: Any = None
    """The body as the OpenAPI document defines it for this status (title, detail, invalid_fields), or None."""


UnexpectedStatus = StatusError


class UnreadableResponse(ResponseError):
    """The body of the response cannot be read: it is not JSON, or not of the documented type."""


class InvalidArgument(ApiError, ValueError):
    """A value cannot be sent. Nothing was sent."""


class ForeignCursor(InvalidArgument):
    """A page's URL differs from the list's in scheme, host, port or path; following it would leak the token."""


class InvalidValue(ApiError, ValueError):
    """A JSON value is not of the requested type."""


def beginning(content: bytes | str) -> str:
    """The first 300 bytes of a body, with unprintable characters replaced."""
    if isinstance(content, str):
        content = content[: _SHOWN + 1].encode("utf-8", "replace")
    text = content[:_SHOWN].decode("utf-8", "replace").strip()
    plain = "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
    return f"{plain}..." if len(content) > _SHOWN else plain
