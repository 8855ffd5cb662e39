from __future__ import annotations

import contextlib
import itertools
import random
import threading

import pytest

from replicatekit.webhooks import DeliveryTracker
from replicatekit_api.models import Prediction, Training


def delivery(status="processing", output=None, logs="", id="a", **more):
    return Prediction.from_dict({"id": id, "status": status, "output": output, "logs": logs, **more})


class Redis:
    """A store that others share; it answers in bytes, as Redis does."""

    def __init__(self):
        self.values = {}

    def get(self, name):
        value = self.values.get(name)
        return None if value is None else value.encode()

    def set(self, name, value):
        self.values[name] = value
        return True


@pytest.fixture(params=["memory", "store"])
def deliveries(request):
    return DeliveryTracker(Redis()) if request.param == "store" else DeliveryTracker()


RUN = [
    delivery("starting"),
    delivery("processing"),
    delivery("processing", logs="1%"),
    delivery("processing", output=["a"], logs="1%"),
    delivery("processing", output=["a", "b"], logs="1%\n2%"),
    delivery("succeeded", output=["a", "b"], logs="1%\n2%"),
]


def test_what_goes_on_is_new(deliveries):
    assert [deliveries.is_new(step) for step in RUN] == [True] * 6


def test_what_is_repeated_is_not(deliveries):
    taken = [deliveries.is_new(step) for step in itertools.chain.from_iterable((step, step) for step in RUN)]
    assert taken == [True, False] * 6


def test_after_the_terminal_one_nothing_is_new(deliveries):
    deliveries.is_new(RUN[-1])
    for late in [*RUN, delivery("failed"), delivery("processing", output=["a"] * 9, logs="9" * 99)]:
        assert not deliveries.is_new(late)


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled", "aborted"])
def test_the_first_terminal_one_is_always_news(deliveries, status):
    deliveries.is_new(delivery("processing", output=["a", "b"], logs="12345"))
    assert deliveries.is_new(delivery(status, output=None, logs=None))


@pytest.mark.parametrize(
    "back",
    [
        delivery("starting", output=["a"], logs="12"),
        delivery("processing", output=[], logs="12"),
        delivery("processing", output=None, logs="123"),
        delivery("processing", output=["a"], logs="1"),
        delivery("processing", output=["a", "b"], logs="1"),
        delivery("processing", output=["a"], logs=None),
    ],
)
def test_what_takes_something_back_is_not(deliveries, back):
    deliveries.is_new(delivery("processing", output=["a"], logs="12"))
    assert not deliveries.is_new(back)
    assert deliveries.is_new(delivery("processing", output=["a", "b"], logs="12"))


def test_the_same_amount_of_something_else_is_new(deliveries):
    assert deliveries.is_new(delivery("processing", output="ab"))
    assert deliveries.is_new(delivery("processing", output="cd"))
    assert deliveries.is_new(delivery("processing", output={"a": 1}, id="b"))
    assert deliveries.is_new(delivery("processing", output={"a": 2}, id="b"))


def test_a_status_that_nobody_knows_is_no_end(deliveries):
    assert deliveries.is_new(delivery("starting"))
    assert deliveries.is_new(delivery("queued"))
    assert deliveries.is_new(delivery("processing"))
    assert deliveries.is_new(delivery("succeeded"))


def test_predictions_do_not_disturb_each_other(deliveries):
    assert deliveries.is_new(delivery("succeeded", id="a"))
    assert deliveries.is_new(delivery("starting", id="b"))
    assert deliveries.is_new(Training.from_dict({"id": "c", "status": "succeeded", "output": {"weights": "x"}}))


def test_records_with_hardly_anything_in_them_work(deliveries):
    assert deliveries.is_new(Prediction.from_dict({"id": "a", "status": "processing"}))
    assert not deliveries.is_new(Prediction.from_dict({"id": "a", "status": "processing"}))
    assert deliveries.is_new(Prediction.from_dict({"id": "a", "status": "processing", "logs": 3, "output": [None]}))


