"""How many requests a minute are let through: two buckets, one for creates, one for everything else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from replicatekit.sandbox._storage.settings import Settings

CREATES = 600
OTHERS = 3000
_MINUTE = 60.0


@attrs.define
class _Bucket:
    level: float | None = None
    moment: float = 0.0

    def take(self, capacity: float, now: float, speed: float) -> float:
        """Takes one and gives what is left; below zero: it was refused, and nothing was taken."""
        if self.level is None:
            self.level, self.moment = capacity, now
        self.level = min(capacity, self.level + (now - self.moment) * speed * capacity / _MINUTE)
        self.moment = now
        if self.level < 1:
            return self.level - 1
        self.level -= 1
        return self.level


class Limits:
    """Counts requests; refuses only where the settings name a limit."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clear()

    def clear(self) -> None:
        """Fills both buckets."""
        self._creates = _Bucket()
        self._others = _Bucket()

    def take(self, *, is_create: bool) -> tuple[float | None, dict[str, str]]:
        """Counts a request.

        Returns:
            The seconds to wait where it is refused, or None; and the headers that tell of the limit.
        """
        settings = self._settings
        limit = settings.creates_per_minute if is_create else settings.others_per_minute
        if limit is None:
            return None, {
                "ratelimit-remaining": str((CREATES if is_create else OTHERS) - 1),
                "ratelimit-reset": "1",
            }
        bucket = self._creates if is_create else self._others
        left = bucket.take(limit, time.monotonic(), settings.speed)
        wait = settings.real(-left * _MINUTE / limit) if left < 0 else None
        reset = max(1, round(wait or 0))
        return wait, {"ratelimit-remaining": str(max(0, int(left))), "ratelimit-reset": str(reset)}
