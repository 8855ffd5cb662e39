"""Deadlines: a point in time, and the seconds that it leaves for one request."""

from __future__ import annotations

import time
from typing import NamedTuple

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

LONGEST = 1e9
"""Seconds: thirty years. Longer times count as no limit; clocks and sockets cannot represent them."""


class Deadline(NamedTuple):
    """A point in time by the monotonic clock; None is never."""

    at: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Return the deadline that many seconds from now.

        Raises:
            InvalidArgument: `seconds` is not a number above 0.
        """
        if seconds is None:
            return NEVER
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"timeout must be a number of seconds above 0, or None, not {format_value(seconds)}")
        return cls(time.monotonic() + seconds) if seconds < LONGEST else NEVER

    @property
    def left(self) -> float | None:
        """The seconds left: 0 when the deadline has passed, None if it never does."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return self.at is not None and time.monotonic() >= self.at

    def later(self, seconds: float) -> Deadline:
        """Return the deadline that many seconds after this one."""
        return self if self.at is None else Deadline(self.at + seconds)

    def sooner(self, seconds: float) -> float:
        """Return the seconds given, or the seconds left if those are fewer."""
        left = self.left
        return seconds if left is None else min(seconds, left)


NEVER = Deadline()
