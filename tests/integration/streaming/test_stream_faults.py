"""Streams that are cut, silenced, slowed, repeated or gone: each event once and in order, over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.events import Gate, collect_until, next_item
from support.models import wait_until
from support.stream_server import StreamServer
from support.ways import WAYS

from replicatekit import Client, errors
from replicatekit._streaming import reconnecting as listen

PIECES = ["One ", "", " two\nlines", "ü€😀", "", "12", "\n"]
ENDINGS = ["reset", "close", "clean"]
PARTS = 2  # a fault test of many cuts is this many tests, for as many processes


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Connections are taken up again at once; when, is another test's subject."""
    monkeypatch.setattr(listen, "_PAUSES", (0.0,) * 5)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.release(1000)


@pytest.fixture
def models(sandbox, gate):
    @sandbox.model("acme/words", official=True)
    def words() -> Iterator[str]:
        print("begins")
        for place, piece in enumerate(PIECES):
            yield piece
            if place == 3:
                print("half of it\n")

    @sandbox.model("acme/gated", official=True)
    def gated() -> Iterator[str]:
        for piece in PIECES:
            gate.wait()
            yield piece

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models, verify=False)  # no certificates to be loaded for each test


def told(events):
    return [(event.type, event.data, event.id) for event in events]


def finished(client, model="acme/words"):
    """A prediction that has ended, its events, and their bytes."""
    prediction = client.predictions.run(model, wait=1)
    raw = httpx.get(prediction.urls.stream, verify=False).content
    return prediction, told(prediction.stream()), [each + b"\n\n" for each in raw.split(b"\n\n")[:-1]]


# Cut


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_that_is_cut_at_any_byte_of_any_event_gives_each_event_once(way, client, models, ending, part):
    prediction, events, raw = finished(client)
    assert [data for kind, data, _ in events if kind == "output"] == PIECES
    cuts = [(event, into) for event, data in enumerate(raw) for into in range(len(data))]
    assert len(cuts) == sum(map(len, raw))
    # The sync client is cut at each byte once, the others at some: all follow the same flow.
    first = (ENDINGS.index(ending) + WAYS.index(way.name)) % len(ENDINGS)
    step = len(ENDINGS) * (1 if way.name == "sync" else 5)
    for event, into in cuts[first::step][part::PARTS]:
        rule = models.fail_next(path="/streams/*", events=event, into=into, ending=ending)
        assert told(prediction.stream()) == events, (event, into)
        assert rule.hits == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_that_is_cut_after_every_event_gives_each_event_once(client, models, ending):
    prediction, events, raw = finished(client)
    rule = models.fail_next(path="/streams/*", events=1, into=5, ending=ending, times=None)
    assert told(prediction.stream()) == events
    assert rule.hits >= len(raw) - 1


@pytest.mark.parametrize("place", range(len(PIECES) + 1))
def test_a_stream_that_is_cut_while_the_model_speaks_gives_each_event_once(client, models, gate, place):
    models.fail_next(path="/streams/*", events=place, into=place * 3, ending=ENDINGS[place % 3])
    said = []
    with client.stream("acme/gated") as stream:
        gate.release()
        for event in stream:
            said.append((event.type, event.data))
            gate.release()
    assert said == [*(("output", piece) for piece in PIECES), ("done", "{}")]
    assert models.creates == 1


@pytest.mark.parametrize("part", range(PARTS))
def test_an_answer_that_is_cut_at_any_byte_of_its_head_is_asked_for_again(models, part):
    with Client(models.token, base_url=models.base_url, verify=False) as client:
        prediction, events, _ = finished(client)
        for at in range(part, 260, PARTS):
            rule = models.fail_next(path="/streams/*", cut="response", at=at, ending=ENDINGS[at % 2])
            assert told(prediction.stream()) == events, at
            assert rule.hits == 1


