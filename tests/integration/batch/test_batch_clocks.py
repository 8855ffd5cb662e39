"""Clocks that are wrong, jump or stand still, and processes that sleep, make nothing be created twice."""

from __future__ import annotations

import os
import signal
import time

import pytest
from support.postgres import postgres_url

from replicatekit.batch import Batch, _allowance, _processes
from replicatekit.batch._journal import postgres, workers
from replicatekit.batch._journal.items import Items
from replicatekit.batch._journal.rate import RateState
from replicatekit.batch._journal.sqlite import SQLite
from replicatekit.batch._journal.writer import JournalWriter

CREATE = {"method": "POST", "path": "/predictions"}


@pytest.fixture
def journal(tmp_path):
    writer = JournalWriter(tmp_path / "journal.db")
    yield writer
    writer.close()


@pytest.mark.parametrize("ahead", [300.0, -3000.0])
def test_a_lost_create_is_found_whatever_time_this_machine_believes_it_is(
    sandbox, client, tmp_path, monkeypatch, ahead
):
    monkeypatch.setattr(SQLite, "now", lambda _: time.time() + ahead)
    sandbox.fail_next(**CREATE, times=3, cut="response", at=20)
    with Batch(tmp_path / "journal.db", "acme/double", client=client, settle=0.3) as batch:
        batch.add({"n": n} for n in range(5))
        assert batch.run(creates_per_minute=None).status.succeeded == 5
    assert list(sandbox.count_creates().values()) == [1] * 5


def test_a_clock_that_is_set_back_does_not_hold_the_batch_up(sandbox, client, tmp_path, monkeypatch):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 1}, {"n": 2}])
        with monkeypatch.context() as before:
            before.setattr(SQLite, "now", lambda _: time.time() + 10 * 3600)
            batch._writer.call(batch._writer.journal.rate.enter, RateState(1.0, 1.0, None, 0, 20, 0))
            batch._writer.call(batch._writer.journal.rate.reserve, 1)
            (claim,) = batch._writer.call(batch._writer.journal.workers.claim, "w", 1)
            batch._writer.call(batch._writer.journal.items.put_back, "w", claim.id, 60.0)
        assert batch.run(creates_per_minute=None).status.succeeded == 2


def watch(journal, seconds, monkeypatch):
    """What a worker finds dead while it looks every so often at another one, whose lease is 4 s."""
    now = time.monotonic()
    for passed in seconds:
        now += passed
        monkeypatch.setattr(workers.time, "monotonic", lambda now=now: now)
        yield [each[0] for each in journal.call(journal.journal.workers.dead, "me", 4.0, _processes.has_ended)]


def test_a_worker_is_dead_once_its_heartbeat_was_seen_not_to_change_for_its_lease(journal, monkeypatch):
    journal.call(journal.journal.workers.enter, "other", "another host", "1:1")
    assert list(watch(journal, [0, 1, 1, 1, 1, 1], monkeypatch)) == [[], [], [], [], [], ["other"]]


def test_a_worker_is_not_dead_because_its_clock_is_wrong_or_its_machine_slept(journal, monkeypatch):
    enter = journal.journal.workers.enter
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(SQLite, "now", lambda _: time.time() - 86400)
        journal.call(enter, "other", "another host", "1:1")
    # Nor because this process itself was suspended for an hour.
    assert list(watch(journal, [0, 1, 3600, 1], monkeypatch)) == [[]] * 4
    journal.call(enter, "other", "another host", "1:1")
    assert list(watch(journal, [1, 1, 1], monkeypatch)) == [[]] * 3


def test_what_a_server_says_is_the_time_counts_and_not_what_this_machine_is_set_to(monkeypatch):
    with postgres_url() as url:
        writer = JournalWriter(url)
        now = writer.journal.database.now
        before = now()
        monkeypatch.setattr(time, "time", lambda: 0.0)
        assert 0 <= now() - before < 60
        monkeypatch.setattr(postgres, "steady_seconds", lambda: 5.0)  # the machine slept, and its clock with it
        writer.call(writer.journal.workers.enter, "me", "host", "1:1")
        assert 0 <= now() - before < 60
        writer.close()


@pytest.mark.parametrize("moment", ["before the create", "at its first byte"])
def test_a_worker_that_was_suspended_before_a_create_takes_another_turn(sandbox, client, tmp_path, monkeypatch, moment):
    slept = []

    def sleeping(function):
        def first(*arguments):
            if not slept:
                slept.append(time.sleep(0.6))  # others may have taken it for dead meanwhile
            return function(*arguments)

        return first

    if moment == "before the create":
        monkeypatch.setattr(Items, "sending", sleeping(Items.sending))
    else:
        monkeypatch.setattr(_allowance._Punctual, "sending", sleeping(_allowance._Punctual.sending))
    with Batch(tmp_path / "journal.db", "acme/double", client=client, lease=1.0) as batch:
        batch.add([{"n": 1}])
        assert batch.run(creates_per_minute=None).succeeded == 1
        (row,) = batch.results()
    assert (len(slept), row.attempts, sandbox.creates) == (1, 1, 1)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
def test_a_process_that_is_stopped_for_longer_than_its_lease_and_continued_creates_nothing_again(
    sandbox, start, tmp_path
):
    sandbox.fail_next(**CREATE, times=None, delay=0.1)
    workers = [start(tmp_path / "journal.db", "acme/double", 40, lease=0.5, host=f"machine {n}") for n in range(2)]
    workers[0].until(lambda: sandbox.creates > 5)
    os.kill(workers[0].pid, signal.SIGSTOP)
    assert workers[1].communicate(timeout=60)[0].endswith("done\n")
    os.kill(workers[0].pid, signal.SIGCONT)
    assert workers[0].communicate(timeout=60)[0].endswith("done\n")
    assert list(sandbox.count_creates().values()) == [1] * 40


def test_a_create_that_was_not_sent_takes_no_prediction_from_an_item_that_has_it_by_now(journal):
    steps = journal.journal
    journal.call(steps.items.add, [type("Input", (), {"fingerprint": "f", "text": "{}"})], 1)
    journal.call(steps.rate.enter, RateState(0.0, 0.0, None, 0, 20, 0))
    (claim,) = journal.call(steps.workers.claim, "slept", 1)
    number = journal.call(steps.items.sending, "slept", claim.id, "{}", 0)
    journal.call(steps.items.created, "other", claim.id, number, "p1")
    journal.call(steps.items.not_sent, "slept", claim.id, number)
    assert journal.call(steps.items.known, ["p1"]) == {"p1"}
