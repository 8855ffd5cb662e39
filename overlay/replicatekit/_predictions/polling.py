"""When to poll a run next: gaps grow with the time that has passed.

From 5 s on, the end of a run is noticed at most 10% of its run time late. A run over 2 s takes no more requests than
polling every half second would take. Both cannot hold between 2 and 5 s, where half a second is more than 10%.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_GAP = 5.0
"""Seconds between two polls at most, before the jitter."""

_GROWTH = 0.08
_FIRST_GAP, _EARLY_GROWTH = 0.35, 0.2
_EARLY = 2.0  # seconds; four polls until then
_STEADY_GAP = 0.5
_JITTER = 0.1  # only longer gaps: a shorter one would cost a request more


def poll_gap(elapsed: float, *, random: Callable[[], float] = random.random) -> float:
    """Seconds to wait before the next poll.

    Args:
        elapsed: Seconds since the run was created.
        random: Returns a number from 0 up to 1, for the jitter: runs created together are not polled together.
    """
    if elapsed < _EARLY:
        gap = _FIRST_GAP + _EARLY_GROWTH * elapsed
    else:
        gap = min(max(_STEADY_GAP, _GROWTH * elapsed), LONGEST_GAP)
    return gap * (1 + _JITTER * random())
