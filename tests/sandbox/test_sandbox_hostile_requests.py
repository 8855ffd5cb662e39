"""Whatever a request holds, the answer is one of the API's: never a failure of the sandbox itself."""

from __future__ import annotations

import json
import random
import socket

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_help import connect

from replicatekit.sandbox import Sandbox

HUGE = "9" * 5000
DEEP = "[" * 5000 + "]" * 5000
DEEP_ENOUGH_TO_READ = "[" * 500 + "]" * 500


@pytest.fixture(scope="module")
def shared():
    with Sandbox() as running:
        yield running
    running.close()


def post(sandbox, path, body, **headers):
    with connect(sandbox) as http:
        return http.post(path, content=body, headers={"content-type": "application/json", **headers})


@pytest.mark.parametrize("duration", [HUGE, f"{HUGE}h", "999999999h", "9999999999", "32d", "721h"])
def test_a_cancel_after_beyond_all_bounds_is_refused(shared, duration):
    answer = post(shared, "/models/sandbox/story/predictions", '{"input": {}}', **{"cancel-after": duration})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"][0]["field"] == "Cancel-After"
    assert len(answer.text) < 1000


@pytest.mark.parametrize(
    "body",
    [
        '{"version": "\\ud800", "input": {}}',
        '{"version": "sandbox/\\udfff:\\ud800", "input": {}}',
        '{"version": "\\u0000", "input": {}}',
        '{"version": "x", "input": NaN}',
        '{"version": "x", "input": {"a": 1e999}}',
        '{"version": "x", "input": {"a": -Infinity}}',
        f'{{"version": "x", "input": {{"a": {HUGE}}}}}',
        f'{{"version": "x", "input": {{"a": {DEEP}}}}}',
        f'{{"version": "x", "input": {{"a": {DEEP_ENOUGH_TO_READ}}}}}',
        b'{"version": "\xed\xa0\x80", "input": {}}',
        b"\xff\xfe{\x00}\x00",
        DEEP,
        '"text"',
        "null",
    ],
)
def test_a_body_that_is_not_sound_json_is_refused(shared, body):
    assert post(shared, "/predictions", body).status_code in (400, 422)


def test_an_input_that_is_nested_too_deeply_is_refused_before_it_runs(shared):
    @shared.model("acme/any", official=True)
    def any_input(value: list) -> str:
        return "ok"

    before = shared.creates
    answer = post(shared, "/models/acme/any/predictions", f'{{"input": {{"value": {DEEP_ENOUGH_TO_READ}}}}}')
    assert answer.status_code == 400
    assert "nested more than 100 levels" in answer.json()["detail"]
    assert shared.creates == before


@pytest.mark.parametrize(
    "metadata", ["NaN", '{"a": NaN}', '{"a": 1e999}', f'{{"a": {DEEP}}}', f'{{"a": {DEEP_ENOUGH_TO_READ}}}', "[]", "{"]
)
def test_metadata_that_is_not_sound_json_is_refused(shared, metadata):
    with connect(shared) as http:
        answer = http.post("/files", files={"content": ("a.txt", b"a")}, data={"metadata": metadata})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"][0]["field"] == "metadata"


@pytest.mark.parametrize(
    ("range_", "status"),
    [
        (f"bytes=0-{HUGE}", 206),
        (f"bytes={HUGE}-", 416),
        (f"bytes={HUGE}-{HUGE}", 416),
        (f"bytes=-{HUGE}", 206),
        ("bytes=-", 200),
        ("bytes=٣-٤", 200),
    ],
)
def test_a_range_beyond_all_bounds_is_answered_as_http_says(shared, range_, status):
    with connect(shared) as http:
        body = {"input": {"width": 16, "height": 16}, "version": shared.version("sandbox/painter")}
        url = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"]
        answer = http.get(url, headers={"range": range_.encode()})
    assert answer.status_code == status
    assert not answer.content or answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "fault",
    [
        "status=1.5",
        "status=true",
        "delay=NaN",
        "delay=-1",
        "at=x; cut=request",
        "at=1.5; cut=response",
        "cut=both",
        "length_error=1e999",
        "length_error=x",
        'headers={"a": 1}; status=500',
        'headers={"a\\r\\nb": "c"}; status=500',
        'headers={"a": "\\u20ac"}; status=500',
        'redirect="http://\\u20ac/"',
        "redirect=[]",
        "truncate=-1",
        "events=x",
        "stauts=429",
        f"delay={DEEP}",
    ],
)
def test_a_fault_that_is_not_possible_is_refused(shared, fault):
    with connect(shared) as http:
        answer = http.get("/account", headers={"sandbox-fault": fault.encode()})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The header sandbox-fault cannot be read: ")


def test_a_fault_can_answer_with_any_text(shared):
    with connect(shared) as http:
        answer = http.get("/account", headers={"sandbox-fault": 'status=500; body="\\ud800"'})
    assert (answer.status_code, answer.text) == (500, "?")


def test_a_host_that_is_none_is_not_repeated_into_the_answer(shared):
    with connect(shared) as http:
        http.post("/models/sandbox/story/predictions", json={"input": {}})
        answer = http.get("/predictions", headers={"host": 'a"b'})
    assert '"b/v1' not in answer.text
    json.loads(answer.content)


def test_a_webhook_to_an_impossible_host_is_given_up_and_the_next_event_is_delivered_all_the_same():
    with Sandbox(speed=100) as sandbox, connect(sandbox) as http:
        body = {"input": {}, "webhook": "https://xn--a.example/", "webhook_events_filter": ["start", "completed"]}
        http.post("/models/sandbox/story/predictions", json=body)
        sandbox.drain(20)
        assert [one.event for one in sandbox.deliveries][:1] == ["start"]
        assert {one.event for one in sandbox.deliveries} == {"start", "completed"}
        assert {one.status for one in sandbox.deliveries} == {None}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "data:,", "http://["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PATHS = (
    "/predictions", "/models/sandbox/story/predictions", "/models", "/deployments", "/search", "/models/sandbox/hello",
    "/deployments/a/b", "/models/a/b/versions/c/trainings", "/collections/x", "/trainings", "/files",
)  # fmt: skip
NAMES = ("version", "input", "webhook", "webhook_events_filter", "owner", "name", "hardware", "visibility", "model",
         "min_instances", "max_instances", "destination", "readme", "github_url", "description")  # fmt: skip
QUERIES = st.dictionaries(
    st.sampled_from(["cursor", "created_after", "created_before", "query", "limit", "sort_by", "source", "expiry"]),
    st.text(max_size=20) | st.sampled_from([HUGE, "-1", "0001-01-01", "9999-12-31T23:59:59Z", "b2ZmPTk", "Yj0tMQ"]),
    max_size=3,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE", "QUERY", "PUT"]),
    st.sampled_from(PATHS),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    QUERIES,
)
def test_no_request_makes_the_sandbox_fail(shared, method, path, body, query):
    with connect(shared) as http:
        content = json.dumps(body).encode() if method != "GET" else None
        answer = http.request(method, path, content=content, params=query, headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text


def test_no_bytes_make_the_sandbox_fail(shared):
    chance = random.Random(7)
    lines = ["POST /v1/predictions HTTP/1.1", "host: x", f"authorization: Bearer {shared.token}", "content-length: 2"]
    head = "\r\n".join([*lines, "", "{}"])
    port = httpx.URL(shared.base_url).port
    for _ in range(200):
        raw = bytearray(head.encode())
        for _ in range(chance.randrange(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        assert b" 500 " not in answer.partition(b"\r\n")[0]
    with connect(shared) as http:
        assert http.get("/account").status_code == 200
