"""A clock that never jumps: it cannot be set, and it advances while the process or the machine is suspended."""

from __future__ import annotations

import time

# Linux's monotonic clock stops while the machine sleeps; other systems' do not.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def steady_seconds() -> float:
    """Seconds since an arbitrary moment in the past."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
