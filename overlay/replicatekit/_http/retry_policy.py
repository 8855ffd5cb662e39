"""Whether a failed request may be retried, and when. No I/O, no clock, no random numbers of its own.

| outcome | READ | IDEMPOTENT | CREATE |
| --- | --- | --- | --- |
| failed before anything was sent | retry | retry | retry |
| failed later, or no response | retry | retry | never: it may have run |
| 429 | retry | retry | retry: a throttled request did not run |
| 408, 5xx (the proxies' 520 to 527 too) | retry | retry | never: it may have run |
| 409 | retry | no: the conflict will not go away | no |
| any other status | no | no | no |
"""

from __future__ import annotations

import random
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from replicatekit._base.validation import check_count, format_value
from replicatekit._http.retry_after import requested_wait
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LAST_ATTEMPT = 0.05  # seconds before the deadline


class RequestKind(Enum):
    """What sending a request twice would mean."""

    READ = "read"
    """Nothing: GET, HEAD, QUERY."""
    IDEMPOTENT = "idempotent"
    """The same as once: DELETE, PATCH and PUT set a state; a canceled prediction stays canceled."""
    CREATE = "create"
    """Two of them, and two bills: every other POST.

    Uploads are among them although they cost nothing: the caller of `files.create` wants one file. The upload of
    an input within a run may be passed as IDEMPOTENT: nothing refers to a file whose response was lost, and
    the API removes it after 24 hours.
    """


class Failure(Enum):
    """How an attempt failed, without a response or with only a part of one."""

    REFUSED = "no connection"
    """Nothing was sent: no connection, no TLS, no free connection in the pool."""
    AMBIGUOUS = "the connection failed after the request was sent"
    """The server may have received the request."""


class ErrorResponse(NamedTuple):
    """A response with an error status."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    """With names in lower case, or a mapping that ignores case."""
    body: bytes = b""


Outcome = ErrorResponse | Failure


def kind_of(method: str, path: str) -> RequestKind:
    """The kind of a request, by its method and the path of its URL."""
    method = method.upper()
    if method in ("GET", "HEAD", "OPTIONS", "QUERY"):
        return RequestKind.READ
    if method in ("DELETE", "PATCH", "PUT") or (method == "POST" and path.rstrip("/").endswith("/cancel")):
        return RequestKind.IDEMPOTENT
    return RequestKind.CREATE


def is_gone(method: str, outcome: Outcome, *, repeated: bool) -> bool:
    """Whether this 404 means that an earlier DELETE, whose response was lost, succeeded."""
    return repeated and method.upper() == "DELETE" and isinstance(outcome, ErrorResponse) and outcome.status == 404


def may_have_run(kind: RequestKind, outcome: Outcome) -> bool:
    """Whether a create that failed like this may still have run, and be billed."""
    if kind is not RequestKind.CREATE:
        return False
    if isinstance(outcome, ErrorResponse):
        return outcome.status == 408 or outcome.status >= 500
    return outcome is not Failure.REFUSED


class Policy:
    """How often a request is retried, and after how long.

    Args:
        max_retries: Attempts after the first; twice as many if the API throttles, as it states when to retry.
        base: The longest wait before the first retry in seconds, if the server asks for none.
        backoff_cap: Where the doubling of `base` ends, in seconds.
        cap: The longest wait that a server may ask for, in seconds. The API counts its limits by the minute.
        random: Returns a number from 0 up to 1.

    Raises:
        InvalidArgument: A number is negative or infinite.
    """

    def __init__(
        self,
        max_retries: int = 5,
        *,
        base: float = 0.25,
        backoff_cap: float = 8.0,
        cap: float = 60.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        check_count(max_retries, "max_retries")
        for name, seconds in (("base", base), ("backoff_cap", backoff_cap), ("cap", cap)):
            if not 0 <= seconds < float("inf"):
                raise InvalidArgument(f"{name} must be a number of seconds from 0, not {format_value(seconds)}")
        self.max_retries = max_retries
        self.base = base
        self.backoff_cap = backoff_cap
        self.cap = cap
        self.random = random

    def wait(
        self,
        kind: RequestKind,
        outcome: Outcome,
        *,
        attempt: int,
        now: float,
        time_left: float | None = None,
        counts: bool = True,
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to give up.

        Args:
            kind: What sending the request twice would mean.
            outcome: The outcome of the last attempt.
            attempt: The number of attempts so far, the last one included.
            now: The wall clock's seconds since 1970, for servers that name a date.
            time_left: Seconds until the caller's deadline. A longer wait is shortened; None is returned instead if the
                server asks for the longer wait.
            counts: Whether the attempts are limited; polls end at the caller's deadline instead.
        """
        if not _may_repeat(kind, outcome):
            return None
        throttled = isinstance(outcome, ErrorResponse) and outcome.status == 429
        if counts and attempt > self.max_retries * (2 if throttled else 1):
            return None
        # Full jitter: clients that failed together must not retry together.
        wait = self.random() * min(self.backoff_cap, self.base * 2.0 ** min(max(attempt, 1) - 1, 60))
        requested = (
            requested_wait(outcome.status, outcome.headers, outcome.body, now)
            if isinstance(outcome, ErrorResponse)
            else None
        )
        if requested is not None:
            # Never earlier than requested, and spread a little after that.
            requested = min(requested, self.cap)
            wait = max(wait, requested + self.random() * min(1.0, requested / 10))
        return wait if time_left is None else _in_time(wait, requested or 0.0, time_left)

    def with_retries(self, most: int) -> Policy:
        """A copy with another number of retries."""
        return Policy(most, base=self.base, backoff_cap=self.backoff_cap, cap=self.cap, random=self.random)


def _in_time(wait: float, requested: float, time_left: float) -> float | None:
    if wait < time_left:
        return wait
    # One last attempt, unless that is earlier than the server requested.
    latest = time_left - _LAST_ATTEMPT
    return latest if latest > requested else None


def _may_repeat(kind: RequestKind, outcome: Outcome) -> bool:
    if isinstance(outcome, Failure):
        return outcome is Failure.REFUSED or kind is not RequestKind.CREATE
    if outcome.status == 429:
        return True
    if kind is RequestKind.CREATE:
        return False
    return outcome.status == 408 or 500 <= outcome.status <= 599 or (outcome.status == 409 and kind is RequestKind.READ)
