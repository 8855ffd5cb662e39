"""Streams as a user of the client sees them: over real HTTP, in each way to call."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from support.events import Gate, PollingModel, collect_until, next_item, unopened_stream
from support.stream_server import StreamServer

import replicatekit
from replicatekit import CancelToken, Client, errors
from replicatekit.sandbox import ConcatenateIterator
from replicatekit.streaming import DoneEvent, ErrorEvent, LogsEvent, OutputEvent, StreamEvent

EACH_ENGINE = True


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.release(1000)


@pytest.fixture
def models(sandbox, gate):
    @sandbox.model("acme/words", official=True)
    def words(text: str = "one two three", fails: bool = False) -> ConcatenateIterator[str]:
        print("begins")
        for word in text.split():
            yield word + " "
        if fails:
            raise ValueError("it went wrong at the end")

    @sandbox.model("acme/gated", official=True)
    def gated(pieces: int = 3) -> ConcatenateIterator[str]:
        for number in range(pieces):
            gate.wait()
            yield f"{number} "

    @sandbox.model("acme/whole")
    def whole(pieces: int = 2, fails: bool = False) -> list[str]:
        print("begins")
        if fails:
            raise ValueError("it went wrong")
        return [f"{number}" for number in range(pieces)]

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models, verify=False)  # no certificates to be loaded for each test


def status_of(client, stream):
    return client.predictions.get(stream.prediction.id).status


# What it gives


def test_events_are_typed_and_come_in_order_with_their_ids(client):
    events = list(client.stream("acme/words"))
    assert [type(event) for event in events] == [LogsEvent, OutputEvent, OutputEvent, OutputEvent, DoneEvent]
    assert [event.type for event in events] == ["logs", "output", "output", "output", "done"]
    assert [event.data for event in events] == ["begins", "one ", "two ", "three ", "{}"]
    assert [event.id.partition(":")[2] for event in events[:-1]] == ["0", "1", "2", "3"]
    assert events[-1].id is None
    assert all(isinstance(event, StreamEvent) for event in events)


def test_the_text_of_an_event_is_that_of_an_output(client):
    assert "".join(map(str, client.stream("acme/words"))) == "one two three "
    assert [str(event) for event in (LogsEvent("a"), ErrorEvent("a"), DoneEvent("a"))] == ["", "", ""]


def test_the_text_comes_whole_and_in_pieces(client):
    assert client.stream("acme/words").text() == "one two three "
    assert list(client.stream("acme/words").text_chunks()) == ["one ", "two ", "three "]


def test_the_whole_text_holds_what_was_given_before(client):
    with client.stream("acme/words") as stream:
        assert [str(next_item(stream)) for _ in range(2)] == ["", "one "]
        assert stream.text() == "one two three "
        assert stream.text() == "one two three "


def test_the_text_has_its_own_line_ends_when_it_is_whole(client):
    text = "a\r\nb\rc\n"
    story = {"prompt": text, "sentences": 1}
    assert client.stream("sandbox/story", story).text().startswith(f"This is about {text}")
    assert "".join(client.stream("sandbox/story", story).text_chunks()).startswith("This is about a\nb\nc\n")


def test_the_prediction_can_be_had_and_is_what_it_became(client):
    with client.stream("acme/words") as stream:
        assert stream.prediction.status in ("starting", "processing")
        assert stream.prediction.id in repr(stream)
        for _ in stream:
            pass
        assert (stream.prediction.status, stream.prediction.output) == ("succeeded", ["one ", "two ", "three "])


def test_what_the_model_says_comes_as_it_says_it(client, gate):
    with client.stream("acme/gated") as stream:
        for number in range(3):
            gate.release()
            assert next_item(stream).data == f"{number} "
        assert [event.type for event in stream] == ["done"]


def test_the_events_are_those_of_a_prediction_that_exists(client):
    prediction = client.predictions.create("acme/words")
    first = list(prediction.stream())
    assert "".join(map(str, first)) == "one two three "
    assert prediction.status == "succeeded"
    assert list(client.predictions.get(prediction.id).stream()) == first


def test_a_deployment_streams_too(client, models, way):
    @models.model("acme/deployed")
    def deployed() -> ConcatenateIterator[str]:
        yield from ("one ", "two ")

    import httpx

    body = {"name": "mine", "model": "acme/deployed", "version": models.version("acme/deployed")}
    body |= {"hardware": "cpu", "min_instances": 0, "max_instances": 1}
    headers = {"authorization": f"Bearer {models.token}"}
    deployment = httpx.post(f"{models.base_url}/deployments", json=body, headers=headers).json()
    assert client.stream(deployment=f"{deployment['owner']}/mine").text() == "one two "


def test_errors_say_why_and_done_says_how():
    assert ErrorEvent('{"detail": "no memory"}').detail == "no memory"
    assert ErrorEvent("no memory").detail == "no memory"
    assert ErrorEvent("[1]").detail == "[1]"
    assert ErrorEvent('{"detail": {"a": 1}}').detail == '{"a": 1}'
    assert DoneEvent("{}").reason is None
    assert DoneEvent("").reason is None
    assert DoneEvent('{"reason": "canceled"}').reason == "canceled"


def test_items_that_are_no_text_are_json():
    assert OutputEvent('{"a":1}').json() == {"a": 1}
    with pytest.raises(errors.DecodingError, match="not JSON"):
        OutputEvent("text").json()


# When it is created, and what that costs


def test_nothing_is_created_before_the_first_event_is_asked_for(client, models):
    stream = unopened_stream(client, "acme/words")
    assert models.creates == 0
    with pytest.raises(errors.InvalidArgument, match="no prediction exists yet"):
        _ = stream.prediction
    with stream:
        assert models.creates == 1
        assert stream.prediction.id
    assert models.creates == 1


def test_a_stream_that_was_closed_creates_nothing(client, models):
    stream = unopened_stream(client, "acme/words")
    stream.close()
    assert list(stream) == []
    assert models.creates == 0


def test_a_stream_that_was_read_creates_nothing_again(client, models):
    stream = unopened_stream(client, "acme/words")
    assert len(list(stream)) == 5
    assert list(stream) == []
    assert models.creates == 1


def test_a_create_that_failed_is_not_tried_again(client, models):
    models.fail_next(path="/models/acme/words/predictions", cut="response", at=0)
    stream = unopened_stream(client, "acme/words")
    for _ in range(2):
        with pytest.raises(errors.OutcomeUnknownError):
            next_item(stream)
    with pytest.raises(errors.OutcomeUnknownError):
        stream.text()
    assert models.creates == 1


@pytest.mark.parametrize(
    "option", [{"wait": 0}, {"timeout": 0}, {"poll_interval": 0}, {"cancel_after": 1}, {"requires_stream": True}]
)
def test_an_option_that_cannot_be_is_refused_at_once(client, models, option):
    with pytest.raises(errors.InvalidArgument):
        client.stream("acme/words", **option)
    assert not models.requests


@pytest.mark.parametrize("option", [{"timeout": -1}, {"poll_interval": 0}, {"wait": True}])
def test_an_option_that_cannot_be_is_refused_for_a_prediction_too(client, option):
    prediction = client.predictions.create("acme/words")
    with pytest.raises(errors.InvalidArgument):
        prediction.stream(**option)


def test_a_reference_that_cannot_be_read_is_refused_at_once(client, models):
    with pytest.raises(errors.InvalidReference):
        client.stream("words")
    assert not models.requests


def test_a_create_may_be_held(client):
    assert client.stream("acme/words", wait=1).text() == "one two three "


def test_the_functions_of_the_module_stream_too(models, way, monkeypatch):
    for name, value in models.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("replicatekit._default_client._clients", {})
    if way.name == "sync":
        assert replicatekit.stream("acme/words").text() == "one two three "
        assert list(replicatekit.iterate("acme/words")) == ["one ", "two ", "three "]
        replicatekit.default_client().close()
        return
    assert way.call(replicatekit.async_stream, "acme/words").text() == "one two three "
    assert list(way.call(replicatekit.async_iterate, "acme/words")) == ["one ", "two ", "three "]
    way.wrap(replicatekit.default_async_client()).close()


# How it ends


def test_a_failure_is_an_event_and_then_an_error(client):
    stream = client.stream("acme/words", {"fails": True})
    events, error = collect_until(errors.ModelError, stream)
    assert "it went wrong at the end" in str(error)
    assert [event.type for event in events][-2:] == ["error", "done"]
    assert (events[-2].detail, events[-1].reason) == ("it went wrong at the end", "error")
    assert error.prediction.id == stream.prediction.id
    assert stream.prediction.status == "failed"
    assert list(stream) == []


def test_a_failure_is_no_error_where_that_is_wanted(client):
    with client.stream("acme/words", {"fails": True}, raise_on_error=False) as stream:
        assert [event.type for event in stream][-2:] == ["error", "done"]
        assert stream.prediction.status == "failed"


@pytest.mark.parametrize("ask", [lambda stream: stream.text(), lambda stream: list(stream.text_chunks())])
def test_a_text_that_fails_is_an_error(client, ask):
    with pytest.raises(errors.ModelError):
        ask(client.stream("acme/words", {"fails": True}))


def test_a_cancelled_prediction_ends_its_stream(client, gate):
    with client.stream("acme/gated") as stream:
        gate.release()
        assert str(next_item(stream)) == "0 "
        client.predictions.cancel(stream.prediction.id)
        event = next_item(stream)
        assert (event.type, event.reason) == ("done", "canceled")
        with pytest.raises(errors.PredictionCanceled):
            next_item(stream)


def test_an_aborted_prediction_is_told_from_a_cancelled_one(client, models):
    models.settings.boot = 1000
    try:
        with pytest.raises(errors.PredictionAborted):
            client.stream("acme/words", cancel_after=5).text()
    finally:
        models.settings.boot = 0


def test_leaving_early_lets_the_prediction_go_on(client, gate):
    with client.stream("acme/gated") as stream:
        gate.release()
        next_item(stream)
    assert status_of(client, stream) == "processing"
    assert list(stream) == []
    stream.close()
    gate.release(2)
    assert stream.prediction.wait(timeout=5).output == ["0 ", "1 ", "2 "]


@pytest.mark.parametrize("error", [None, RuntimeError])
def test_leaving_early_cancels_where_that_is_wanted(client, gate, error):
    try:
        with client.stream("acme/gated", cancel_on_close=True) as stream:
            gate.release()
            next_item(stream)
            if error:
                raise error
    except RuntimeError:
        pass
    assert stream.prediction.status == "canceled"
    assert status_of(client, stream) == "canceled"


def test_an_end_that_was_seen_is_not_cancelled(client, models):
    with client.stream("acme/words", cancel_on_close=True) as stream:
        for event in stream:
            if event.type == "done":
                break
    assert not [each for each in models.requests if each.path.endswith("/cancel")]


def test_a_deadline_ends_a_stream_that_is_silent(client):
    with pytest.raises(errors.WaitTimeout) as caught, client.stream("acme/gated", timeout=0.8) as stream:
        list(stream)
    assert caught.value.prediction.id == stream.prediction.id
    assert status_of(client, stream) == "processing"


def test_a_deadline_ends_a_stream_that_goes_on_and_on(client, models):
    @models.model("acme/endless", official=True)
    def endless() -> ConcatenateIterator[str]:
        while True:
            time.sleep(0.01)
            yield "a"

    with pytest.raises(errors.WaitTimeout):
        client.stream("acme/endless", timeout=0.8, cancel_on_timeout=True).text()
    assert client.predictions.list().results[0].status == "canceled"


@pytest.mark.parametrize("model", ["acme/gated", "acme/polled"])
def test_a_token_ends_a_stream_that_is_silent_and_the_prediction(client, models, gate, model):
    models.add_model("acme/polled", PollingModel(gate, ["a"]), official=True)
    token = CancelToken()
    with client.stream(model, cancel=token) as stream:
        threading.Timer(0.05, token.cancel).start()
        with pytest.raises(errors.PredictionCanceled, match="token"):
            next_item(stream)
        assert status_of(client, stream) == "canceled"
        assert list(stream) == []


def test_a_token_that_is_set_between_two_events_ends_the_stream(client, gate):
    token = CancelToken()
    gate.release()
    with client.stream("acme/gated", cancel=token) as stream:
        next_item(stream)
        token.cancel()
        with pytest.raises(errors.PredictionCanceled):
            list(stream)


@pytest.mark.parametrize("cancels", [True, False])
def test_ctrl_c_cancels_the_prediction(models, gate, cancels):
    def interrupt(*_):
        raise KeyboardInterrupt

    with Client(models.token, base_url=models.base_url) as client:
        stream = client.stream("acme/gated", cancel_on_interrupt=cancels)
        gate.release()
        next(stream)
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            with pytest.raises(KeyboardInterrupt):
                next(stream)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert status_of(client, stream) == ("canceled" if cancels else "processing")


def test_ctrl_c_in_the_midst_of_the_block_cancels_the_prediction(models, gate):
    with Client(models.token, base_url=models.base_url) as client:
        with pytest.raises(KeyboardInterrupt), client.stream("acme/gated") as stream:
            raise KeyboardInterrupt
        assert status_of(client, stream) == "canceled"


def test_the_end_of_a_task_cancels_the_prediction(client, way, gate):
    import anyio

    if way.portal is None:
        pytest.skip("there is no task")

    async def read(stream):
        with anyio.move_on_after(0.05):
            async for _ in stream:
                pass

    stream = client.stream("acme/gated")
    way.call(read, stream.thing)
    assert status_of(client, stream) == "canceled"


def test_what_is_told_of_progress_is_the_prediction(client):
    seen = []
    client.stream("acme/words", on_progress=lambda prediction: seen.append(prediction.status)).text()
    assert seen[0] in ("starting", "processing")
    assert seen[-1] == "succeeded"


# Without an event stream


def test_items_come_one_by_one_as_they_are_seen(client, models, gate):
    items = ["a", "b\r\nc", 1, None, {"x": [1]}, "a", "a"]
    models.add_model("acme/polled", PollingModel(gate, items), official=True)
    with client.stream("acme/polled", poll_interval=0.01) as stream:
        for place, data in enumerate(["a", "b\r\nc", "1", "null", '{"x":[1]}', "a", "a"]):
            gate.release()
            assert next_item(stream) == OutputEvent(data.replace("\r", "")), place
        assert [event.type for event in stream] == ["done"]
        assert stream.prediction.status == "succeeded"


def test_the_new_part_of_the_logs_comes_with_what_was_logged(client, models, gate):
    models.add_model("acme/polled", PollingModel(gate, ["a", "b", "c"], ["one\n", "two\n", "thr"]), official=True)
    with client.stream("acme/polled", poll_interval=0.01) as stream:
        for item, logged in zip("abc", ["one\n", "two\n", "thr"], strict=True):
            gate.release()
            assert [str(next_item(stream)) or logged for _ in range(2)] == [logged, item]
        assert [event.type for event in stream] == ["done"]


def test_many_items_at_once_are_many_events(client):
    events = list(client.stream("acme/whole", {"pieces": 3}, poll_interval=0.01))
    assert [(event.type, str(event)) for event in events if event.type != "logs"] == [
        *[("output", "0"), ("output", "1"), ("output", "2")],
        ("done", ""),
    ]


def test_an_output_that_is_no_list_is_one_event_at_the_end(client):
    assert list(client.stream("sandbox/hello", {"text": "you"}, poll_interval=0.01)) == [
        OutputEvent("hello you"),
        DoneEvent("{}"),
    ]


def test_a_failure_without_a_stream_is_the_same(client):
    events, _ = collect_until(errors.ModelError, client.stream("acme/whole", {"fails": True}, poll_interval=0.01))
    assert [event.type for event in events] == ["logs", "error", "done"]
    assert events[-2].detail == "it went wrong"


def test_who_insists_on_a_stream_is_told_that_there_is_none(client, models):
    stream = unopened_stream(client, "sandbox/hello", require_stream=True)
    with pytest.raises(errors.StreamError, match="no event stream") as caught:
        next_item(stream)
    assert list(stream) == []
    prediction = client.predictions.get(caught.value.prediction_id)
    assert prediction.wait(timeout=5).output == "hello world"
    with pytest.raises(errors.StreamError):
        prediction.stream(require_stream=True)
    assert models.creates == 1
    assert client.stream("acme/words", require_stream=True).text() == "one two three "


# Where the token goes


def test_the_token_stays_with_the_api(client, models):
    client.with_options(headers={"X-Mine": "secret"}).stream("acme/words").text()
    streams = [each for each in models.requests if each.host == "delivery"]
    assert streams
    for each in streams:
        assert "authorization" not in each.headers
        assert "x-mine" not in each.headers
        assert models.token not in str(each.headers)
        assert each.headers["accept"] == "text/event-stream"
    assert all("authorization" in each.headers for each in models.requests if each.host == "api")


def test_a_stream_at_the_apis_own_origin_gets_the_token(way):
    done = b"event: done\ndata: {}\n\n"
    with StreamServer(lambda *_: [done], lambda _: {"status": "succeeded", "output": None}) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert list(client.stream("acme/llm")) == [DoneEvent("{}")]
        assert server.connections[0]["authorization"] == f"Bearer {server.token}"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.replicate.com@127.0.0.1:{port}/v1/stray",
        "http://user:password@127.0.0.1:{port}/v1/stray",
        "http://127.0.0.1:{port}\\@example.com/v1/stray",
        "http://0x7f.1:{port}/v1/stray",
        "file:///etc/hostname",
        "gopher://127.0.0.1:{port}/v1/stray",
        "//127.0.0.1:{port}/v1/stray",
        "/v1/stray",
        "http://127.0.0.1:{port}/v1/stray\r\nX-Mine: 1",
        "http://127.0.0.1:99999/v1/stray",
        "javascript:alert(1)",
        "http://",
        "x" * 100_000,
    ],
)
def test_a_stream_where_no_request_may_go_is_not_asked_and_the_output_comes_all_the_same(way, url):
    with StreamServer(lambda *_: [], lambda _: {"status": "succeeded", "output": ["a", "b"]}) as server:
        server.stream_url = url.replace("{port}", server.origin.rpartition(":")[2])
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert client.stream("acme/llm").text() == "ab"
        assert server.stray == []
        server.prediction = lambda _: {"status": "processing"}
        with pytest.raises(errors.StreamError, match="still running"):
            list(client.stream("acme/llm", require_stream=True))
        assert server.connections == []


def test_a_stream_that_redirects_is_not_followed(way):
    with StreamServer(lambda *_: (307, "text/html", b""), lambda _: {"status": "succeeded", "output": ["a"]}) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert client.stream("acme/llm").text() == "a"
        assert len(server.connections) == 1
