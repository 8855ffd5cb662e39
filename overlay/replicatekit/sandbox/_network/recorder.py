"""What was asked of the sandbox: the last requests, each with what it was answered."""

from __future__ import annotations

import json
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._network.faults import Fault

KEPT_BODY = 64 * 1024
"""So much of a body is kept; an upload may be 100 MiB."""
_KEPT_REQUESTS = 10_000


@attrs.define(eq=False)
class RecordedRequest:
    """A request as it came.

    Attributes:
        host: `api` or `delivery`: which of the two servers it came to.
        path: with `/v1`, without the query.
        headers: by their names in lower case.
        body: its first 64 KiB.
        status: what it was answered with, if only up to where its fault cut it; None: it was not.
        fault: the fault that it met.
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
        """The query by its names."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        query = f"?{self.query_string}" if self.query_string else ""
        return f"{self.method} {self.path}{query}"


class Recorder:
    """The last ten thousand requests, the oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: deque[RecordedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self.on_answer: Callable[[RecordedRequest], object] | None = None

    def add(self, request: RecordedRequest) -> None:
        """Takes in a request that has just come."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._requests.clear()

    def all(self) -> list[RecordedRequest]:
        """All that are remembered."""
        with self._lock:
            return list(self._requests)
