"""Predictions from their creation to their end, as the API shows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sandbox_help import connect, until

from replicatekit.sandbox import Canceled, Sandbox, current_job


class Gate:
    """A model that goes on when it is told to, and says what became of it."""

    def __init__(self):
        self.open = threading.Event()
        self.ended = threading.Event()
        self.canceled = False

    def __call__(self) -> Iterator[str]:
        try:
            yield "first"
            while not self.open.wait(0.002):
                pass
            yield "second"
        except Canceled:
            self.canceled = True
            raise
        finally:
            self.ended.set()


@pytest.fixture
def gate(sandbox):
    gate = Gate()

    @sandbox.model("acme/gate", official=True)
    def model() -> Iterator[str]:
        yield from gate()

    yield gate
    gate.open.set()


def create(http, headers=None, **body):
    return http.post("/models/acme/gate/predictions", json={"input": {}, **body}, headers=headers)


def test_a_new_prediction_has_the_fields_of_the_recorded_ones_and_no_output_yet(sandbox, http):
    body = {"version": sandbox.version("sandbox/hello"), "input": {"text": "x"}}
    answer = http.post("/predictions", json=body)
    assert answer.status_code == 201
    prediction = answer.json()
    assert list(prediction) == [
        "id",
        "model",
        "version",
        "input",
        "logs",
        "data_removed",
        "error",
        "status",
        "created_at",
        "urls",
    ]
    assert prediction["status"] == "starting"
    assert prediction["model"] == "sandbox/hello"
    assert len(prediction["id"]) == 26
    assert prediction["urls"]["get"] == f"{sandbox.base_url}/predictions/{prediction['id']}"


def test_the_documented_form_has_all_fields():
    with Sandbox(documented=True) as sandbox, connect(sandbox) as http:
        prediction = http.post("/predictions", json={"version": "sandbox/story", "input": {}}).json()
    assert prediction["output"] is None
    assert prediction["source"] == "api"
    assert "web" in prediction["urls"]


def test_a_held_create_says_processing_with_the_whole_output(http, gate):
    gate.open.set()
    answer = create(http, {"prefer": "wait=5"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait=5")
    assert answer.json()["status"] == "processing"
    assert answer.json()["output"] == ["first", "second"]
    assert "completed_at" not in answer.json()
    assert http.get(answer.json()["urls"]["get"]).json()["status"] == "succeeded"


def test_a_held_create_may_be_told_to_say_what_is(sandbox, http, gate):
    sandbox.settings.held_status = "succeeded"
    gate.open.set()
    assert create(http, {"prefer": "wait"}).json()["status"] == "succeeded"


def test_a_hold_that_is_over_before_the_prediction_answers_202(sandbox, http, gate):
    sandbox.settings.speed = 20
    answer = create(http, {"prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.json()["output"] == ["first"]
    assert answer.json()["status"] == "processing"


@pytest.mark.parametrize("prefer", ["wait=0", "wait=61", "wait=x", "respond-async"])
def test_a_hold_of_no_good_length_is_refused(http, gate, prefer):
    answer = create(http, {"prefer": prefer})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"][0]["field"] == "Prefer"


def test_a_prediction_is_followed_by_polling(http, gate):
    url = create(http).json()["urls"]["get"]
    until(lambda: http.get(url).json().get("output") == ["first"])
    running = http.get(url).json()
    assert running["status"] == "processing"
    assert running["started_at"] >= running["created_at"]
    gate.open.set()
    until(lambda: http.get(url).json()["status"] == "succeeded")
    ended = http.get(url).json()
    assert ended["output"] == ["first", "second"]
    assert ended["completed_at"] >= ended["started_at"]
    assert ended["metrics"]["predict_time"] <= ended["metrics"]["total_time"]


def test_a_cancelled_prediction_is_canceled_at_once_and_its_model_stops(http, gate):
    prediction = create(http).json()
    until(lambda: http.get(prediction["urls"]["get"]).json().get("output"))
    answer = http.post(prediction["urls"]["cancel"])
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert gate.ended.wait(10)
    assert gate.canceled
    assert http.get(prediction["urls"]["get"]).json()["output"] == ["first"]


def test_cancelling_what_has_ended_changes_nothing(http, gate):
    gate.open.set()
    prediction = create(http, {"prefer": "wait"}).json()
    assert http.post(prediction["urls"]["cancel"]).json()["status"] == "succeeded"


async def sleeper() -> str:
    import asyncio

    await asyncio.sleep(60)
    return ""


def test_an_asynchronous_model_is_cancelled_too(sandbox, http):
    begun, ended = threading.Event(), threading.Event()

    @sandbox.model("acme/gate", official=True)
    async def model() -> str:
        begun.set()
        try:
            return await sleeper()
        finally:
            ended.set()

    prediction = create(http).json()
    assert begun.wait(10)
    assert http.post(prediction["urls"]["cancel"]).json()["status"] == "canceled"
    assert ended.wait(10)


def test_a_deadline_that_passes_before_the_start_aborts(sandbox, http, gate):
    sandbox.settings.speed = 100
    sandbox.settings.boot = 3600
    prediction = create(http, {"cancel-after": "5s"}).json()
    assert prediction["deadline"] > prediction["created_at"]
    until(lambda: http.get(prediction["urls"]["get"]).json()["status"] == "aborted")


def test_a_deadline_that_passes_while_it_runs_cancels(sandbox, http, gate):
    sandbox.settings.speed = 50
    prediction = create(http, {"cancel-after": "5"}).json()
    until(lambda: http.get(prediction["urls"]["get"]).json()["status"] == "canceled")
    assert gate.ended.wait(10)


@pytest.mark.parametrize(("text", "seconds"), [("30", 30), ("5m", 300), ("1h30m45s", 5445)])
def test_a_deadline_is_a_duration_from_the_creation(http, gate, text, seconds):
    from datetime import datetime

    prediction = create(http, {"cancel-after": text}).json()
    span = datetime.fromisoformat(prediction["deadline"]) - datetime.fromisoformat(prediction["created_at"])
    assert span.total_seconds() == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("text", ["4s", "", "soon", "1d", "5s5m"])
def test_a_deadline_that_is_none_is_refused(http, gate, text):
    answer = create(http, {"cancel-after": text})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"][0]["field"] == "Cancel-After"


def test_a_prediction_that_runs_too_long_fails(sandbox, http, gate):
    sandbox.settings.run_limit = 0.02
    prediction = create(http, {"prefer": "wait=5"}).json()
    assert prediction["status"] == "failed"


def test_only_so_many_models_run_at_once(sandbox, http, gate):
    sandbox.settings.max_running = 1
    urls = [create(http).json()["urls"]["get"] for _ in range(2)]
    until(lambda: http.get(urls[0]).json()["status"] == "processing")
    assert http.get(urls[1]).json()["status"] == "starting"
    gate.open.set()
    until(lambda: http.get(urls[1]).json()["status"] == "succeeded")


def test_a_community_model_runs_by_its_version_only(sandbox, http):
    version = sandbox.version("sandbox/hello")
    for reference in (version, f"sandbox/hello:{version}"):
        assert http.post("/predictions", json={"version": reference, "input": {}}).status_code == 201
    assert http.post("/models/sandbox/hello/predictions", json={"input": {}}).status_code == 404
    for reference in ("sandbox/hello", "0" * 64, f"sandbox/story:{version}"):
        assert http.post("/predictions", json={"version": reference, "input": {}}).status_code == 422


def test_an_official_model_runs_without_one_and_hides_it(http):
    for path, body in [
        ("/models/sandbox/story/predictions", {"input": {}}),
        ("/predictions", {"version": "sandbox/story", "input": {}}),
    ]:
        answer = http.post(path, json=body)
        assert answer.status_code == 201
        assert answer.json()["version"] == "hidden"
    assert http.get("/models/sandbox/story/versions").status_code == 404


def test_a_procedure_runs_without_a_version_and_has_none(sandbox, http):
    sandbox.model("acme/procedure", procedure=True)(lambda: "done")
    assert http.get("/models/acme/procedure/versions").json()["results"] == []
    assert http.post("/models/acme/procedure/predictions", json={"input": {}}).status_code == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"input", "version"}),
        ({"version": 1, "input": {}}, {"version"}),
        ({"version": "sandbox/story", "input": {}, "colour": 1}, {"colour"}),
        ({"version": "sandbox/story", "input": {"sentences": 0, "prompt": 1}}, {"input.prompt", "input.sentences"}),
        ({"version": "sandbox/story", "input": {}, "webhook_events_filter": ["end"]}, {"webhook_events_filter.0"}),
        ([], {"body"}),
    ],
)
def test_what_the_document_or_the_model_does_not_allow_is_refused_with_its_fields(sandbox, http, body, fields):
    answer = http.post("/predictions", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {one["field"] for one in answer.json()["invalid_fields"]} == fields
    assert sandbox.creates == 0


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000, b"1" * 10_000])
def test_what_is_no_json_is_refused(http, content):
    answer = http.post("/predictions", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


def test_text_that_no_encoding_has_comes_back_as_it_was_sent(http):
    content = b'{"version": "sandbox/story", "input": {"prompt": "\\ud800"}}'
    answer = http.post("/predictions", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 201
    assert answer.json()["input"]["prompt"] == "\ud800"
    until(lambda: http.get(answer.json()["urls"]["get"]).json()["status"] == "succeeded")


def test_data_are_removed_when_their_time_is_over(sandbox, http, gate):
    sandbox.settings.data_lifetime = 0
    gate.open.set()
    prediction = create(http, {"prefer": "wait"}).json()
    removed = http.get(prediction["urls"]["get"]).json()
    assert removed["data_removed"] is True
    assert (removed["input"], removed["output"], removed["logs"]) == ({}, None, "")
    assert removed["status"] == "succeeded"


def test_every_create_is_counted_and_every_request_remembered(sandbox, http, gate):
    create(http)
    assert sandbox.creates == 1
    [request] = sandbox.requests
    assert str(request) == "POST /v1/models/acme/gate/predictions"
    assert (request.host, request.json(), request.status) == ("api", {"input": {}}, 201)
    assert request.headers["authorization"] == f"Bearer {sandbox.token}"


def test_reset_forgets_everything_but_the_models(sandbox, http, gate):
    prediction = create(http).json()
    http.post("/files", files={"content": ("a", b"a")})
    sandbox.fail_next(status=500)
    sandbox.reset()
    assert http.get(prediction["urls"]["get"]).status_code == 404
    assert http.get("/files").json()["results"] == []
    assert sandbox.creates == 0
    assert len(sandbox.requests) == 2
    assert create(http).status_code == 201


def test_nothing_but_the_search_is_answered_without_the_token(sandbox, http, anyone):
    for headers in (
        {},
        {"authorization": "Bearer r8_wrong"},
        {"authorization": sandbox.token},
        {"authorization": "Bearer \xe9".encode("latin-1")},
    ):
        answer = anyone.get(f"{sandbox.base_url}/account", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Unauthenticated"
    assert anyone.get(f"{sandbox.base_url}/search", params={"query": "story"}).status_code == 200


def test_a_run_that_nobody_started_has_no_job():
    with pytest.raises(LookupError):
        current_job()


def test_a_base_url_may_name_the_version_twice(sandbox, http, gate):
    rule = sandbox.fail_next(path="/account", status=503)
    assert http.get(f"{sandbox.base_url}/v1/account").status_code == 503
    assert rule.hits == 1
    assert http.get(f"{sandbox.base_url}/v1/account").json()["username"] == "sandbox"
    assert sandbox.requests[-1].path == "/v1/account"
