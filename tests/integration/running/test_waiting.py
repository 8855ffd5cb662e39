"""Wait for a prediction's end: how it is followed, its deadlines, its progress, and what it may come to."""

from __future__ import annotations

import inspect
import io
import pickle
import socket
import time

import pytest
from support.held_api import VERSION
from support.models import TOO_MANY_REQUESTS, add_models, requests_to, statuses_of

from replicatekit import errors
from replicatekit_api.models import Prediction

EACH_ENGINE = True


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


def looks(sandbox):
    return [path for method, path in requests_to(sandbox) if method == "GET" and path.startswith("/predictions/")]


# Its end


@pytest.mark.parametrize("options", [{}, {"wait": 1}, {"wait": False}, {"wait": False, "poll_interval": 0.02}])
@pytest.mark.parametrize("model", ["acme/slow", "acme/words"])
def test_it_is_waited_for_until_its_status_is_terminal(client, models, model, options):
    given = {"seconds": 0.3} if model == "acme/slow" else {"text": "a b", "pause": 0.15}
    prediction = client.predictions.run(model, given, **options)
    assert (prediction.status, prediction.output) == ("succeeded", "done" if model == "acme/slow" else ["a ", "b "])
    assert prediction.completed_at is not None
    assert models.creates == 1


def test_processing_after_a_held_request_is_not_the_end(client, models):
    models.fail_next(method="GET", path="/predictions/*", times=2, status=503)
    prediction = client.predictions.run("acme/official", {"text": "a"})
    assert prediction.status == "succeeded"


def test_a_hold_that_is_over_is_followed_by_looking(client, models):
    # The sandbox's second is a twentieth of one.
    prediction = client.predictions.run("acme/slow", {"seconds": 0.3}, wait=1)
    assert prediction.status == "succeeded"
    assert len(looks(models)) >= 2


def test_what_streams_is_followed_by_its_stream_and_one_look(client, models):
    prediction = client.predictions.run("acme/words", {"text": "a b c", "pause": 0.2}, wait=False)
    assert prediction.output == ["a ", "b ", "c "]
    assert len(looks(models)) == 1
    assert sum(path.startswith("/streams/") for _, path in requests_to(models)) == 1


@pytest.mark.parametrize(
    "fault",
    [{"status": 404}, {"status": 503}, {"cut": "response", "at": 0}, {"events": 1}, {"events": 1, "ending": "clean"}],
    ids=["404", "503", "no answer", "cut", "closed"],
)
def test_a_stream_that_cannot_be_had_is_made_up_for_by_looking(client, models, fault):
    models.fail_next(method="GET", path="/streams/*", times=None, **fault)
    prediction = client.predictions.run("acme/words", {"text": "a b c", "pause": 0.1}, wait=False)
    assert prediction.output == ["a ", "b ", "c "]
    assert models.creates == 1


def test_a_stream_that_is_given_up_as_silent_is_taken_up_again(client, models):
    models.settings.silence = 2.0  # a tenth of a second here
    try:
        prediction = client.predictions.run("acme/words", {"text": "a b", "pause": 0.35}, wait=False)
    finally:
        models.settings.silence = 30.0
    assert prediction.output == ["a ", "b "]


def test_the_end_of_a_stream_is_not_the_end_of_the_prediction(client, models):
    prediction = client.predictions.create("acme/words", {"text": "a"}, wait=False)
    late = {"id": prediction.id, "status": "processing", "output": ["a "], "urls": prediction.to_dict()["urls"]}
    models.fail_next(method="GET", path="/predictions/*", times=3, status=200, body=late)
    ended = prediction.wait(timeout=20)
    assert (ended.status, ended.completed_at is not None) == ("succeeded", True)
    # It is looked at a few times in a row, not asked for its stream again and again.
    assert len(looks(models)) == 4
    assert sum(path.startswith("/streams/") for _, path in requests_to(models)) == 1


def test_a_status_that_nobody_knows_is_waited_on_until_the_deadline(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    body = {"id": prediction.id, "status": "pondering"}
    models.fail_next(method="GET", path="/predictions/*", times=None, status=200, body=body)
    with pytest.raises(errors.WaitTimeout, match="pondering") as caught:
        prediction.wait(timeout=0.5)
    assert caught.value.prediction.status == "pondering"
    assert caught.value.prediction_id == prediction.id


@pytest.mark.parametrize("body", [{}, {"id": None, "status": "succeeded"}, {"id": "another", "status": "succeeded"}])
def test_an_answer_about_something_else_is_no_answer(client, models, body):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.1})
    models.fail_next(method="GET", path="/predictions/*", status=200, body=body)
    with pytest.raises(errors.DecodingError) as caught:
        prediction.wait(timeout=5)
    assert caught.value.prediction_id == prediction.id


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


