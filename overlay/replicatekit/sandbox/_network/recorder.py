"""The last requests that the sandbox received, each with the status of its response."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

import attrs

from replicatekit.sandbox._network.faults import Fault

KEPT_BODY = 64 * 1024
"""The number of bytes kept of a body; uploads can have 100 MiB."""
_KEPT_REQUESTS = 10_000


@attrs.define(eq=False)
class RecordedRequest:
    """A request that the sandbox received.

    Attributes:
        method: Such as `POST`.
        host: `api` or `delivery`: which of the two servers received it.
        path: With `/v1`, without the query.
        query_string: The query as it was sent.
        headers: By their names in lower case.
        body: Its first 64 KiB.
        status: The status of the response, even if a fault cut it; None: there was none.
        fault: The fault that was applied.
    """

    method: str
    host: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes = b""
    status: int | None = None
    fault: Fault | None = None

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query by name."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def json(self) -> Any:
        """Return the body, read as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)

    def __str__(self) -> str:
        query = f"?{self.query_string}" if self.query_string else ""
        return printable(f"{self.method} {self.path}{query}")


def printable(text: str, keep: str = "") -> str:
    """Escape characters that a terminal would obey or hide, except for those in `keep`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text)


class Recorder:
    """The last ten thousand requests, the oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self.on_response: Callable[[RecordedRequest], object] | None = None

    def add(self, request: RecordedRequest) -> None:
        """Record a new request."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Drop all records."""
        with self._lock:
            self._requests.clear()

    def all(self) -> list[RecordedRequest]:
        """Return all records."""
        with self._lock:
            return list(self._requests)
