"""Run a model to its end, as a user of the client sees it: over real HTTP, in each way to call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from replicatekit import CancelToken, errors
from replicatekit.sandbox import ConcatenateIterator


@pytest.fixture
def models(sandbox):
    """Models that take their time, fail, or are run by their name alone."""

    @sandbox.model("acme/slow")
    def slow(seconds: float = 30.0, fails: bool = False) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.01)
        if fails:
            raise ValueError("it went wrong at the end")
        return "done"

    @sandbox.model("acme/official", official=True)
    def official(text: str) -> str:
        return text.upper()

    @sandbox.model("acme/words", official=True)
    def words(text: str, pause: float = 0.0) -> ConcatenateIterator[str]:
        for word in text.split():
            time.sleep(pause)
            yield word + " "

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models)


def asked(sandbox):
    return [(each.method, each.path.removeprefix("/v1")) for each in sandbox.requests]


def status_of(sandbox, client):
    return client.predictions.get(client.predictions.list().results[0].id).status


# What is run


def test_an_official_model_runs_by_its_name_with_one_create(client, models):
    assert client.run("acme/official", {"text": "llama"}) == "LLAMA"
    assert asked(models)[0] == ("POST", "/models/acme/official/predictions")
    assert models.creates == 1


def test_any_other_model_runs_by_its_latest_version_which_is_remembered(client, models):
    assert client.run("sandbox/hello", {"text": "a"}) == "hello a"
    assert asked(models)[:3] == [
        ("POST", "/models/sandbox/hello/predictions"),
        ("GET", "/models/sandbox/hello"),
        ("POST", "/predictions"),
    ]
    before = len(models.requests)
    assert client.run("sandbox/hello", {"text": "b"}) == "hello b"
    assert asked(models)[before] == ("POST", "/predictions")
    assert models.creates == 2


def test_a_version_is_run_as_it_is(client, models):
    version = models.version("sandbox/hello")
    assert client.run(f"sandbox/hello:{version}", {"text": "a"}) == "hello a"
    assert client.run(version, {"text": "b"}) == "hello b"
    assert [path for method, path in asked(models) if method == "POST"] == ["/predictions", "/predictions"]


def test_a_reference_that_cannot_be_read_says_what_was_expected_and_sends_nothing(client, models):
    with pytest.raises(errors.InvalidReference, match="Expected 'owner/name'"):
        client.run("llama", {})
    with pytest.raises(errors.InvalidArgument, match="not both"):
        client.run("acme/official", {}, deployment="acme/mine")
    with pytest.raises(errors.InvalidArgument, match="say what to run"):
        client.run()
    assert not models.requests


def test_a_model_that_is_not_there_is_said_to_be_not_found(client, models):
    with pytest.raises(errors.NotFoundError, match="acme/nothing"):
        client.run("acme/nothing", {})
    assert models.creates == 0


@pytest.mark.parametrize(
    "option",
    [
        *({"wait": 0}, {"wait": 61}, {"wait": "5"}, {"timeout": 0}, {"timeout": -1}, {"poll_interval": 0}),
        *({"cancel_after": 4}, {"cancel_after": "soon"}, {"cancel_after": float("nan")}, {"wiat": True}),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_sent(client, models, option):
    with pytest.raises(errors.InvalidArgument):
        client.run("acme/official", {"text": "a"}, **option)
    assert not models.requests


# How it is waited for


@pytest.mark.parametrize("options", [{}, {"wait": 1}, {"wait": False}, {"wait": False, "poll_interval": 0.02}])
def test_it_is_waited_for_until_its_status_is_terminal(client, models, options):
    prediction = client.predict("acme/slow", {"seconds": 0.3}, **options)
    assert (prediction.status, prediction.output) == ("succeeded", "done")
    assert models.creates == 1


def test_processing_after_a_held_request_is_not_the_end(client, models):
    models.settings.held_status = "processing"
    prediction = client.predict("acme/official", {"text": "a"})
    assert prediction.status == "succeeded"
    assert prediction.completed_at is not None


def test_a_status_that_nobody_knows_is_waited_on_until_the_deadline(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    models.fail_next(
        method="GET",
        path="/predictions/*",
        times=None,
        status=200,
        body={"id": prediction.id, "status": "pondering"},
    )
    with pytest.raises(errors.WaitTimeout) as caught:
        prediction.wait(timeout=0.5)
    assert caught.value.prediction.status == "pondering"


def test_a_failed_model_raises_with_the_prediction_and_its_logs(client, models):
    with pytest.raises(errors.ModelError, match="it went wrong at the end") as caught:
        client.run("acme/slow", {"seconds": 0, "fails": True})
    prediction = caught.value.prediction
    assert prediction.status == "failed"
    assert "ValueError" in prediction.logs
    assert caught.value.prediction_id == prediction.id
    assert prediction.id in str(caught.value)


def test_a_canceled_prediction_raises_an_error_of_its_own(client, models):
    prediction = client.predictions.create("acme/slow")
    client.predictions.cancel(prediction.id)
    ended = prediction.wait()
    assert ended.status == "canceled"
    with pytest.raises(errors.PredictionCanceled) as caught:
        ended.raise_for_status()
    assert caught.value.prediction_id == prediction.id


def test_an_aborted_prediction_raises_an_error_of_its_own(client, models):
    models.settings.boot = 1000.0
    try:
        with pytest.raises(errors.PredictionAborted) as caught:
            client.run("acme/slow", {"seconds": 0}, cancel_after=5, wait=False)
    finally:
        models.settings.boot = 0.0
    assert caught.value.prediction.status == "aborted"


# Deadlines


def test_the_deadline_carries_the_prediction_which_goes_on(client, models):
    with pytest.raises(errors.WaitTimeout, match="it goes on") as caught:
        client.run("acme/slow", {"seconds": 30}, timeout=2)
    assert caught.value.prediction.id
    assert client.predictions.get(caught.value.prediction_id).status == "processing"


def test_the_deadline_cancels_it_where_that_is_wanted(client, models):
    with pytest.raises(errors.WaitTimeout) as caught:
        client.run("acme/slow", {"seconds": 30}, timeout=2, cancel_on_timeout=True)
    assert client.predictions.get(caught.value.prediction_id).status == "canceled"


def test_a_held_request_does_not_reach_beyond_the_deadline(client, models):
    models.settings.speed = 1
    try:
        began = time.monotonic()
        with pytest.raises(errors.WaitTimeout):
            client.run("acme/slow", {"seconds": 30}, timeout=1.5)
        assert time.monotonic() - began < 10
    finally:
        models.settings.speed = 20


# Progress


def test_progress_is_told_when_it_is_created_changed_and_finished(client, models):
    seen = []
    client.run(
        "acme/words",
        {"text": "one two three", "pause": 0.1},
        wait=False,
        poll_interval=0.03,
        on_progress=lambda prediction: seen.append((prediction.status, len(prediction.output or []))),
    )
    assert seen[0][0] in ("starting", "processing")
    assert seen[-1] == ("succeeded", 3)
    assert len(seen) >= 3
    assert sum(status == "succeeded" for status, _ in seen) == 1


def test_what_the_callers_own_callback_raises_is_raised(client, models):
    def fail(prediction):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        client.run("acme/official", {"text": "a"}, wait=False, on_progress=fail)


def test_snapshots_end_with_the_terminal_one(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.2})
    seen = [each.status for each in prediction.snapshots(interval=0.03, status_only=True)]
    assert seen[-1] == "succeeded"
    assert len(seen) == len(set(seen))
    assert prediction.status == "succeeded"


# Trouble on the way


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"retry-after": "0"}, "body": {"detail": "Not so fast"}},
        {"status": 520, "body": "<html>no</html>"},
        {"cut": "response", "at": 0},
        {"cut": "response", "at": 300},
    ],
    ids=["503", "429", "520", "no answer", "half an answer"],
)
def test_a_look_that_fails_is_repeated(client, models, fault):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.3})
    models.fail_next(method="GET", path="/predictions/*", times=2, **fault)
    assert prediction.wait(timeout=20).status == "succeeded"


def test_the_id_is_in_every_error_after_it_exists(client, models):
    models.fail_next(method="GET", path="/predictions/*", times=None, status=404)
    with pytest.raises(errors.NotFoundError) as caught:
        client.run("acme/slow", {"seconds": 0.2}, wait=False)
    assert caught.value.prediction_id
    assert caught.value.prediction_id in str(caught.value)


def test_a_create_whose_answer_was_lost_is_not_sent_again(client, models):
    models.fail_next(method="POST", path="/models/*", times=None, cut="response", at=0)
    with pytest.raises(errors.UnknownFateError, match="look through the list") as caught:
        client.run("acme/official", {"text": "a"})
    assert models.creates == 1
    assert caught.value.sent_at is not None


def test_a_create_whose_answer_broke_after_the_id_is_taken_up_by_it(client, models):
    models.fail_next(method="POST", path="/models/*", truncate=60)
    assert client.run("acme/official", {"text": "a"}, wait=False) == "A"
    assert models.creates == 1


def test_a_create_that_was_refused_is_sent_again(client, models):
    models.fail_next(method="POST", path="/models/*", times=2, status=429, headers={"retry-after": "0"}, body={})
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert models.creates == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 520])
def test_a_create_that_failed_at_the_server_is_not_sent_again(client, models, status):
    models.fail_next(method="POST", path="/models/*", times=None, status=status, handled=True)
    with pytest.raises(errors.APIStatusError) as caught:
        client.run("acme/official", {"text": "a"})
    assert caught.value.status == status
    assert models.creates == 1


# Interruptions


def test_a_token_set_by_a_thread_cancels_it_here_and_at_the_api(client, models):
    token = CancelToken()
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(errors.PredictionCanceled) as caught:
        client.run("acme/slow", {"seconds": 30}, wait=False, cancel=token)
    assert client.predictions.get(caught.value.prediction_id).status == "canceled"


def test_a_token_that_is_set_already_lets_nothing_run(client, models):
    token = CancelToken()
    token.cancel()
    with pytest.raises(errors.ReplicateError):
        client.run("acme/slow", {"seconds": 30}, cancel=token)
    assert all(each["status"] == "canceled" for each in statuses(client))


def statuses(client):
    return [{"status": client.predictions.get(each.id).status} for each in client.predictions.list().results]


PROGRAM = """
    import sys, threading, os, signal
    from replicatekit import Client
    client = Client()
    print("ready", flush=True)
    try:
        client.run("acme/slow", {"seconds": 30}, **%s)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("options", [{"wait": False}, {"wait": True}], ids=["followed", "held"])
def test_ctrl_c_cancels_it_at_the_api_before_it_goes_on(models, options):
    models.settings.speed = 1
    try:
        program = textwrap.dedent(PROGRAM % options)
        process = subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **models.environment}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait_until(lambda: models.creates == 1)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert output == "interrupted\n"
        assert [each.status for each in predictions_of(models)] == ["canceled"]
    finally:
        models.settings.speed = 20


@pytest.mark.parametrize("options", [{"wait": False}, {"wait": True}], ids=["followed", "held"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_the_task_cancels_it_at_the_api(models, backend, options):
    import anyio

    from replicatekit import AsyncClient

    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            with anyio.move_on_after(0.5):
                await client.run("acme/slow", {"seconds": 30}, **options)

    models.settings.speed = 1
    try:
        anyio.run(main, backend=backend)
        assert [each.status for each in predictions_of(models)] == ["canceled"]
    finally:
        models.settings.speed = 20


def predictions_of(sandbox):
    from replicatekit_api import AuthenticatedClient
    from replicatekit_api.api.predictions import list as list_predictions

    with AuthenticatedClient(sandbox.base_url, token=sandbox.token) as api:
        return list_predictions.sync(client=api).results


def wait_until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