def test_a_connection_that_is_refused_for_a_while_is_taken_up_again(client, models, gate, monkeypatch):
    monkeypatch.setattr(listen, "_PAUSES", (0.02, 0.05, 0.1, 0.2, 0.4))
    with client.stream("acme/gated") as stream:
        gate.release()
        events = iter(stream)
        said = [next(events)]
        with models.refuse_connections():
            gate.release(len(PIECES))
            back = threading.Timer(0.1, lambda: None)
            back.start()
            back.join()
        said += events
    assert [event.data for event in said] == [*PIECES, "{}"]


def test_a_large_event_that_is_cut_in_its_midst_comes_whole(client, models):
    url = "data:text/plain;base64," + "QUJD" * 100_000

    @models.model("acme/large", official=True)
    def large() -> Iterator[str]:
        yield "a"
        yield url
        yield "b"

    for into in (1, 100_000, 399_999):
        models.fail_next(path="/streams/*", events=1, into=into)
        assert list(client.stream("acme/large").text_chunks()) == ["a", url, "b"]


def test_bytes_that_come_one_by_one_make_the_same_events(client, models):
    prediction, events, _ = finished(client)
    models.fail_next(path="/streams/*", byte_interval=0.0001)
    assert told(prediction.stream()) == events


# Gone


def outputs_and_logs(events):
    """What was said, where the order of the two kinds is not known any more."""
    outputs = [data for kind, data, *_ in events if kind == "output"]
    logs = [data for kind, data, *_ in events if kind == "logs"]
    return outputs, "\n".join(logs).split(), [event[:2] for event in events if event[0] not in ("output", "logs")]


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 410, "body": ""}, {"status": 500}, {"status": 429}])
def test_a_stream_that_is_gone_after_any_event_is_completed_from_the_output(client, models, fault):
    prediction, events, raw = finished(client)
    for place in range(len(raw)):
        cut = models.fail_next(path="/streams/*", events=place, ending=ENDINGS[place % 3])
        gone = models.fail_next(path="/streams/*", times=None, **fault)
        assert outputs_and_logs(told(prediction.stream())) == outputs_and_logs(events), place
        assert cut.hits == 1
        assert gone.hits >= 1
        models.clear_faults()


FOR_GOOD: list[dict[str, Any]] = [
    *({"status": status} for status in (400, 401, 403, 404, 410, 408, 429, 500, 502, 503, 520, 522)),
    {"status": 200, "body": "<html>a proxy</html>"},
    {"status": 204, "body": ""},
    {"status": 503, "body": b"\xff" * 200_000},
    {"redirect": "http://127.0.0.1:9"},
    {"cut": "response", "at": 0},
    {"events": 0},
]


@pytest.mark.parametrize("fault", FOR_GOOD)
def test_a_stream_that_never_says_anything_is_polled_while_the_model_runs(client, models, gate, fault):
    rule = models.fail_next(path="/streams/*", times=None, **fault)
    said = []
    with client.stream("acme/gated", poll_interval=0.01) as stream:
        for place in range(len(PIECES)):
            gate.release()
            said.append(next_item(stream))
            assert said[-1].data == PIECES[place]
        assert [event.type for event in stream] == ["done"]
    assert 1 <= rule.hits <= 5
    assert models.creates == 1


@pytest.mark.parametrize("place", range(len(PIECES)))
def test_a_stream_that_is_lost_while_the_model_speaks_goes_on_by_polling(client, models, gate, place):
    models.fail_next(path="/streams/*", events=place)
    models.fail_next(path="/streams/*", times=None, status=404)
    said = []
    with client.stream("acme/gated", poll_interval=0.01) as stream:
        gate.release()
        for event in stream:
            said.append(event.data)
            gate.release()
    assert said == [*PIECES, "{}"]


def test_looks_that_fail_are_repeated(client, models):
    models.fail_next(path="/streams/*", times=None, status=404)
    models.fail_next(method="GET", path="/predictions/*", status=503)
    models.fail_next(method="GET", path="/predictions/*", cut="response", at=50)
    models.fail_next(method="GET", path="/predictions/*", status=502, body="<html>a proxy</html>")
    assert list(client.stream("acme/words", poll_interval=0.01).text_chunks()) == PIECES


