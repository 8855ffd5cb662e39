"""Where the older client is dangerous, this one is not; and what no program of both can show."""

from __future__ import annotations

import httpx
import pytest
from served import STREAM, TOKEN, Server, json_response, prediction

from replicatekit import compat as replicate
from replicatekit.compat._impl.session import blocking
from replicatekit.compat.exceptions import ModelError, ReplicateError, WaitTimeout
from replicatekit.compat.helpers import FileOutput

# The token


@pytest.mark.parametrize(
    ("url", "has_token"),
    [
        ("https://api.replicate.com/v1/files/f/download", True),
        ("https://replicate.delivery/x.png", False),
        ("https://api.replicate.com.evil.example/x.png", False),
        ("https://other.example/x.png", False),
    ],
)
def test_the_token_goes_with_a_file_only_to_the_api(url, has_token):
    server = Server(httpx.Response(200, content=b"x"))
    assert FileOutput(url, server.client(headers={"X-Own": "1"})).read() == b"x"
    sent = server.requests[0].headers
    assert (sent.get("authorization") == f"Bearer {TOKEN}") == has_token
    assert ("x-own" in sent) == has_token


def test_the_token_does_not_follow_a_redirect_to_another_host():
    server = Server(
        httpx.Response(302, headers={"location": "https://other.example/x"}), httpx.Response(200, content=b"x")
    )
    assert FileOutput("https://api.replicate.com/v1/files/f/download", server.client()).read() == b"x"
    assert ["authorization" in request.headers for request in server.requests] == [True, False]


@pytest.mark.parametrize("cursor", ["https://other.example/v1/models?cursor=x", "http://api.replicate.com/v1/models"])
def test_a_cursor_leads_nowhere_else(cursor):
    server = Server(json_response({"results": []}))
    with pytest.raises(ValueError, match="no request is made"):
        server.client().models.list(cursor)
    assert server.requests == []


def test_a_base_url_that_anybody_can_read_along_is_refused():
    with pytest.raises(ValueError, match="the token would be sent unencrypted"):
        replicate.Client(api_token=TOKEN, base_url="http://other.example").accounts.current()


