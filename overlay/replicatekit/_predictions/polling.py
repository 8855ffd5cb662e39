"""When to look at a run next: soon at first, then more rarely; just when it is due, once its model is known.

The measure is polling every half second: `ceil(T / 0.5)` polls for a run of T seconds, and a quarter of a second
from its end to the news of it. A schedule may make twice as many requests, the create counted in both.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import ceil, sqrt
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Schedule"]

# Polls nearer than this are one: the answer to the one before came late.
_NEAR = 0.01
_GREATEST_GAP = 5.0
# Polls from here on are spread, so that runs begun together do not ask together; early ones are placed too finely.
_SPREAD_FROM = 3.0
_SPREAD = 0.05

_ENOUGH_RUNS = 3
# Of the one poll that is to spare where the create counts in both, half of it on average.
_SPARE = 0.5
# Before a model's known run times: the nearest two polls of a run of 1 s, and how gaps grow from there backwards.
_FINEST = 0.05
_WIDENING = 1.6
_COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24)


@frozen
class _Plan:
    """Moments at which to poll, and how the gaps grow after the last of them."""

    moments: Sequence[float]
    least_gap: float
    growth: float


# For a model never seen before. What is asked in vain is scarce up to five seconds, and these moments were found by
# search: even gaps below a second, for runs of 1 to 2 s pay for each poll of them, and gaps of a seventh of the time
# later, just behind round moments: there runs like to end. From there on requests abound.
_FIRST = _Plan(
    (0.195, 0.372, 0.562, 0.751, 0.934, 1.112, 1.315, 1.53, 1.77, 2.02, 2.3, 2.63, 3.02, 3.44, 3.93, 4.48, 5.03),
    least_gap=0.5,
    growth=0.1,
)


class Schedule:
    """The polls of one run.

    Args:
        known: run times of the same model or version, in seconds; fewer than three teach nothing.
        random: from 0 up to 1, for the spread of late polls.
    """

    def __init__(self, known: Sequence[float] = (), *, random: Callable[[], float] = random.random) -> None:
        self._random = random
        self._plan = _learned(sorted(known)) if len(known) >= _ENOUGH_RUNS else _FIRST

    def next_delay(self, elapsed: float) -> float:
        """Seconds to wait before the next poll, `elapsed` seconds after the run was created."""
        plan = self._plan
        place = bisect_right(plan.moments, elapsed + _NEAR)
        if place < len(plan.moments):
            return plan.moments[place] - elapsed
        gap = min(max(plan.least_gap, plan.growth * elapsed), _GREATEST_GAP)
        if elapsed >= _SPREAD_FROM:
            gap *= 1 + _SPREAD * (2 * self._random() - 1)
        return gap


def _learned(known: list[float]) -> _Plan:
    """The fewest polls that bring the news of runs like the known ones in time, within what they may cost."""
    window = _window(known)
    # Two moments in each span stand for the runs to come: to judge by the known ones would flatter the plan.
    expected = [a + (b - a) * part for a, b in pairwise(window) for part in (0.25, 0.75)]
    allowed = sum(2 * max(1, ceil(run / 0.5)) + _SPARE for run in expected)
    moments = _spread(window, 1)
    for count in _COUNTS:
        more = _early(window, count) + _spread(window, count)
        polls, lateness = _cost(more, expected)
        if polls > allowed:
            break
        moments = more
        if lateness <= len(expected):
            break
    return _Plan(moments, least_gap=0.15, growth=0.06)


def _window(known: list[float]) -> list[float]:
    """The ends of equally likely spans: the known run times, and a margin before and behind them."""
    first, last = known[0], known[-1]
    margin = max((last - first) / (len(known) - 1), 0.04 * known[len(known) // 2], 0.01)
    return [max(first - margin, first / 2), *known, last + margin]


def _early(window: list[float], count: int) -> list[float]:
    """Polls before the window, nearer to each other towards it: the model may have become faster, even much faster."""
    first = window[0]
    gap = max((window[-1] - window[0]) / count, _FINEST * first)
    moments: list[float] = []
    while first - gap > max(1.0, window[0] / 2):
        first -= gap
        gap *= _WIDENING
        moments.insert(0, first)
    while first > 1.25:
        first /= 2
        moments.insert(0, first)
    return moments


def _spread(window: list[float], count: int) -> list[float]:
    """Polls over the window, the last at its end.

    Of all ways to place a number of polls, delay is least where gaps are as 1 / sqrt(density of ends), and what
    is asked in vain is least where they are as 1 / sqrt(share still running) too. Up to a second the delay itself
    counts, from there on its share of the run time.
    """
    spans = [(a, max(b - a, 1e-4)) for a, b in pairwise(window)]
    weights = [
        sqrt(width / max(1.0, a + width / 2) / max(0.1, 1 - (i + 0.5) / len(spans)))
        for i, (a, width) in enumerate(spans)
    ]
    part = sum(weights) / count
    moments: list[float] = []
    passed, wanted = 0.0, part
    for (a, width), weight in zip(spans, weights, strict=True):
        while len(moments) < count - 1 and passed + weight >= wanted:
            moments.append(a + width * (wanted - passed) / weight)
            wanted += part
        passed += weight
    return [*moments, window[-1]]


def _cost(moments: list[float], runs: list[float]) -> tuple[int, float]:
    """How many polls these runs take, and their delays in units of what is aimed at: 25 ms, or 2% of the run."""
    polls, lateness = 0, 0.0
    for run in runs:
        place = bisect_left(moments, run)
        polls += place + 1
        lateness += (moments[place] - run) / max(0.025, 0.02 * run)
    return polls, lateness