def test_who_insists_on_a_stream_is_told_that_it_is_lost(client, models, gate):
    models.fail_next(path="/streams/*", events=1)
    models.fail_next(path="/streams/*", times=None, status=404)
    gate.release(2)
    with client.stream("acme/gated", require_stream=True) as stream:
        said, error = collect_until(errors.StreamError, stream)
        assert [event.data for event in said] == PIECES[:1]
        assert "cannot be resumed" in str(error)
        assert error.prediction_id == stream.prediction.id
        assert isinstance(error.__cause__, errors.NotFoundError)


def test_who_insists_on_a_stream_gets_the_rest_of_what_has_ended(client, models):
    prediction, events, _ = finished(client)
    models.fail_next(path="/streams/*", events=3)
    models.fail_next(path="/streams/*", times=None, status=404)
    assert outputs_and_logs(told(prediction.stream(require_stream=True))) == outputs_and_logs(events)


def test_what_became_of_it_may_stay_unseen_when_all_was_said(client, models, monkeypatch):
    from replicatekit._predictions import event_stream as stream

    monkeypatch.setattr(stream, "_SETTLE_SECONDS", 0.05)
    models.fail_next(method="GET", path="/predictions/*", times=None, status=500)
    assert list(client.stream("acme/words").text_chunks()) == PIECES


# Silent


def test_a_silent_connection_leads_to_a_look_and_not_to_an_end(client, models, gate):
    models.settings.silence = 0.5  # 25 ms, at the sandbox's speed

    def connections():
        return len([each for each in models.requests if each.host == "delivery"])

    def let_go():
        wait_until(lambda: connections() >= 2)
        gate.release(len(PIECES))

    waiting = threading.Thread(target=let_go)
    try:
        with client.stream("acme/gated") as stream:
            waiting.start()
            assert list(stream.text_chunks()) == PIECES
            waiting.join()
    finally:
        models.settings.silence = 30.0
    assert connections() >= 2


def test_a_stream_whose_data_are_removed_is_an_error_that_says_so(client, models):
    models.settings.silence = 0.2
    models.settings.data_lifetime = 0.0
    try:
        prediction = client.predictions.run("acme/words")
        with pytest.raises(errors.StreamError, match="removed"):
            list(prediction.stream())
    finally:
        models.settings.silence = 30.0
        models.settings.data_lifetime = 3600.0


GIVEN_UP = b":408: 408 Request Timeout\n\n"


def test_a_stream_that_stays_silent_after_the_end_is_completed_from_the_output(way):
    records = [{"status": "processing"}, {"status": "succeeded", "output": ["a", "b"]}]
    with StreamServer(lambda *_: [b"event: output\nid: 0\ndata: a\n\n", GIVEN_UP]) as server:
        server.prediction = lambda look: records[min(look, 1)]
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert [event.data for event in client.stream("acme/llm")] == ["a", "b", "{}"]