@pytest.mark.parametrize("wrong", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_refused(wrong):
    with pytest.raises(ValueError, match="cannot stand in the path"):
        Server(json_response({})).client().predictions.get(wrong)


def test_an_id_stays_one_part_of_the_path():
    server = Server(json_response(prediction("succeeded")))
    server.client().predictions.get("a/../../b?c")
    assert server.requests[0].url.raw_path == b"/v1/predictions/a%2F..%2F..%2Fb%3Fc"


def test_the_token_is_in_no_repr():
    client = Server(json_response({})).client()
    assert TOKEN not in repr(client) + repr(client._engine) + repr(blocking(client))


# Waiting


def test_waiting_ends_with_an_aborted_prediction():
    client = Server(json_response(prediction("starting")), json_response(prediction("aborted"))).client()
    known = client.predictions.get("p1")
    known.wait()
    assert known.status == "aborted"


def test_a_run_of_an_aborted_prediction_is_an_error_that_carries_it():
    client = Server(json_response(prediction("starting")), json_response(prediction("aborted"))).client()
    with pytest.raises(ModelError) as caught:
        client.run("a/b", {})
    assert caught.value.prediction.status == "aborted"
    assert caught.value.prediction_id == "p1"


def test_waiting_has_an_end():
    client = Server(json_response(prediction("starting"))).client()
    assert client.wait_timeout == 7200
    client.wait_timeout = 0.02
    known = client.predictions.get("p1")
    with pytest.raises(WaitTimeout, match="prediction p1 did not finish within wait_timeout, and is still starting"):
        known.wait()
    with pytest.raises(WaitTimeout) as caught:
        list(known.output_iterator())
    assert caught.value.prediction is known


def test_a_wait_ends_in_time_however_seldom_it_looks():
    client = Server(json_response(prediction("starting"))).client()
    client.wait_timeout, client.poll_interval = 0.05, 3600
    with pytest.raises(WaitTimeout):
        client.run("a/b", {}, wait=False)


def test_waiting_can_be_without_an_end():
    client = Server(
        *(json_response(prediction("starting")) for _ in range(5)), json_response(prediction("succeeded"))
    ).client()
    client.wait_timeout = None
    known = client.predictions.get("p1")
    known.wait()
    assert known.status == "succeeded"


def test_a_status_that_nobody_knows_yet_is_no_end():
    client = Server(
        json_response(prediction("starting")),
        json_response(prediction("paused")),
        json_response(prediction("succeeded", "x")),
    ).client()
    assert client.run("a/b", {}) == "x"


def test_every_request_has_a_timeout():
    server = Server(json_response(prediction("succeeded")))
    client = server.client()
    client.predictions.create(version="v1", input={})
    client.predictions.create(version="v1", input={}, wait=True)
    client.predictions.get("p1")
    reads = [request.extensions["timeout"]["read"] for request in server.requests]
    assert all(reads)
    assert min(reads[:2]) > 60 > reads[2]


def test_half_of_a_held_output_is_not_taken_for_all_of_it():
    half, whole = prediction("processing", ["a"]), prediction("succeeded", ["a", "b"])
    assert Server(json_response(half, 202), json_response(whole)).client().run("a/b", {}) == ["a", "b"]


# What is sent again


def test_a_create_whose_answer_was_lost_is_not_sent_again():
    server = Server(httpx.ReadError("cut"))
    with pytest.raises(httpx.ReadError) as caught:
        server.client().predictions.create(version="v1", input={})
    assert len(server.requests) == 1
    assert "it may exist, or not" in caught.value.__notes__[0]


def test_a_read_whose_answer_was_lost_is_sent_again():
    server = Server(httpx.ReadError("cut"), json_response(prediction("succeeded")))
    assert server.client().predictions.get("p1").status == "succeeded"
    assert len(server.requests) == 2


def test_a_file_is_read_on_where_the_connection_was_cut():
    headers = {"content-length": "6", "etag": '"e"', "accept-ranges": "bytes"}

    def cut():
        yield b"abc"
        raise httpx.ReadError("cut")

    rest = {"content-range": "bytes 3-5/6", "etag": '"e"'}
    server = Server(
        httpx.Response(200, headers=headers, content=cut()), httpx.Response(206, headers=rest, content=b"def")
    )
    assert FileOutput("https://x.example/f", server.client()).read() == b"abcdef"
    assert server.requests[1].headers["range"] == "bytes=3-"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_cannot_be_had_is_an_error_of_httpx(status):
    file = FileOutput("https://x.example/f", Server(httpx.Response(status)).client())
    with pytest.raises(httpx.HTTPStatusError) as caught:
        file.read()
    assert caught.value.response.status_code == (404 if status == 410 else status)
    with pytest.raises(httpx.HTTPStatusError):
        list(file)


# Streams


def test_a_stream_that_was_silent_goes_on():
    server = Server(
        json_response(prediction("starting"), 201),
        httpx.Response(200, headers=STREAM, content=b"event: output\nid: 1\ndata: a\n\n: 408: 408 Request Timeout\n\n"),
        json_response(prediction("processing")),
        httpx.Response(
            200, headers=STREAM, content=b"event: output\nid: 2\ndata: b\n\nevent: done\nid: 3\ndata: {}\n\n"
        ),
    )
    assert "".join(str(event) for event in server.client().stream("a/b")) == "ab"
    assert server.requests[3].headers["last-event-id"] == "1"


def test_a_silent_stream_of_a_prediction_that_has_ended_is_over():
    silent = httpx.Response(200, headers=STREAM, content=b":408: 408 Request Timeout\n\n")
    server = Server(json_response(prediction("starting"), 201), silent, json_response(prediction("canceled")))
    assert list(server.client().stream("a/b")) == []
    assert len(server.requests) == 3


def test_a_stream_that_is_refused_says_so():
    server = Server(json_response(prediction("starting"), 201), json_response({"detail": "gone"}, 404))
    with pytest.raises(ReplicateError, match="status: 404"):
        list(server.client().stream("a/b"))


def test_events_without_an_id_are_given_too():
    events = b"event: output\ndata: a\n\nevent: news\ndata: x\n\nevent: done\ndata: {}\n\n"
    server = Server(json_response(prediction("starting"), 201), httpx.Response(200, headers=STREAM, content=events))
    assert [event.data for event in server.client().stream("a/b")] == ["a", "{}"]