@pytest.mark.parametrize(("boot", "error"), [(1000.0, errors.PredictionAborted), (0.0, errors.PredictionCanceled)])
def test_the_apis_own_deadline_aborts_or_cancels(client, models, boot, error):
    models.settings.boot = boot
    try:
        with pytest.raises(error) as caught:
            client.run("acme/slow", {"seconds": 30}, cancel_after=5, wait=False)
    finally:
        models.settings.boot = 0.0
    assert caught.value.prediction.status == ("aborted" if boot else "canceled")


def test_what_has_ended_is_not_asked_for_again(client, models):
    prediction = client.predictions.run("acme/official", {"text": "a"})
    before = len(models.requests)
    assert prediction.wait().status == "succeeded"
    assert [each.status for each in prediction.snapshots()] == ["succeeded"]
    assert len(models.requests) == before


def test_a_training_is_waited_for_as_well(client, models):
    training = client.trainings.create(
        model="sandbox/hello", version=models.version("sandbox/hello"), destination="acme/slow", input={}
    )
    assert training.wait(timeout=20).status == "succeeded"
    assert training.reload().status == "succeeded"
    assert training.cancel().status == "succeeded"


# Deadlines


def test_the_deadline_carries_the_prediction_which_goes_on(client, models):
    with pytest.raises(errors.WaitTimeout, match="still running") as caught:
        client.run("acme/slow", {"seconds": 30}, wait=False, timeout=0.5)
    assert caught.value.prediction.id == caught.value.prediction_id
    assert statuses_of(models) == ["processing"]


def test_the_deadline_cancels_it_where_that_is_wanted(client, models):
    with pytest.raises(errors.WaitTimeout) as caught:
        client.run("acme/slow", {"seconds": 30}, wait=False, timeout=0.5, cancel_on_timeout=True)
    assert client.predictions.get(caught.value.prediction_id).status == "canceled"


def test_a_held_request_does_not_reach_beyond_the_deadline(client, models):
    with pytest.raises(errors.WaitTimeout):
        client.run("acme/slow", {"seconds": 30}, timeout=1.2)
    assert models.requests[0].headers["prefer"] == "wait=1"


def test_a_deadline_below_a_second_leaves_no_time_to_hold(client, models):
    assert client.run("acme/official", {"text": "a"}, timeout=0.9) == "A"
    assert "prefer" not in models.requests[0].headers


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "response", "at": 0}, {**TOO_MANY_REQUESTS, "headers": {}}])
def test_looks_that_keep_failing_end_with_the_deadline_and_not_with_their_error(client, models, fault):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    models.fail_next(method="GET", path="/predictions/*", times=None, **fault)
    with pytest.raises(errors.WaitTimeout) as caught:
        prediction.wait(timeout=0.8)
    assert isinstance(caught.value.__cause__, errors.APIError) or caught.value.__cause__ is None
    assert caught.value.prediction_id == prediction.id


