"""One request in the form that transports take, with headers that no traceback shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import SendTracker

SLOW = 0.005
"""Seconds: slower reads of a body are moved to a thread. Most are faster, and a thread has its cost."""

_SHORTEST = 0.001  # seconds; 0 means "do not wait" to a socket
_PUBLIC = frozenset(
    ("accept", "accept-encoding", "cancel-after", "content-length", "content-type", "prefer", "range", "user-agent")
)


class RedactedHeaders(dict[str, Any]):
    """Request headers whose repr hides every value that may be a secret."""

    def __repr__(self) -> str:
        shown = (f"{name}: {value if name.lower() in _PUBLIC else '[hidden]'}" for name, value in self.items())
        return f"{{{', '.join(shown)}}}"


class Timeouts(NamedTuple):
    """Seconds for each step of a request; None is no limit. The fields of `httpx.Timeout`."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    @classmethod
    def of(cls, timeout: float | httpx.Timeout | tuple[float | None, ...] | None) -> Timeouts:
        """The timeouts of a number, of four numbers, or of a Timeout of httpx or httpx2."""
        if isinstance(timeout, tuple):
            return timeout if isinstance(timeout, Timeouts) else cls(*timeout)
        if timeout is None or isinstance(timeout, (int, float)):
            return cls(timeout, timeout, timeout, timeout)
        return cls(**timeout.as_dict())

    def within(self, deadline: Deadline) -> Timeouts:
        """A copy in which no timeout is longer than the time until the deadline."""
        left = deadline.left
        if left is None:
            return self
        left = max(left, _SHORTEST)
        return Timeouts(*(left if seconds is None else min(seconds, left) for seconds in self))


class Request(NamedTuple):
    """One attempt to send a request."""

    method: str
    url: str
    headers: RedactedHeaders
    body: Mapping[str, Any]
    """httpx's arguments for a body: content, data, files or json."""
    timeouts: Timeouts
    deadline: Deadline
    """When the attempt must end."""
    tracker: SendTracker | None
    """Notified of the progress of a create."""
    is_bare: bool
    """Whether nothing but these headers may be sent: no defaults, cookies or credentials of the HTTP client."""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url.partition('?')[0]})"  # the body may hold secrets too
