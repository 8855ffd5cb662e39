"""Trouble that passes: throttling, a server that is away for a while, one that fails for a while."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from functools import partial

import anyio
import pytest
from support.models import add_models, requests_to

from replicatekit import AsyncClient, Client, errors


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


def in_threads(models, count):
    outputs = []
    with Client(token=models.token, base_url=models.base_url) as client:

        def run(place):
            outputs.append(client.run("acme/official", {"text": f"a{place}"}))

        threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    return outputs


def in_tasks(backend, models, count):
    outputs = []

    async def main():
        async with (
            AsyncClient(token=models.token, base_url=models.base_url) as client,
            anyio.create_task_group() as tasks,
        ):

            async def run(place):
                outputs.append(await client.run("acme/official", {"text": f"a{place}"}))

            for place in range(count):
                tasks.start_soon(run, place)

    anyio.run(main, backend=backend)
    return outputs


@pytest.mark.parametrize("many", [in_threads, partial(in_tasks, "asyncio"), partial(in_tasks, "trio")])
@pytest.mark.parametrize(("limit", "count"), [(10, 13), (600, 60)], ids=["throttled", "not throttled"])
def test_in_a_storm_all_succeed_and_none_runs_twice(models, many, limit, count):
    models.settings.creates_per_minute = limit
    try:
        outputs = many(models, count)
    finally:
        models.settings.creates_per_minute = None
    assert sorted(outputs) == sorted(f"A{place}" for place in range(count))
    assert models.creates == count
    # Those that were on their way when the first was refused; after that, the client keeps to the limit.
    assert sum(each.status == 429 for each in models.requests) <= max(0, count - limit)


def test_throttling_without_a_word_of_when_is_waited_out_as_well(client, models):
    models.fail_next(method="POST", status=429, body="<html>slow down</html>")
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert models.creates == 1


def a_moment_from_now():
    return formatdate(time.time() + 1, usegmt=True)


@pytest.mark.parametrize(
    "said",
    [
        {"headers": {"retry-after": "0.2"}, "body": {}},
        {"headers": {"retry-after": a_moment_from_now}, "body": ""},
        {"body": {"detail": "Request was throttled.", "retry_after": 0.2}},
        {"body": {"detail": "Request was throttled. Your rate limit resets in ~1s."}},
        {"headers": {"ratelimit-remaining": "0", "ratelimit-reset": "1"}, "body": ""},
    ],
    ids=["seconds", "a date", "in the body", "in words", "as a reset"],
)
def test_a_create_is_sent_again_when_the_server_says_so(client, models, said):
    headers = {name: value() if callable(value) else value for name, value in said.get("headers", {}).items()}
    models.fail_next(method="POST", status=429, **{**said, "headers": headers})
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert models.creates == 1
    assert [each.status for each in models.requests if each.method == "POST"] == [429, 201]


def test_throttling_that_does_not_end_is_an_error_that_says_when(way, models):
    client = way.client(models, max_retries=0)
    models.fail_next(method="POST", times=None, status=429, body={"detail": "Your rate limit resets in ~30s."})
    with pytest.raises(errors.RateLimitError, match="resets in ~30s") as caught:
        client.run("acme/official", {"text": "a"})
    assert caught.value.retry_after == 30
    assert len(models.requests) == 1


def test_a_server_that_is_away_for_a_moment_is_waited_for(client, models):
    client.hardware.list()
    outputs = []
    with models.refuse_connections():
        thread = threading.Thread(target=lambda: outputs.append(client.run("acme/official", {"text": "a"})))
        thread.start()
        time.sleep(0.2)
    thread.join(20)
    assert outputs == ["A"]
    assert models.creates == 1


def test_a_server_that_stays_away_is_an_error_that_says_so(way, models):
    client = way.client(models, max_retries=1)
    with models.refuse_connections(), pytest.raises(errors.APIConnectionError, match="ConnectError") as caught:
        client.run("acme/official", {"text": "a"})
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    assert (caught.value.method, caught.value.path) == ("POST", "/v1/models/acme/official/predictions")


def test_a_server_that_goes_away_while_a_run_is_followed_is_waited_for(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.2})
    outcome = []
    with models.refuse_connections():
        thread = threading.Thread(target=lambda: outcome.append(prediction.wait(timeout=30).status))
        thread.start()
        time.sleep(0.2)
    thread.join(20)
    assert outcome == ["succeeded"]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 520, 525])
def test_reads_are_repeated(client, models, status):
    times = 1 if status == 429 else 2
    models.fail_next(method="GET", times=times, status=status, headers={"retry-after": "0.01"}, body="")
    assert client.account.get().username
    assert len(models.requests) == times + 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_reads_that_are_refused_are_not_repeated(client, models, status):
    models.fail_next(method="GET", times=None, status=status)
    with pytest.raises(errors.APIStatusError):
        client.account.get()
    assert len(models.requests) == 1


@pytest.mark.parametrize(
    "fault", [{"cut": "request", "at": 0}, {"cut": "response", "at": 0}, {"cut": "response", "at": 150}]
)
def test_reads_that_are_cut_are_repeated(client, models, fault):
    models.fail_next(method="GET", times=2, **fault)
    assert client.account.get().username


def test_how_often_is_the_clients_setting(way, models):
    models.fail_next(method="GET", times=None, status=503)
    client = way.client(models, max_retries=1)
    with pytest.raises(errors.ServerError):
        client.account.get()
    assert len(models.requests) == 2
    with pytest.raises(errors.ServerError):
        client.with_options(max_retries=0).account.get()
    assert len(models.requests) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"retry-after": "0.05"}, "body": {"detail": "Not so fast"}},
        {"status": 520, "body": "<html>no</html>"},
        {"cut": "response", "at": 0},
        {"cut": "response", "at": 300},
    ],
    ids=["503", "429", "520", "no answer", "half an answer"],
)
def test_a_look_that_fails_is_repeated(client, models, fault):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.3})
    models.fail_next(method="GET", path="/predictions/*", **fault)
    assert prediction.wait(timeout=20).status == "succeeded"


def test_the_id_is_in_every_error_after_it_exists(client, models):
    models.fail_next(method="GET", path="/predictions/*", times=None, status=404)
    with pytest.raises(errors.NotFoundError) as caught:
        client.run("acme/slow", {"seconds": 0.2}, wait=False)
    assert caught.value.prediction_id
    assert caught.value.prediction_id in str(caught.value)


def test_deleting_what_a_lost_answer_has_deleted_is_a_success(client, models):
    file = client.files.create(b"hello", filename="a.txt")
    models.fail_next(method="DELETE", cut="response", at=0)
    client.files.delete(file.id)
    assert [each for each in requests_to(models) if each[0] == "DELETE"] == [("DELETE", f"/files/{file.id}")] * 2