def test_a_stream_that_hides_what_the_model_says_is_left_for_polling(way):
    grown = ["a", "b", "c", "d"]

    def prediction(look):
        return {"status": "succeeded" if look > 40 else "processing", "output": grown[: 1 + look // 10]}

    with StreamServer(lambda *_: [GIVEN_UP], prediction) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert [event.data for event in client.stream("acme/llm", poll_interval=0.002)] == [*grown, "{}"]
        assert len(server.connections) <= 10


def test_events_that_come_with_the_comment_are_not_lost(way):
    block = b"event: output\nid: 0\ndata: a\n\n" + GIVEN_UP + b"event: output\nid: 1\ndata: b\n\n"

    def stream(number, last):
        return [block] if last is None else [b"event: done\ndata: {}\n\n"]

    with StreamServer(stream) as server:
        server.prediction = lambda look: {"status": "processing" if not look else "succeeded", "output": ["a", "b"]}
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert [event.data for event in client.stream("acme/llm")] == ["a", "b", "{}"]
        assert server.connections[-1]["last-event-id"] == "1"


# Servers that take a stream up again in their own way

EVENTS = [("logs", "x", None), ("output", "a", "7:0"), ("output", "a", "7:1"), ("logs", "x", None), ("logs", "x", None)]
EVENTS += [("output", "two\nlines", "7:2"), ("error", '{"detail": "no"}', None), ("done", '{"reason":"error"}', None)]


def encoded(events, line_end="\n", ids=True):
    blocks = []
    for name, data, key in events:
        lines = [f"event: {name}", *([f"id: {key}"] if key and ids else [])]
        lines += [f"data: {line}" for line in data.split("\n")]
        blocks.append("".join(line + line_end for line in [*lines, ""]).encode())
    return blocks


def goes_on(blocks, last):
    place = [number for number, (_, _, key) in enumerate(EVENTS) if key == last]
    return blocks[place[0] + 1 :] if last and place else blocks


def begins_again(blocks, last):
    return blocks


FAILED = {"status": "failed", "error": "no", "output": ["a", "a", "two\nlines"], "logs": "x\nx\nx\n"}


@pytest.mark.parametrize(
    ("server_way", "ids", "line_end"),
    [
        *[(goes_on, True, "\n"), (begins_again, True, "\n"), (begins_again, False, "\n")],
        *[(goes_on, True, "\r"), (begins_again, True, "\r\n")],
    ],
)
def test_whatever_a_server_does_with_the_last_id_each_event_comes_once(server_way, ids, line_end):
    blocks = encoded(EVENTS, line_end, ids)
    wanted = [(name, data) for name, data, _ in EVENTS]
    whole = b"".join(blocks)
    cut = 0

    def stream(number, last):
        body = b"".join(server_way(blocks, last))
        return [body[:cut]] if number % 2 == 0 else [body]

    with (
        StreamServer(stream, lambda _: FAILED) as server,
        Client("t", base_url=server.base_url, verify=False) as client,
    ):
        prediction = client.predictions.get("p1")
        for cut in range(len(whole)):
            server.connections.clear()
            told = [(event.type, event.data) for event in prediction.stream(raise_on_error=False)]
            assert told == wanted, cut
            assert len(server.connections) <= 2


@pytest.mark.parametrize("server_way", [goes_on, begins_again])
def test_a_stream_that_is_begun_again_at_every_event_ends_all_the_same(way, server_way):
    blocks = encoded(EVENTS)

    def stream(number, last):
        return server_way(blocks, last)[: number + 1]

    with StreamServer(stream, lambda _: FAILED) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        told = [(event.type, event.data) for event in client.stream("acme/llm", raise_on_error=False)]
    assert told == [(name, data) for name, data, _ in EVENTS]


def served(way, *connections, **options):
    """What comes of a stream whose connections give these bytes, and what they were asked with."""
    with StreamServer(lambda number, _: [connections[min(number, len(connections) - 1)]]) as server:
        server.prediction = lambda _: {"status": "succeeded", "output": None}
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        events = [(event.type, event.data) for event in client.stream("acme/llm", **options)]
        return events, [each.get("last-event-id") for each in server.connections]


DONE = b"event: done\ndata: {}\n\n"


def test_events_of_unknown_kinds_are_passed_over(way):
    stream = b"data: a message\n\nevent: ping\ndata: 1\n\n: a comment\n\nevent: output\ndata: a\n\n" + DONE
    assert served(way, stream)[0] == [("output", "a"), ("done", "{}")]


def test_nothing_is_given_after_done(way):
    assert served(way, DONE + b"event: output\ndata: a\n\n")[0] == [("done", "{}")]


@pytest.mark.parametrize(
    ("key", "asked"),
    [("1", "1"), ("a b", "a b"), ("\x01", None), ("a\tb", "a\tb"), ("x" * 10_000, None), ("ü", "\xc3\xbc")],
)
def test_an_id_is_sent_back_if_a_header_can_hold_it(way, key, asked):
    first = f"event: output\nid: {key}\ndata: a\n\n".encode()
    events, ids = served(way, first, first + DONE)
    assert events == [("output", "a"), ("done", "{}")]
    assert ids == [None, asked]


def test_an_empty_id_takes_the_last_one_back(way):
    first = b"event: output\nid: 1\ndata: a\n\nid:\n\n"
    assert served(way, first, first + DONE) == ([("output", "a"), ("done", "{}")], [None, None])


def test_an_id_without_an_event_counts(way):
    first = b"event: output\nid: 1\ndata: a\n\nid: 5\n\n"
    assert served(way, first, DONE) == ([("output", "a"), ("done", "{}")], [None, "5"])


@pytest.mark.parametrize(
    ("retry", "slept"), [("50", 0.05), ("0", 0.02), ("soon", 0.02), ("99999999999999", listen._LONGEST_RETRY)]
)
def test_a_server_may_ask_to_be_left_alone_for_a_while(monkeypatch, retry, slept):
    from replicatekit._runtime import SyncDriver

    pauses = []

    async def sleep(io, seconds, token=None):
        pauses.append(seconds)

    monkeypatch.setattr(SyncDriver, "sleep", sleep)
    monkeypatch.setattr(listen, "_PAUSES", (0.02, 0.1, 0.4, 1.0, 2.0))
    first = f"retry: {retry}\nevent: output\nid: 0\ndata: a\n\n".encode()
    bodies = [first, DONE]
    serve = StreamServer(lambda number, _: [bodies[number]], lambda _: {"status": "succeeded"})
    with serve as server, Client("t", base_url=server.base_url, verify=False) as client:
        client.stream("acme/llm").text()
    assert pauses == [slept]


def test_a_stream_that_contradicts_the_output_is_not_completed_by_guessing(way):
    with StreamServer(lambda *_: [b"event: output\nid: 0\ndata: other\n\n"]) as server:
        server.prediction = lambda _: {"status": "succeeded", "output": ["a", "b"]}
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        with pytest.raises(errors.StreamError, match="differ from the prediction") as caught:
            list(client.stream("acme/llm"))
        assert caught.value.prediction_id == "p1"


def test_pieces_that_are_no_items_are_completed_by_their_text(way):
    with StreamServer(
        lambda number, _: [b"event: output\nid: 0\ndata: Hello w\n\n"] if not number else (404, "", b"")
    ) as server:
        server.prediction = lambda _: {"status": "succeeded", "output": ["Hello", " ", "world", "!"]}
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert list(client.stream("acme/llm").text_chunks()) == ["Hello w", "orld", "!"]


def test_done_counts_although_the_status_lags_behind(way):
    def prediction(look):
        return {"status": "succeeded" if look >= 3 else "processing", "output": ["a"]}

    with StreamServer(lambda *_: [b"event: output\nid: 0\ndata: a\n\n" + DONE], prediction) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        with client.stream("acme/llm") as stream:
            assert stream.text() == "a"
            assert stream.prediction.status == "succeeded"


@pytest.mark.parametrize(("reason", "error"), [("error", errors.ModelError), ("canceled", errors.PredictionCanceled)])
def test_done_says_how_it_ended_where_the_status_does_not(way, monkeypatch, reason, error):
    from replicatekit._predictions import event_stream as stream

    monkeypatch.setattr(stream, "_SETTLE_SECONDS", 0.05)
    body = b'event: error\ndata: {"detail": "no memory"}\n\n' if reason == "error" else b""
    body += b'event: done\ndata: {"reason": "%s"}\n\n' % reason.encode()
    with StreamServer(lambda *_: [body], lambda _: {"status": "processing"}) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        with pytest.raises(error, match="no memory" if reason == "error" else "canceled"):
            client.stream("acme/llm").text()


def test_a_deadline_ends_what_drips_on_without_an_event(way):
    def stream(number, last):
        for _ in range(500):
            time.sleep(0.01)
            yield b": still here\n"

    with StreamServer(stream) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        with pytest.raises(errors.WaitTimeout):
            client.stream("acme/llm", timeout=0.8).text()
        assert len(server.connections) == 1
