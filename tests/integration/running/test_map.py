"""Run a model over many inputs: over real HTTP, in each way to call."""

from __future__ import annotations

import threading
import time
from itertools import islice

import pytest
from support.models import predictions_of

from replicatekit import MapResult, errors

EACH_ENGINE = True


@pytest.fixture
def models(sandbox):
    state = {"running": 0, "most": 0}
    lock = threading.Lock()

    @sandbox.model("acme/upper")
    def upper(text: str, delay: float = 0.0) -> str:
        with lock:
            state["running"] += 1
            state["most"] = max(state["most"], state["running"])
        time.sleep(delay)
        with lock:
            state["running"] -= 1
        if text == "bad":
            raise ValueError("no bad words")
        return text.upper()

    sandbox.state_of_upper = state
    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models)


def test_results_come_in_the_order_of_the_inputs(client):
    inputs = [{"text": text, "delay": delay} for text, delay in (("a", 0.4), ("b", 0.0), ("c", 0.2))]
    results = list(client.map("acme/upper", inputs, concurrency=3))
    assert [result.output for result in results] == ["A", "B", "C"]
    assert [result.index for result in results] == [0, 1, 2]
    assert [result.input for result in results] == inputs
    assert all(result.is_ok and result.prediction_id for result in results)


def test_results_can_come_as_they_complete(client):
    inputs = [{"text": "slow", "delay": 1.0}, {"text": "quick"}]
    results = list(client.map("acme/upper", inputs, ordered=False))
    assert [result.index for result in results] == [1, 0]


def test_a_failed_run_is_a_result_with_its_error_and_does_not_stop_the_others(client):
    first, second, third = client.map("acme/upper", [{"text": "a"}, {"text": "bad"}, {"text": "c"}])
    assert (first.output, third.output) == ("A", "C")
    assert isinstance(second.error, errors.ModelError)
    assert second.prediction_id == second.error.prediction_id
    with pytest.raises(errors.ModelError):
        second.result()
    assert first.result() == "A"


def test_an_input_that_cannot_be_sent_is_a_result_too(client, models):
    before = models.creates
    (result,) = client.map("acme/upper", [{"text": object()}])
    assert isinstance(result.error, errors.InvalidInput)
    assert models.creates == before


def test_no_more_than_the_concurrency_run_at_a_time(client, models):
    list(client.map("acme/upper", [{"text": str(n), "delay": 0.05} for n in range(12)], concurrency=3))
    assert models.state_of_upper["most"] <= 3


def test_inputs_are_read_as_runs_can_start(client):
    read = []

    def endless():
        n = 0
        while True:
            read.append(n)
            yield {"text": str(n)}
            n += 1

    results = client.map("acme/upper", endless(), concurrency=2)
    assert [result.output for result in islice(results, 5)] == ["0", "1", "2", "3", "4"]
    assert len(read) <= 5 + 2 * 8
    results.close()


def test_leaving_early_cancels_what_is_in_flight_and_starts_nothing_more(client, models):
    inputs = [{"text": "first"}, *({"text": "x", "delay": 5.0} for _ in range(20))]
    results = client.map("acme/upper", inputs, concurrency=4, wait=False, poll_interval=0.05)
    assert next(results).output == "FIRST"
    results.close()
    assert models.creates <= 5
    assert {one.status for one in predictions_of(models)} == {"succeeded", "canceled"}


def test_nothing_starts_before_the_first_result_is_asked_for(client, models):
    client.map("acme/upper", [{"text": "a"}])
    assert models.creates == 0


def test_no_inputs_give_no_results(client):
    assert list(client.map("acme/upper", [])) == []


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ({"text": "one input is no list of inputs"}, {}),
        ("text", {}),
        (None, {}),
        ([], {"concurrency": 0}),
        ([], {"concurrency": "many"}),
        ([], {"ordered": 1}),
        ([], {"timeout": -1}),
        ([], {"unknown": 1}),
    ],
)
def test_arguments_are_checked_at_the_call(client, inputs, options):
    with pytest.raises(errors.InvalidArgument):
        client.map("acme/upper", inputs, **options)


def test_the_input_is_not_in_the_repr_of_a_result():
    assert "s3cret" not in repr(MapResult(0, {"password": "s3cret"}))
