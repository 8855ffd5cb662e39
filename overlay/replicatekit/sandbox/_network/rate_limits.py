"""The API's rate limits: two token buckets, one for creates, one for all other requests."""

from __future__ import annotations

import math
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

    def take(self, per_second: float, capacity: float, now: float) -> float:
        """Take one token and return how many are left; if below zero, none was taken."""
        if self.level is None:
            self.level, self.moment = capacity, now
        self.level = min(capacity, self.level + (now - self.moment) * per_second)
        self.moment = now
        if self.level < 1:
            return self.level - 1
        self.level -= 1
        return self.level


class Limits:
    """Counts requests, and refuses those above the limits in the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clear()

    def clear(self) -> None:
        """Fill both buckets."""
        self._creates = _Bucket()
        self._others = _Bucket()

    def take(self, *, is_create: bool) -> tuple[float | None, dict[str, str]]:
        """Count a request.

        Returns:
            The seconds to wait if the request is refused, or None; and the headers that describe the limit.
        """
        settings = self._settings
        limit = settings.creates_per_minute if is_create else settings.others_per_minute
        if limit is None:
            return None, _headers((CREATES if is_create else OTHERS) - 1, 1)
        capacity = settings.create_burst if is_create and settings.create_burst is not None else limit
        per_second = limit * settings.speed / _MINUTE
        bucket = self._creates if is_create else self._others
        remaining = bucket.take(per_second, max(1.0, capacity), time.monotonic())
        wait = -remaining / per_second if remaining < 0 else None
        return wait, _headers(max(0, int(remaining)), math.ceil(wait or 0))


def _headers(remaining: int, reset: int) -> dict[str, str]:
    return {"ratelimit-remaining": str(remaining), "ratelimit-reset": str(max(1, reset))}
