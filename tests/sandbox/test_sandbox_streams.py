"""Streams of server-sent events: ids, taking up again, silence, the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from sandbox_help import connect, until

from replicatekit.sandbox import ConcatenateIterator


def events(text):
    """The events of a stream: name, id, data; a comment is an event named by its colon."""
    found = []
    for block in text.split("\n\n"):
        if not block:
            continue
        lines = [line.partition(":")[::2] for line in block.split("\n")]
        fields = {name: value.removeprefix(" ") for name, value in lines}
        data = "\n".join(value.removeprefix(" ") for name, value in lines if name == "data")
        found.append((fields.get("event", ":"), fields.get("id"), data))
    return found


def story(http, **input):
    body = {"input": {"sentences": 1, **input}}
    return http.post("/models/sandbox/story/predictions", json=body, headers={"prefer": "wait"}).json()


def test_only_models_that_give_their_output_in_pieces_have_a_stream(sandbox, http):
    assert "stream" in story(http)["urls"]
    body = {"version": sandbox.version("sandbox/hello"), "input": {}}
    assert "stream" not in http.post("/predictions", json=body).json()["urls"]


def test_a_stream_is_of_another_origin_and_needs_no_token(sandbox, http, anyone):
    prediction = story(http)
    assert prediction["urls"]["stream"].startswith(sandbox.delivery_url)
    assert not sandbox.delivery_url.startswith(sandbox.base_url.removesuffix("/v1"))
    answer = anyone.get(prediction["urls"]["stream"], headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert sandbox.requests[-1].host == "delivery"


def test_the_output_comes_in_order_with_ids_and_ends_with_done_without_one(http, anyone):
    prediction = story(http)
    found = events(anyone.get(prediction["urls"]["stream"]).text)
    assert "".join(data for name, _, data in found if name == "output") == "".join(prediction["output"])
    assert found[-1] == ("done", None, "{}")
    ids = [identity for name, identity, _ in found if name != "done"]
    assert [one.partition(":")[2] for one in ids] == [str(number) for number in range(len(ids))]


def test_a_reader_who_names_the_last_event_gets_what_came_after_it(http, anyone):
    url = story(http)["urls"]["stream"]
    whole = events(anyone.get(url).text)
    for index in (0, 3, len(whole) - 2):
        rest = events(anyone.get(url, headers={"last-event-id": whole[index][1]}).text)
        assert rest == whole[index + 1 :]
    assert events(anyone.get(url, headers={"last-event-id": "0:0"}).text) == whole


def test_lines_and_leading_spaces_survive(sandbox, http, anyone):
    @sandbox.model("acme/lines", official=True)
    def lines() -> ConcatenateIterator[str]:
        yield "  two\nlines"
        yield "\n\n"

    url = http.post("/models/acme/lines/predictions", json={"input": {}}).json()["urls"]["stream"]
    assert anyone.get(url).text.startswith("event: output\nid: ")
    assert [data for _, _, data in events(anyone.get(url).text)][:2] == ["  two\nlines", "\n\n"]


class Slow:
    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self) -> Iterator[str]:
        yield "first"
        while not self.go_on.wait(0.002):
            pass
        yield "second"


@pytest.fixture
def slow(sandbox):
    slow = Slow()

    @sandbox.model("acme/slow", official=True)
    def model() -> Iterator[str]:
        yield from slow()

    yield slow
    slow.go_on.set()


def start(http):
    return http.post("/models/acme/slow/predictions", json={"input": {}}).json()


def test_pieces_come_as_they_are_made_to_every_reader(http, slow, anyone):
    url = start(http)["urls"]["stream"]
    with anyone.stream("GET", url) as one, anyone.stream("GET", url) as other:
        readers = [one.iter_text(), other.iter_text()]
        assert all("first" in next(reader) for reader in readers)
        slow.go_on.set()
        assert all("second" in next(reader) for reader in readers)
        assert all("done" in next(reader) for reader in readers)


def test_a_silent_stream_is_given_up_with_a_comment_and_the_prediction_goes_on(sandbox, http, slow, anyone):
    sandbox.settings.silence = 0.02
    prediction = start(http)
    assert anyone.get(prediction["urls"]["stream"]).text.endswith(":408: 408 Request Timeout\n\n")
    assert http.get(prediction["urls"]["get"]).json()["status"] == "processing"


def test_the_stream_of_nothing_is_silent_and_then_given_up(sandbox, anyone):
    sandbox.settings.silence = 0.02
    answer = anyone.get(f"{sandbox.delivery_url}/v1/streams/nothing")
    assert (answer.status_code, answer.text) == (200, ":408: 408 Request Timeout\n\n")


def test_the_stream_of_a_prediction_whose_data_were_removed_is_silent_too(sandbox, http, anyone):
    sandbox.settings.data_lifetime = 0
    sandbox.settings.silence = 0.02
    assert anyone.get(story(http)["urls"]["stream"]).text.startswith(":408:")


def test_a_cancelled_prediction_ends_its_stream_with_the_reason(http, slow, anyone):
    prediction = start(http)
    with anyone.stream("GET", prediction["urls"]["stream"]) as stream:
        pieces = stream.iter_text()
        assert "first" in next(pieces)
        http.post(prediction["urls"]["cancel"])
        assert events(next(pieces)) == [("done", None, '{"reason":"canceled"}')]


def test_a_failed_prediction_ends_its_stream_with_an_error(sandbox, http, anyone):
    @sandbox.model("acme/bad", official=True)
    def bad() -> Iterator[str]:
        yield "half"
        raise RuntimeError("no memory")

    url = http.post("/models/acme/bad/predictions", json={"input": {}}).json()["urls"]["stream"]
    found = events(anyone.get(url).text)
    assert found[0][0::2] == ("output", "half")
    assert found[-2][0] == "error"
    assert json.loads(found[-2][2]) == {"detail": "no memory"}
    assert found[-1] == ("done", None, '{"reason":"error"}')


def test_items_that_are_no_text_come_as_json_and_files_as_urls(sandbox, http, anyone):
    @sandbox.model("acme/mixed", official=True)
    def mixed() -> Iterator[object]:
        yield {"a": [1]}
        yield b"bytes"

    url = http.post("/models/acme/mixed/predictions", json={"input": {}}).json()["urls"]["stream"]
    found = [data for name, _, data in events(anyone.get(url).text) if name == "output"]
    assert json.loads(found[0]) == {"a": [1]}
    assert anyone.get(found[1]).content == b"bytes"


def test_who_takes_no_event_stream_gets_none(http, anyone):
    answer = anyone.get(story(http)["urls"]["stream"], headers={"accept": "application/json"})
    assert answer.status_code == 406


def test_the_sandbox_stops_at_once_with_streams_and_holds_open(sandbox, slow, anyone):
    with connect(sandbox) as http:
        url = start(http)["urls"]["stream"]
        with anyone.stream("GET", url) as stream:
            next(stream.iter_text())
            held = threading.Thread(target=_hold, args=(sandbox.base_url, sandbox.token), daemon=True)
            held.start()
            until(lambda: sandbox.creates == 2)
            sandbox.stop()
            held.join(10)
            assert not held.is_alive()


def _hold(base_url, token):
    headers = {"authorization": f"Bearer {token}", "prefer": "wait=60"}
    try:
        httpx.post(f"{base_url}/models/acme/slow/predictions", json={"input": {}}, headers=headers, timeout=30)
    except httpx.TransportError:
        return
