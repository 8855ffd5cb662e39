"""A simulation of what the gaps between polls promise: how late an end is noticed, and how many polls that takes.

The measure is polling every half second: `ceil(T / 0.5)` polls for a run of T seconds.
"""

from __future__ import annotations

import math
import random

import pytest

from replicatekit._predictions.polling import LONGEST_GAP, poll_gap


def follow(run: float, rng: random.Random) -> tuple[float, int]:
    """Seconds after the end of a run at which it is noticed, and the number of polls."""
    now, polls = 0.0, 0
    while now < run:
        now += poll_gap(now, random=rng.random)
        polls += 1
    return now - run, polls


def runs_between(low: float, high: float, count: int = 2000) -> list[float]:
    """Run times from `low` to `high`, each as likely as twice as long a one."""
    return [low * (high / low) ** ((i + 0.5) / count) for i in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_no_run_over_two_seconds_takes_more_polls_than_polling_every_half_second(seed):
    rng = random.Random(seed)
    for run in runs_between(2.0, 3600.0):
        assert follow(run, rng)[1] <= math.ceil(run / 0.5), run


@pytest.mark.parametrize("seed", range(5))
def test_the_end_of_a_run_is_noticed_at_most_a_tenth_of_its_time_late(seed):
    rng = random.Random(seed)
    for run in runs_between(5.5, 3600.0):
        late, _ = follow(run, rng)
        assert late <= 0.1 * run, run


@pytest.mark.parametrize("seed", range(5))
def test_from_two_seconds_on_ends_are_noticed_on_average_a_tenth_of_the_run_time_late(seed):
    rng = random.Random(seed)
    for low, high in [(2.0, 5.5), (5.5, 10), (10, 60), (60, 3600)]:
        runs = runs_between(low, high)
        assert sum(follow(run, rng)[0] / run for run in runs) / len(runs) <= 0.1, (low, high)


def test_short_runs_are_noticed_within_seconds_of_half_a_second():
    rng = random.Random(0)
    runs = runs_between(0.05, 2.0)
    assert max(follow(run, rng)[0] for run in runs) <= 0.85
    assert sum(follow(run, rng)[0] for run in runs) / len(runs) <= 0.3


def test_gaps_end_at_the_longest_one_and_its_jitter():
    assert poll_gap(10**6, random=lambda: 0.0) == LONGEST_GAP
    assert poll_gap(10**6, random=lambda: 0.999) <= 1.1 * LONGEST_GAP


def test_runs_that_start_together_are_not_polled_together():
    assert len({round(follow(60.0, random.Random(seed))[0], 6) for seed in range(20)}) == 20
