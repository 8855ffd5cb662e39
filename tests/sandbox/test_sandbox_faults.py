"""Faults on demand, seen from a client's side of the wire."""

from __future__ import annotations

import re
import socket
import time

import httpx
import pytest
from sandbox_help import connect

from replicatekit.sandbox import Fault
from replicatekit.sandbox._network.framing import RequestFrame

STORY = "/models/sandbox/story/predictions"


def create(http, **options):
    return http.post(STORY, json={"input": {"sentences": 1}}, **options)


@pytest.mark.parametrize(
    ("fault", "content_type", "body"),
    [
        ({"status": 503}, "application/problem+json", None),
        ({"status": 520, "body": "<h1>520</h1>"}, "text/html; charset=utf-8", "<h1>520</h1>"),
        ({"status": 500, "body": {"detail": "x"}}, "application/json", '{"detail": "x"}'),
        ({"status": 502, "body": ""}, "text/html; charset=utf-8", ""),
        ({"status": 200, "body": b"\xff"}, "application/octet-stream", None),
    ],
)
def test_any_status_with_any_body(sandbox, http, fault, content_type, body):
    sandbox.fail_next(**fault)
    answer = create(http)
    assert answer.status_code == fault["status"]
    assert answer.headers["content-type"] == content_type
    assert body is None or answer.text == body
    assert sandbox.creates == 0
    assert create(http).status_code == 201


def test_too_many_requests_with_and_without_a_time(sandbox, http):
    sandbox.fail_next(status=429, headers={"Retry-After": "2"})
    answer = create(http)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    sandbox.fail_next(status=429)
    answer = create(http)
    assert "retry-after" not in answer.headers
    assert re.search(r"resets in ~30s", answer.json()["detail"])


def test_an_answer_may_be_lost_although_the_request_was_handled(sandbox, http):
    sandbox.fail_next(status=502, handled=True)
    assert create(http).status_code == 502
    assert sandbox.creates == 1


def test_a_connection_is_reset_before_the_answer_to_what_was_handled(sandbox, http):
    sandbox.fail_next(cut="response", at=0)
    with pytest.raises(httpx.ReadError):
        create(http)
    assert sandbox.creates == 1
    assert create(http).status_code == 201


@pytest.mark.parametrize("at", [1, 17, 200])
@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_connection_is_cut_at_a_byte_of_the_answer(sandbox, at, ending):
    sandbox.fail_next(cut="response", at=at, ending=ending)
    with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.base_url).port)) as raw:
        raw.sendall(f"GET /v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.token}\r\n\r\n".encode())
        received = b""
        try:
            while piece := raw.recv(4096):
                received += piece
            ended = "close"
        except ConnectionResetError:
            ended = "reset"
    assert ended == ending
    assert len(received) == at


@pytest.mark.parametrize("at", [0, 5, 100, 250])
def test_a_connection_is_cut_at_a_byte_of_the_request_which_is_not_handled(sandbox, http, at):
    sandbox.fail_next(cut="request", at=at)
    with pytest.raises(httpx.TransportError):
        create(http)
    assert sandbox.creates == 0
    assert create(http).status_code == 201


def test_an_upload_is_cut_in_its_middle(sandbox, http):
    sandbox.fail_next(cut="request", at=500_000)
    with pytest.raises(httpx.TransportError):
        http.post("/files", files={"content": ("a", b"x" * 2_000_000)})
    assert http.get("/files").json()["results"] == []


def test_an_answer_is_late_although_the_work_is_done(sandbox):
    sandbox.fail_next(path="/models/*", delay=30)
    with connect(sandbox) as http, pytest.raises(httpx.ReadTimeout):
        create(http, timeout=0.1)
    assert sandbox.creates == 1


def test_json_is_truncated_in_a_well_formed_answer(sandbox, http):
    sandbox.fail_next(truncate=20)
    answer = create(http)
    assert (answer.status_code, len(answer.content)) == (201, 20)
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()


