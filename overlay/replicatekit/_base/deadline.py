"""A point in time by which something has to be over, and what that leaves for a single request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import httpx

__all__ = ["LONGEST", "NEVER", "Deadline"]

LONGEST = 1e9
"""Seconds: thirty years. Whatever is longer is for ever; clocks and sockets cannot count that far."""

_SHORTEST = 0.001  # seconds; a socket takes 0 for "do not wait", which is no timeout


class Deadline(NamedTuple):
    """By the monotonic clock; None is never."""

    at: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """So many seconds from now.

        Raises:
            InvalidArgument: It is no number of seconds above 0.
        """
        if seconds is None:
            return NEVER
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"timeout must be a number of seconds above 0, or None, not {format_value(seconds)}")
        return cls(time.monotonic() + seconds) if seconds < LONGEST else NEVER

    @property
    def left(self) -> float | None:
        """Seconds until then, 0 when it is over, None where it never is."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return self.at is not None and time.monotonic() >= self.at

    def later(self, seconds: float) -> Deadline:
        """So many seconds after this one."""
        return self if self.at is None else Deadline(self.at + seconds)

    def sooner(self, seconds: float) -> float:
        """So many seconds, or what is left if that is less."""
        left = self.left
        return seconds if left is None else min(seconds, left)

    def within(self, timeout: float | httpx.Timeout | None) -> float | httpx.Timeout | None:
        """A timeout for one request that does not reach beyond the deadline."""
        left = self.left
        if left is None:
            return timeout
        import httpx

        given = timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)
        parts, left = given.as_dict(), max(left, _SHORTEST)
        return httpx.Timeout(**{name: left if value is None else min(value, left) for name, value in parts.items()})


NEVER = Deadline()
