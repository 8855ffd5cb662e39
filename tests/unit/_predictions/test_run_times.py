"""What is remembered of the runs of each model."""

from __future__ import annotations

import threading

import pytest

from replicatekit._predictions.run_times import RunTimes


def test_run_times_are_kept_for_each_model_in_their_order():
    times = RunTimes()
    for seconds in (3.0, 1.0, 2.0):
        times.record("acme/a", seconds)
    times.record("acme/b", 9.0)
    assert times.known("acme/a") == (3.0, 1.0, 2.0)
    assert times.known("acme/b") == (9.0,)
    assert times.known("acme/c") == ()


def test_only_the_latest_runs_are_kept():
    times = RunTimes(runs=4)
    for seconds in range(10):
        times.record("acme/a", float(seconds))
    assert times.known("acme/a") == (6.0, 7.0, 8.0, 9.0)


def test_the_model_not_used_for_longest_is_forgotten_first():
    times = RunTimes(models=2)
    times.record("a", 1.0)
    times.record("b", 1.0)
    assert times.known("a")
    times.record("c", 1.0)
    assert times.known("a")
    assert times.known("b") == ()
    assert times.known("c")


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), float("-inf")])
def test_a_time_that_cannot_be_one_is_passed_over(seconds):
    times = RunTimes()
    times.record("a", seconds)
    assert times.known("a") == ()


def test_threads_share_it():
    times = RunTimes(models=8, runs=1000)

    def work(name):
        for i in range(500):
            times.record("shared", 1.0)
            times.record(f"{name} {i % 20}", 1.0)
            times.known("shared")

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times._times) == 8
    assert len(times.known("shared")) == 1000