def test_in_whatever_order_they_come_the_end_is_told_once_and_nothing_goes_back():
    chance = random.Random(5)
    for _ in range(300):
        deliveries = DeliveryTracker()
        order = RUN * 3
        chance.shuffle(order)
        taken = [step for step in order if deliveries.is_new(step)]
        places = [RUN.index(step) for step in taken]
        assert places == sorted(set(places))
        assert places[-1] == len(RUN) - 1


def failing(deliveries, delivery, meanwhile=lambda: None):
    """Handle a delivery with an error; whether it was news."""
    told = []
    with contextlib.suppress(ConnectionError), deliveries.process(delivery) as is_new:
        told.append(is_new)
        meanwhile()
        raise ConnectionError
    return told[0]


class TestHandling:
    def test_news_is_told_once(self, deliveries):
        for expected in (True, False):
            with deliveries.process(RUN[-1]) as is_new:
                assert is_new is expected

    def test_what_could_not_be_handled_is_taken_when_it_comes_again(self, deliveries):
        for status in ("processing", "succeeded"):
            assert failing(deliveries, delivery(status))
            assert deliveries.is_new(delivery(status))

    def test_what_came_meanwhile_is_not_taken_back(self, deliveries):
        failing(deliveries, delivery("processing"), lambda: deliveries.is_new(delivery("succeeded")))
        assert not deliveries.is_new(delivery("processing"))

    def test_an_error_about_what_is_no_news_changes_nothing(self, deliveries):
        deliveries.is_new(RUN[-1])
        assert not failing(deliveries, RUN[-1])
        assert not deliveries.is_new(RUN[-1])


def test_memory_has_a_limit_and_forgets_the_oldest():
    deliveries = DeliveryTracker(capacity=2)
    deliveries.is_new(delivery("starting", id="a"))
    deliveries.is_new(delivery("starting", id="b"))
    deliveries.is_new(delivery("processing", id="a"))
    deliveries.is_new(delivery("starting", id="c"))
    assert not deliveries.is_new(delivery("processing", id="a"))
    assert not deliveries.is_new(delivery("starting", id="c"))
    assert deliveries.is_new(delivery("starting", id="b"))


def test_threads_that_meet_take_each_delivery_once():
    deliveries = DeliveryTracker()
    start = threading.Barrier(8)
    taken = []

    def receive():
        start.wait()
        taken.extend(n for n in range(200) if deliveries.is_new(delivery("succeeded", id=str(n))))

    threads = [threading.Thread(target=receive) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(200))


def test_a_shared_store_is_shared():
    store = Redis()
    assert DeliveryTracker(store).is_new(RUN[-1])
    assert not DeliveryTracker(store).is_new(RUN[-1])
    assert all(len(value) < 100 for value in store.values.values())


@pytest.mark.parametrize("mark", [None, "", "nonsense", "[]", "{}", "3", '["a", 1, 2, 3]', "[1, 2, 3]", "null"])
def test_a_mark_that_is_not_ours_counts_as_none(mark):
    store = Redis()
    store.set("replicate:delivery:a", mark)
    assert DeliveryTracker(store).is_new(RUN[0])


@pytest.mark.parametrize("depth", [1, 500, 991, 20_000])
def test_output_of_any_depth_is_new_once(deliveries, depth):
    output = "a"
    for _ in range(depth):
        output = {"part": [output]}
    assert deliveries.is_new(delivery(output=output))
    assert not deliveries.is_new(delivery(output=output))
    while isinstance(output, dict):  # step by step: freeing a deep value at once takes a deep stack
        (output,) = output.pop("part")


def test_the_order_of_keys_is_no_change_and_their_nesting_is(deliveries):
    assert deliveries.is_new(delivery(output={"a": 1, "b": [2]}))
    assert not deliveries.is_new(delivery(output={"b": [2], "a": 1}))
    assert deliveries.is_new(delivery(output={"a": [1], "b": 2}))
