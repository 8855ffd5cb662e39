"""A clock that never jumps: nobody sets it, and it goes on while the process or the machine is suspended."""

from __future__ import annotations

import time

# Linux's monotonic clock stands still while the machine sleeps, the others' do not.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def steady_seconds() -> float:
    """Seconds since some moment in the past."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