def test_a_redirect_leads_to_another_host_with_the_path(sandbox, http):
    sandbox.fail_next(redirect="http://other.example")
    answer = http.get("/account", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://other.example/v1/account")
    sandbox.fail_next(redirect="http://other.example/there", status=302)
    answer = http.get("/account", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://other.example/there")


def test_an_answer_comes_byte_by_byte(sandbox, http):
    sandbox.fail_next(byte_interval=0.0002)
    began = time.perf_counter()
    answer = http.get("/account")
    assert answer.json()["username"] == "sandbox"
    assert time.perf_counter() - began > 0.0002 * len(answer.content)


def test_a_download_lies_about_its_length(sandbox, http):
    sandbox.fail_next(length_error=10)
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        http.get("/account")
    whole = http.get("/account").content
    sandbox.fail_next(length_error=-10)
    assert http.get("/account").content == whole[:-10]
    assert http.get("/account").content == whole


def stream(http, sandbox, anyone, **fault):
    url = create(http, headers={"prefer": "wait"}).json()["urls"]["stream"]
    whole = anyone.get(url).content
    sandbox.fail_next(path="/streams/*", **fault)
    received = b""
    with anyone.stream("GET", url) as answer:
        try:
            for piece in answer.iter_raw():
                received += piece
        except httpx.TransportError as error:
            return whole, received, type(error)
    return whole, received, None


@pytest.mark.parametrize(
    ("ending", "error"), [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError), ("clean", None)]
)
def test_a_stream_ends_after_an_event(sandbox, http, anyone, ending, error):
    whole, received, raised = stream(http, sandbox, anyone, events=2, ending=ending)
    assert received == b"".join(one + b"\n\n" for one in whole.split(b"\n\n")[:2])
    assert raised is error


def test_a_stream_ends_in_the_middle_of_an_event(sandbox, http, anyone):
    whole, received, _ = stream(http, sandbox, anyone, events=2, into=9, ending="close")
    assert received == whole[: len(received)]
    assert received.rpartition(b"\n\n")[2] == b"event: ou"


def test_a_request_may_bring_its_own_fault(sandbox, http):
    answer = http.get("/account", headers={"sandbox-fault": 'status=503; body={"detail": "x"}'})
    assert (answer.status_code, answer.json()) == (503, {"detail": "x"})
    assert Fault.parse("cut=response; at=3; ending=close") == Fault(cut="response", at=3, ending="close")
    with pytest.raises(httpx.ReadError):
        http.get("/account", headers={"sandbox-fault": "cut=request; at=50"})


def test_a_rule_hits_the_requests_that_it_is_for(sandbox, http):
    rule = sandbox.fail_next(method="GET", path="/predictions/*", status=500, times=2, skip=1)
    key = create(http).json()["id"]
    statuses = [http.get(f"/predictions/{key}").status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert http.get("/account").status_code == 200
    assert rule.hits == 2


def test_a_rule_without_a_number_holds_until_it_is_taken_back(sandbox, http):
    rule = sandbox.fail_next(path="/account", status=500, times=None)
    assert [http.get("/account").status_code for _ in range(3)] == [500] * 3
    sandbox.clear_faults(rule)
    assert http.get("/account").status_code == 200
    sandbox.fail_next(path="/account", status=500, times=None)
    sandbox.clear_faults()
    assert http.get("/account").status_code == 200


def test_faults_reach_output_files_too(sandbox, http, anyone):
    body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
    url = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"]
    sandbox.fail_next(path="/pbxt/*", cut="response", at=300, ending="close")
    with pytest.raises(httpx.RemoteProtocolError):
        anyone.get(url)
    assert anyone.get(url).status_code == 200


def test_nobody_listens_while_it_refuses(sandbox, http, anyone):
    assert http.get("/account").status_code == 200
    with sandbox.refuse_connections(), pytest.raises(httpx.ConnectError):
        anyone.get(sandbox.base_url)
    assert create(http).status_code == 201


def test_open_connections_are_reset_on_demand(sandbox, http, anyone):
    url = f"{sandbox.delivery_url}/v1/streams/nothing"
    with anyone.stream("GET", url) as silent:
        sandbox.reset_connections()
        with pytest.raises(httpx.ReadError):
            silent.read()
    assert create(http).status_code == 201


def test_a_recorded_request_knows_its_fault(sandbox, http):
    sandbox.fail_next(status=500)
    create(http)
    [request] = sandbox.requests
    assert request.fault == Fault(status=500)
    assert request.status == 500


@pytest.mark.parametrize(
    "body",
    [
        b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_a_request_ends_where_it_says_however_it_comes(body, size):
    frame = RequestFrame()
    passed = b""
    rest = body if b"chunked" in body else body + b"GET /next"
    while rest and not frame.is_whole:
        piece, rest = rest[:size], rest[size:]
        _, back = frame.take(piece)
        rest = back + rest
        assert frame.has_head or not frame.release()
        passed += frame.release()
    assert passed == body
    assert rest in (b"", b"GET /next")


def test_a_rule_hits_although_the_answer_before_came_before_the_end_of_its_request(sandbox):
    with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.base_url).port)) as raw:
        for number in range(20):
            rule = sandbox.fail_next(status=500, body={"number": number})
            raw.sendall(b"POST /v1/predictions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
            answer = b""
            while b"}" not in answer:
                answer += raw.recv(4096)
            raw.sendall(b"null")
            assert rule.hits == 1
            assert answer.endswith(b'{"number": %d}' % number)


@pytest.mark.parametrize("header", ["colour=red", "status=99", "cut=everything", "ending=slowly"])
def test_a_header_that_names_no_fault_is_refused(http, header):
    answer = http.get("/account", headers={"sandbox-fault": header})
    assert answer.status_code == 400
    assert "cannot be read" in answer.json()["detail"]


def test_a_fault_that_cannot_be_is_refused_at_once(sandbox):
    for fault in ({"status": 600}, {"cut": "all"}, {"ending": "soon"}):
        with pytest.raises(ValueError, match=next(iter(fault))):
            sandbox.fail_next(**fault)
    with pytest.raises(TypeError, match="colour"):
        sandbox.fail_next(colour="red")


def test_an_answer_that_may_have_no_body_has_none(sandbox, http):
    sandbox.fail_next(status=204)
    answer = http.get("/account")
    assert (answer.status_code, answer.content) == (204, b"")
    assert http.get("/account").status_code == 200