def test_a_deadline_cancels_although_looks_keep_failing(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    models.fail_next(method="GET", path="/predictions/*", times=None, status=503)
    with pytest.raises(errors.WaitTimeout):
        prediction.wait(timeout=0.5, cancel_on_timeout=True)
    models.clear_faults()
    assert statuses_of(models) == ["canceled"]


def test_a_deadline_that_passes_before_the_create_sends_nothing(client, models):
    with pytest.raises(errors.APITimeoutError, match="nothing was sent"):
        client.run("acme/official", {"text": "a"}, timeout=1e-9)
    assert not models.requests


def test_the_error_of_a_deadline_says_whether_a_prediction_may_exist(way):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = way.client(token="made-up", base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        for call, kind, said in (
            (lambda: client.run(VERSION, {}, timeout=1e-9), errors.APITimeoutError, "no prediction was created"),
            (
                lambda: client.run(VERSION, {"image": io.BytesIO(b"x" * 500_000)}, timeout=0.3),
                errors.APITimeoutError,
                "no prediction was created",
            ),
            (lambda: client.run(VERSION, {}, timeout=0.3), errors.OutcomeUnknownError, "it may exist, or not"),
            (lambda: client.stream(VERSION, {}, timeout=0.3).text(), errors.OutcomeUnknownError, "it may exist"),
        ):
            with pytest.raises(kind, match=said) as caught:
                call()
            assert caught.value.prediction_id is None
    with pytest.raises(errors.APIConnectionError, match="no prediction was created"):
        client.run(VERSION, {}, timeout=0.3)


def test_a_create_that_is_throttled_is_not_waited_for_beyond_the_deadline(client, models):
    models.fail_next(method="POST", times=None, status=429, headers={"retry-after": "30"}, body={})
    began = time.monotonic()
    with pytest.raises(errors.RateLimitError) as caught:
        client.run("acme/official", {"text": "a"}, timeout=3)
    assert caught.value.retry_after == 30
    assert time.monotonic() - began < 20
    assert len(models.requests) == 1


def test_a_request_whose_turn_comes_after_the_deadline_is_not_sent(client, models):
    models.fail_next(method="POST", status=429, headers={"retry-after": "30"}, body={})
    with pytest.raises(errors.RateLimitError):
        client.run("acme/official", {"text": "a"}, timeout=3)
    # All of the client's creates wait now.
    with pytest.raises(errors.APITimeoutError, match="it was not sent") as caught:
        client.run("acme/official", {"text": "a"}, timeout=0.2)
    assert (caught.value.method, caught.value.path) == ("POST", "/v1/models/acme/official/predictions")
    assert len(models.requests) == 1


def test_a_create_that_is_answered_late_is_not_lost(client, models):
    models.fail_next(method="POST", delay=0.6)
    with pytest.raises(errors.WaitTimeout) as caught:
        client.run(models.version("acme/slow"), {"seconds": 30}, timeout=0.3, cancel_on_timeout=True)
    assert caught.value.prediction_id
    assert statuses_of(models) == ["canceled"]


def test_a_deadline_that_never_comes_is_none(client, models):
    assert client.run("acme/official", {"text": "a"}, timeout=float("inf")) == "A"
    assert client.run("acme/official", {"text": "a"}, timeout=10**12) == "A"


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


def test_the_end_is_told_once_where_the_create_tells_it(client, models):
    models.settings.held_status = "succeeded"
    seen = []
    try:
        client.run("acme/official", {"text": "a"}, on_progress=lambda prediction: seen.append(prediction.status))
    finally:
        models.settings.held_status = "processing"
    assert seen == ["succeeded"]


def test_progress_comes_from_the_bars_in_the_logs(client, models):
    prediction = client.predictions.create("acme/bars", {"steps": 4})
    seen = [each.progress and each.progress.current for each in prediction.snapshots(poll_interval=0.02, timeout=20)]
    assert seen[-1] == 4
    assert len({each for each in seen if each is not None}) >= 3
    assert (prediction.progress.percentage, prediction.progress.total) == (1.0, 4)


def test_a_callback_may_be_a_coroutine_function_where_it_can_be_awaited(way, client, models):
    seen = []

    async def on_progress(prediction):
        import anyio.lowlevel

        await anyio.lowlevel.checkpoint()
        seen.append(prediction.status)

    if way.name == "sync":
        with pytest.raises(errors.InvalidArgument, match="AsyncClient"):
            client.run("acme/official", {"text": "a"}, on_progress=on_progress)
        assert not models.requests
    else:
        client.run("acme/official", {"text": "a"}, wait=False, on_progress=on_progress)
        assert seen[-1] == "succeeded"


def test_what_the_callers_own_callback_raises_is_raised_with_a_note_of_the_prediction(client, models):
    def fail(prediction):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        client.run("acme/official", {"text": "a"}, wait=False, on_progress=fail)
    assert "still running" in caught.value.__notes__[0]


def test_a_prediction_can_be_used_inside_its_own_callback(way, models):
    if way.name != "sync":
        pytest.skip("a callback that blocks is for sync code")
    client = way.client(models)
    with pytest.raises(errors.PredictionCanceled):
        client.run("acme/slow", {}, wait=False, on_progress=lambda prediction: prediction.cancel())


def test_snapshots_end_with_the_terminal_one(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 0.2})
    seen = [each.status for each in prediction.snapshots(poll_interval=0.03, status_only=True)]
    assert seen[-1] == "succeeded"
    assert len(seen) == len(set(seen))
    assert prediction.status == "succeeded"


def test_snapshots_keep_to_their_deadline(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    with pytest.raises(errors.WaitTimeout):
        list(prediction.snapshots(poll_interval=0.05, timeout=0.2))
    assert statuses_of(models) == ["processing"]


# Without a client


def test_predictions_and_their_errors_survive_pickling(client, models):
    with pytest.raises(errors.ModelError) as caught:
        client.run("acme/slow", {"seconds": 0, "fails": True})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.prediction_id) == (str(caught.value), caught.value.prediction_id)
    assert again.prediction == caught.value.prediction
    assert again.prediction.logs == caught.value.prediction.logs


def test_a_prediction_without_a_client_can_be_read_and_needs_the_default_client_for_requests(client, way, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    alone = pickle.loads(pickle.dumps(getattr(prediction, "thing", prediction)))
    assert (alone.id, alone.status, alone.is_terminal) == (prediction.id, prediction.status, False)
    for method in (alone.wait, alone.reload, alone.cancel):
        with pytest.raises(errors.MissingTokenError):
            way.call(method)
    assert isinstance(alone, Prediction)
    assert inspect.signature(type(alone).wait).parameters["timeout"].default is None
