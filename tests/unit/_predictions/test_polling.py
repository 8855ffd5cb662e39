"""A simulator proves what the schedule promises: how late the news of an end is, and how many polls that took.

The measure is polling every half second: `ceil(T / 0.5)` polls for a run of T seconds, and a create before them.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

import pytest

from replicatekit._predictions.polling import Schedule


class Seen(NamedTuple):
    late: float
    polls: int


class Summary(NamedTuple):
    late: float
    """Seconds, on average."""
    share: float
    """The same as a share of the run time."""
    polls: float
    measure: float
    """Polls every half second would take, on average."""


def follow(schedule: Schedule, run: float, answer_takes: float = 0.0) -> Seen:
    now, polls = 0.0, 0
    while True:
        now += schedule.next_delay(now)
        polls += 1
        if now >= run:
            return Seen(now - run, polls)
        now += answer_takes


def summary(runs, known=(), answer_takes=0.0) -> Summary:
    dice = random.Random(1).random
    seen = [follow(Schedule(known, random=dice), run, answer_takes) for run in runs]
    n = len(runs)
    return Summary(
        sum(s.late for s in seen) / n,
        sum(s.late / run for s, run in zip(seen, runs, strict=True)) / n,
        sum(s.polls for s in seen) / n,
        sum(math.ceil(run / 0.5) for run in runs) / n,
    )


def even(low, high, count=1000):
    return [low + (high - low) * (i + 0.5) / count for i in range(count)]


def log_even(low, high, count=1000):
    return [low * (high / low) ** ((i + 0.5) / count) for i in range(count)]


# Seconds that a poll's own answer takes on loopback, and a timer that is late.
ANSWER = 0.004


@pytest.mark.parametrize("runs", [even(0.05, 1), log_even(0.05, 1)], ids=["even", "log-even"])
def test_an_unknown_run_below_a_second_is_100_ms_late_at_most_on_average(runs):
    found = summary(runs)
    assert found.late + ANSWER <= 0.1
    assert 1 + found.polls <= 2 * (1 + found.measure)


def test_below_a_second_the_polls_alone_are_about_twice_the_measure_at_most():
    # Fewer would be had by gaps that shrink towards a second, and all longer runs would pay for them.
    found = summary(even(0.05, 1))
    assert found.polls <= 2 * found.measure * 1.1


@pytest.mark.parametrize(
    ("low", "high", "share"),
    [(1, 2, 0.077), (2, 5, 0.069), (5, 20, 0.052), (20, 100, 0.044), (100, 600, 0.013), (1, 6, 0.072)],
)
def test_a_longer_unknown_run_is_eight_percent_late_at_most_on_average(low, high, share):
    for runs in (even(low, high), log_even(low, high)):
        assert summary(runs).share <= share


@pytest.mark.parametrize(("low", "high"), [(2, 5), (5, 20), (20, 100), (100, 600), (1, 6), (1, 60)])
def test_a_longer_unknown_run_takes_twice_the_polls_at_most_the_create_not_counted(low, high):
    for runs in (even(low, high), log_even(low, high)):
        found = summary(runs)
        assert found.polls <= 2 * found.measure


def test_runs_of_one_to_two_seconds_alone_take_four_percent_more_than_that_with_the_create():
    # 100 ms below a second are five polls by then, and 8% are five more up to two seconds: 5 + 1 + 2.5 on average
    # with even gaps, where 8 are allowed. Longer runs make up for it.
    for runs in (even(1, 2), log_even(1, 2)):
        found = summary(runs)
        assert 1 + found.polls <= 2 * (1 + found.measure) * 1.04


def test_no_run_takes_more_than_one_request_above_twice_the_measure_and_none_above_five_seconds_even_that():
    for run in even(0.001, 5, 5_000) + log_even(5, 300, 200):
        polls, measure = follow(Schedule(random=lambda: 0.0), run).polls, math.ceil(run / 0.5)
        assert 1 + polls <= 2 * (1 + measure) + 1
        if run > 5:
            assert polls <= 2 * measure


def test_the_request_above_twice_the_measure_falls_into_few_spans_only():
    spans = [(0.372, 0.5), (0.934, 1.0), (1.315, 1.5), (1.77, 2.0), (2.3, 2.5)]
    for run in even(0.001, 5, 5_000):
        polls, measure = follow(Schedule(), run).polls, math.ceil(run / 0.5)
        if 1 + polls > 2 * (1 + measure):
            assert any(low <= run <= high for low, high in spans), run


MEDIANS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 3.0, 10.0, 60.0, 250.0]


def learned(median, spread, runs_known, trials=40):
    # `share` is in units of what is allowed: 50 ms, or 4% of a run of a second or more.
    rng = random.Random(f"{median} {spread} {runs_known}")

    def draw():
        return median * rng.uniform(1 - spread, 1 + spread)

    late = share = polls = measure = 0.0
    for _ in range(trials):
        run, known = draw(), [draw() for _ in range(runs_known)]
        seen = follow(Schedule(known, random=rng.random), run)
        late += seen.late / trials
        share += seen.late / (0.05 if run < 1 else 0.04 * run) / trials
        polls += seen.polls / trials
        measure += math.ceil(run / 0.5) / trials
    return Summary(late, share, polls, measure)


@pytest.mark.parametrize("median", MEDIANS)
@pytest.mark.parametrize(("spread", "runs_known"), [(0.01, 3), (0.1, 3), (0.1, 16), (0.3, 5), (0.3, 8), (0.3, 16)])
def test_a_known_model_is_50_ms_or_four_percent_late_at_most_within_twice_the_polls(median, spread, runs_known):
    found = learned(median, spread, runs_known)
    assert found.share <= 1
    assert 1 + found.polls <= 2 * (1 + found.measure)
    if spread <= 0.1:
        assert found.polls <= 2 * found.measure


def test_known_models_of_all_kinds_are_half_as_late_as_unknown_ones_with_fewer_polls():
    known = [learned(median, 0.3, 8, trials=100) for median in MEDIANS]
    unknown = [learned(median, 0.3, 0, trials=100) for median in MEDIANS]
    assert sum(s.share for s in known) <= 0.5 * sum(s.share for s in unknown)
    assert sum(s.polls for s in known) <= sum(s.polls for s in unknown)


def test_fewer_than_three_runs_teach_nothing():
    assert Schedule([9.0, 9.0]).next_delay(0.0) == Schedule().next_delay(0.0)
    assert Schedule([9.0, 9.0, 9.0]).next_delay(0.0) > 0.9


def test_a_model_that_became_much_faster_or_slower_is_still_found():
    known = [100.0 + i for i in range(8)]
    for run in (0.2, 1.5, 5.0, 30.0):
        assert follow(Schedule(known), run).late <= max(1.0, run)
    for run in (130.0, 300.0, 1000.0):
        assert follow(Schedule(known), run).late <= 6.0
    assert follow(Schedule([0.1, 0.1, 0.1]), 20.0).late <= 1.5


def test_a_first_look_after_a_held_request_goes_on_from_there():
    for known in ((), [3.0, 3.1, 3.2]):
        assert 0.0 < Schedule(known, random=lambda: 1.0).next_delay(60.0) <= 5.25


@pytest.mark.parametrize("known", [(), [0.3] * 5, [0.0] * 5, [1e-9, 5.0, 5000.0], [2.0, 2.0, 2.5, 40.0]])
def test_every_delay_is_positive_and_short_enough_whatever_is_known(known):
    schedule = Schedule(known)
    for elapsed in even(0, 400, 2000):
        assert 0 < schedule.next_delay(elapsed) < max(6.0, elapsed * 2, 5000.0 * (5000.0 in known))


def test_slow_answers_delay_the_next_poll_no_further():
    slow, quick = summary(even(0, 5), answer_takes=0.15), summary(even(0, 5))
    assert slow.polls <= quick.polls
    assert slow.late <= quick.late + 0.15


def test_late_polls_are_spread_and_early_ones_are_not():
    low, high = Schedule(random=lambda: 0.0), Schedule(random=lambda: 1.0)
    assert low.next_delay(1.0) == high.next_delay(1.0)
    assert low.next_delay(20.0) == pytest.approx(0.95 * 2.0)
    assert high.next_delay(20.0) == pytest.approx(1.05 * 2.0)


def test_the_same_dice_give_the_same_schedule():
    first, second = (Schedule(random=random.Random(3).random) for _ in range(2))
    for elapsed in range(40):
        assert first.next_delay(elapsed) == second.next_delay(elapsed)
