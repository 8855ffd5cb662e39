"""Whether a request that did not go well may be made again, and when. No I/O, no clock, no dice of its own.

| what happened | READ | REPEATABLE | CREATE |
| --- | --- | --- | --- |
| refused before anything was sent | again | again | again |
| broken off later, or no answer | again | again | never: it may have run |
| 429 | again | again | again: a throttled request was not run |
| 408, 5xx (the proxies' 520 to 527 too) | again | again | never: it may have run |
| 409 | again | no: it says what is, and stays so | no |
| anything else | no | no | no |
"""

from __future__ import annotations

import random
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from replicatekit._base.validation import check_count, shown
from replicatekit._http.retry_after import asked_wait
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Answer", "Failure", "Kind", "Outcome", "Policy", "is_gone", "kind_of", "may_have_run"]

_UNLIMITED = 2**31
_LAST_ATTEMPT = 0.05  # seconds before the deadline


class Kind(Enum):
    """What making a request twice would mean."""

    READ = "read"
    """Nothing: GET, HEAD, QUERY."""
    IDEMPOTENT = "repeatable"
    """The same as once: DELETE, PATCH and PUT set what is; a cancelled prediction stays cancelled."""
    CREATE = "create"
    """Two of them, and two bills: every other POST.

    Uploads are among them although they cost nothing: who calls `files.create` wants one file. The upload of
    an input within a run may be passed as REPEATABLE: nobody knows of the file whose answer was lost, and
    the API removes it after 24 hours.
    """


class Failure(Enum):
    """How a request failed that brought no answer, or half of one."""

    REFUSED = "refused"
    """Nothing of it was sent: no connection, no TLS, no place in the pool."""
    UNKNOWN = "unknown"
    """Some of it may have arrived."""


class Answer(NamedTuple):
    """An answer with a status that says no."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    """With names in lower case, or a mapping that ignores case."""
    body: bytes = b""


Outcome = Answer | Failure


def kind_of(method: str, path: str) -> Kind:
    """The kind of a request, by its method and the path of its URL."""
    method = method.upper()
    if method in ("GET", "HEAD", "OPTIONS", "QUERY"):
        return Kind.READ
    if method in ("DELETE", "PATCH", "PUT") or (method == "POST" and path.rstrip("/").endswith("/cancel")):
        return Kind.IDEMPOTENT
    return Kind.CREATE


def is_gone(method: str, outcome: Outcome, *, repeated: bool) -> bool:
    """Whether this 404 is the success of a DELETE: one that was sent before, and whose answer was lost."""
    return repeated and method.upper() == "DELETE" and isinstance(outcome, Answer) and outcome.status == 404


def may_have_run(kind: Kind, outcome: Outcome) -> bool:
    """Whether a create that failed like this may exist all the same, and be billed."""
    if kind is not Kind.CREATE:
        return False
    if isinstance(outcome, Answer):
        return outcome.status == 408 or outcome.status >= 500
    return outcome is not Failure.REFUSED


class Policy:
    """How often, and how patiently, a request is made again.

    Args:
        max_retries: After the first attempt. Twice as many where the API throttles: it says when, nothing is broken.
        base: Seconds: the most that is waited before the first repetition where the server asks for nothing.
        backoff_cap: Seconds: where the doubling of `base` ends.
        cap: Seconds: the most that a server may ask for. The API's limits are counted by the minute.
        random: From 0 up to 1.

    Raises:
        InvalidArgument: One of them cannot be.
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
                raise InvalidArgument(f"{name} must be a number of seconds from 0, not {shown(seconds)}")
        self.max_retries = max_retries
        self.base = base
        self.backoff_cap = backoff_cap
        self.cap = cap
        self.random = random

    def wait(
        self, kind: Kind, outcome: Outcome, *, attempt: int, now: float, time_left: float | None = None
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to give up.

        Args:
            kind: what it would mean to make the request twice.
            outcome: what the last attempt came to.
            attempt: how many attempts there were, the last one included.
            now: the wall clock's seconds since 1970, for servers that name a date.
            time_left: seconds up to the caller's deadline. A wait that would not end before it is cut short, or not
                begun where the server asks for it.
        """
        if not _may_repeat(kind, outcome):
            return None
        throttled = isinstance(outcome, Answer) and outcome.status == 429
        if attempt > self.max_retries * (2 if throttled else 1):
            return None
        # Full jitter: clients that failed together must not come back together.
        wait = self.random() * min(self.backoff_cap, self.base * 2.0 ** min(max(attempt, 1) - 1, 60))
        asked = asked_wait(outcome.status, outcome.headers, outcome.body, now) if isinstance(outcome, Answer) else None
        if asked is not None:
            # Never before the time, and a little spread after it.
            asked = min(asked, self.cap)
            wait = max(wait, asked + self.random() * min(1.0, asked / 10))
        return wait if time_left is None else _in_time(wait, asked or 0.0, time_left)

    def with_retries(self, most: int) -> Policy:
        """The same with another number of repetitions."""
        return Policy(most, base=self.base, backoff_cap=self.backoff_cap, cap=self.cap, random=self.random)

    def patient(self) -> Policy:
        """The same without a limit of attempts: for polls, which only the caller's deadline ends."""
        return self.with_retries(_UNLIMITED)


def _in_time(wait: float, asked: float, time_left: float) -> float | None:
    if wait < time_left:
        return wait
    # One last attempt, if it need not come too soon.
    latest = time_left - _LAST_ATTEMPT
    return latest if latest > asked else None


def _may_repeat(kind: Kind, outcome: Outcome) -> bool:
    if isinstance(outcome, Failure):
        return outcome is Failure.REFUSED or kind is not Kind.CREATE
    if outcome.status == 429:
        return True
    if kind is Kind.CREATE:
        return False
    return outcome.status == 408 or 500 <= outcome.status <= 599 or (outcome.status == 409 and kind is Kind.READ)
