"""Faults of the API during a batch: each input is created once and ends, and the rate is kept."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from replicatekit import Client, errors
from replicatekit.batch import Batch

CREATE = {"method": "POST", "path": "/predictions"}


@pytest.fixture
def batch(sandbox, tmp_path):
    client = Client(token=sandbox.token, base_url=sandbox.base_url, timeout=2.0)
    with Batch(tmp_path / "journal.db", "acme/double", client=client, settle=0.2) as made:
        yield made


def runs_once(sandbox, batch, count):
    batch.add({"n": n} for n in range(count))
    report = batch.run(creates_per_minute=None, concurrency=4)
    assert report.status.succeeded == count
    assert created_inputs(sandbox) == dict.fromkeys(range(count), 1)
    assert [row.output for row in batch.results()] == [2 * n for n in range(count)]
    return report


def created_inputs(sandbox):
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        page = client.predictions.list()
        found = [prediction.input["n"] for prediction in page.results]
        while page.has_next:
            page = page.next_page()
            found += [prediction.input["n"] for prediction in page.results]
    return Counter(int(n) for n in found)


@pytest.mark.parametrize("at", [0, 1, 20, 100, 200, 400])
def test_a_create_whose_request_is_cut_is_sent_again_once_it_is_known_not_to_have_arrived(sandbox, batch, at):
    sandbox.fail_next(**CREATE, times=3, cut="request", at=at)
    runs_once(sandbox, batch, 8)


@pytest.mark.parametrize("at", [0, 1, 50, 150, 300, 500, 700])
def test_a_create_whose_answer_is_cut_is_found_and_not_sent_again(sandbox, batch, at):
    sandbox.fail_next(**CREATE, times=3, cut="response", at=at)
    runs_once(sandbox, batch, 8)


@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503, 520])
def test_a_server_error_is_looked_into_before_anything_is_sent_again(sandbox, batch, status, handled):
    sandbox.fail_next(**CREATE, times=3, status=status, handled=handled)
    runs_once(sandbox, batch, 8)


def test_a_create_that_is_never_answered_is_found(sandbox, batch):
    sandbox.fail_next(**CREATE, times=2, delay=5.0)
    runs_once(sandbox, batch, 8)


def test_throttled_creates_are_sent_again_and_not_counted_as_attempts(sandbox, batch, monkeypatch):
    monkeypatch.setattr("replicatekit.batch._creating._MOST_UNSENT", 1)  # a 429 is none of those
    sandbox.fail_next(**CREATE, times=2, status=429, headers={"retry-after": "1"})
    batch.add([{"n": 1}, {"n": 2}])
    report = batch.run(concurrency=1)
    assert report.status.succeeded == 2
    assert [row.attempts for row in batch.results()] == [1, 1]


def test_what_the_api_refuses_of_an_input_is_a_failure_of_that_input_alone(sandbox, batch):
    batch.add([{"n": 1}, {"n": "no number"}, {"n": 3}])
    report = batch.run(creates_per_minute=None)
    assert (report.succeeded, report.failed) == (2, 1)
    (failed,) = batch.results("failed")
    assert failed.error_kind == "input"
    assert failed.prediction_id is None


def test_a_token_that_is_refused_stops_the_batch_and_loses_nothing(sandbox, tmp_path):
    right = Client(token=sandbox.token, base_url=sandbox.base_url)
    wrong = Client(token="r8_wrong", base_url=sandbox.base_url)
    with (
        Batch(tmp_path / "journal.db", "acme/double", client=wrong) as batch,
        pytest.raises(errors.AuthenticationError),
    ):
        batch.add([{"n": 1}])  # the model's schema says which inputs are secrets
    with Batch(tmp_path / "journal.db", client=right) as batch:
        batch.add([{"n": 1}, {"n": 2}])
    with Batch(tmp_path / "journal.db", client=wrong) as batch:
        with pytest.raises(errors.AuthenticationError):
            batch.run()
        assert batch.status().pending == 2


def test_the_same_input_is_added_once_unless_repetitions_are_asked_for(sandbox, batch, tmp_path):
    assert batch.add([{"n": 1}, {"n": 1}]).added == 1
    assert batch.add([{"n": 1}]).known == 1
    assert batch.add([{"n": 2}], repeat=3).added == 3
    assert batch.run(creates_per_minute=None).succeeded == 4
    assert created_inputs(sandbox) == {1: 1, 2: 3}


@pytest.mark.parametrize("limit", [{"max_failures": 2}, {"max_predict_time": 0.2}])
def test_a_limit_stops_the_batch_with_at_most_what_is_in_flight_beyond_it(sandbox, tmp_path, limit):
    @sandbox.model("acme/moody")
    def moody(n: int) -> int:
        time.sleep(0.1)
        if "max_failures" in limit:
            raise ValueError("not in the mood")
        return n

    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "moody.db", "acme/moody", client=client) as batch:
        batch.add({"n": n} for n in range(30))
        report = batch.run(creates_per_minute=None, concurrency=3, **limit)
        assert report.stopped == next(iter(limit))
        assert 2 <= report.created <= 2 + 3 + 3
        assert report.status.pending == 30 - report.created


def test_failures_of_the_model_are_tried_again_when_asked_for(sandbox, tmp_path):
    seen = Counter()

    @sandbox.model("acme/twice")
    def twice(n: int) -> int:
        seen[n] += 1
        if seen[n] == 1:
            raise ValueError("not yet")
        return n

    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "twice.db", "acme/twice", client=client) as batch:
        batch.add({"n": n} for n in range(3))
        assert batch.run(creates_per_minute=None).failed == 3
        assert {row.error_kind for row in batch.results()} == {"model"}
        assert batch.retry_failed() == 3
        assert batch.run(creates_per_minute=None).succeeded == 3


def test_what_the_machines_of_the_api_break_off_is_run_again_by_itself(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("replicatekit.batch._engine.RETRY_SECONDS", 0.1)
    seen = Counter()

    @sandbox.model("acme/shaky")
    def shaky(n: int) -> int:
        seen[n] += 1
        if seen[n] < 3:
            raise RuntimeError("Prediction interrupted; please retry (code: PA)")
        return n

    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "shaky.db", "acme/shaky", client=client) as batch:
        batch.add([{"n": 1}])
        assert batch.run(creates_per_minute=None, retries=2).succeeded == 1
        assert seen[1] == 3


def test_the_compute_of_runs_that_broke_off_counts_towards_the_limit(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("replicatekit.batch._engine.RETRY_SECONDS", 0.01)

    @sandbox.model("acme/breaks")
    def breaks(n: int) -> int:
        time.sleep(0.1)
        raise RuntimeError("Prediction interrupted; please retry (code: PA)")

    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "breaks.db", "acme/breaks", client=client) as batch:
        batch.add([{"n": 1}])
        report = batch.run(creates_per_minute=None, retries=20, max_predict_time=0.25)
    assert report.stopped == "max_predict_time"
    assert report.created <= 4
