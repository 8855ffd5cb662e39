"""The API's document and the recorded answers, held against what the sandbox does."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
from every_operation import OPERATIONS, fill
from sandbox_help import connect

from replicatekit.sandbox import Sandbox
from replicatekit.sandbox._api.app import HANDLERS
from replicatekit.sandbox._api.validation import document

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"


def test_every_handler_has_its_operation():
    assert HANDLERS.keys() <= OPERATIONS.keys()


LOGS = {"get": {"operationId": "predictions.logs", "responses": {"200": {"description": "The logs."}}}}
MORE = {"operationId": "files.copy", "responses": {"201": {"description": "Made."}}}


@pytest.fixture
def newer_document(monkeypatch):
    """The document with operations that the sandbox does not know, one of them beside a placeholder."""
    newer = deepcopy(document())
    newer["paths"]["/predictions/{prediction_id}/logs"] = LOGS
    newer["paths"]["/predictions/statistics"] = {"get": {"responses": {"200": {"description": "Figures."}}}}
    newer["paths"]["/files"]["additionalOperations"] = {"COPY": MORE}
    monkeypatch.setattr("replicatekit.sandbox._api.validation.document", lambda: newer)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/predictions/p1/logs"), ("GET", "/predictions/statistics"), ("COPY", "/files")],
)
def test_an_operation_without_a_handler_is_answered_with_501(newer_document, method, path):
    with Sandbox() as sandbox, connect(sandbox) as http:
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
        assert answer.json() == {
            "title": "Not implemented",
            "status": 501,
            "detail": f"The sandbox has no handler for {method} /v1{path}, which the API's document describes.",
        }
        assert http.get("/predictions/p1").status_code == 404
        assert http.get("/account").status_code == 200
    sandbox.close()


def nullable(value):
    """The document's `nullable`, which is no word of JSON Schema 2020-12, in its words."""
    if isinstance(value, list):
        return [nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {key: nullable(one) for key, one in value.items()}
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", False) is True else schema


def test_all_operations_with_a_handler_answer_as_the_document_says():
    whole = nullable(document())
    # Where real answers deviate: trainings say null where the document says nothing of it, and the word
    # `hidden` fits both halves of a oneOf.
    real = {"completed_at", "started_at", "output", "logs", "version"}
    with Sandbox(documented=True) as sandbox, connect(sandbox) as http:
        requests = fill(http, sandbox)
        assert [one[0] for one in requests if one[0] not in OPERATIONS] == []
        assert {one[0] for one in requests} == HANDLERS.keys()
        for name, url, options in requests:
            operation = OPERATIONS[name]
            answer = http.request(operation.method, url, **options)
            about = whole["paths"][operation.path][operation.method.lower()]["responses"]
            assert str(answer.status_code) in about, (name, answer.status_code, answer.text)
            content = about[str(answer.status_code)].get("content", {})
            assert answer.headers.get("content-type", "").partition(";")[0] in (content or [""]), name
            if "application/json" in content:
                schema = {**content["application/json"]["schema"], "components": whole["components"]}
                errors = jsonschema.Draft202012Validator(schema).iter_errors(answer.json())
                assert [e.message for e in errors if not real & set(map(str, e.absolute_path))] == [], name
    sandbox.close()


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not here")
def test_answers_have_no_field_less_than_the_recorded_ones(sandbox, http):
    def recorded(name):
        return json.loads((RECORDED / f"{name}.json").read_text())["response_body"]

    held = http.post("/models/sandbox/story/predictions", json={"input": {}}, headers={"prefer": "wait"})
    [blocking] = RECORDED.glob("*blocking*")
    assert recorded(blocking.stem).keys() == held.json().keys()
    ended = http.get(held.json()["urls"]["get"]).json()
    assert recorded("predictions-get").keys() <= ended.keys()
    created = http.post("/predictions", json={"version": sandbox.version("sandbox/hello"), "input": {}}).json()
    assert recorded("predictions-cancel").keys() <= created.keys()
    upload = http.post("/files", files={"content": ("a.txt", b"", "text/plain")}).json()
    assert recorded("file-operations").keys() == upload.keys()
    assert recorded("file-operations")["checksums"] == upload["checksums"]
    assert recorded("models-get").keys() <= http.get("/models/sandbox/hello").json().keys()
    version = sandbox.version("sandbox/hello")
    path = f"/models/sandbox/hello/versions/{version}/trainings"
    training = http.post(path, json={"destination": "sandbox/hello", "input": {}}).json()
    assert recorded("trainings-get").keys() - {"webhook_completed"} <= training.keys()


def test_a_stream_gives_its_output_where_the_documented_fields_are_there_from_the_beginning():
    with Sandbox(documented=True) as sandbox, connect(sandbox) as http:
        made = http.post("/models/sandbox/story/predictions", json={"input": {"sentences": 1}}).json()
        assert made["output"] is None
        text = http.get(made["urls"]["stream"]).text
        assert text.count("event: output") > 5
        assert len(http.get(f"/predictions/{made['id']}").json()["output"]) == text.count("event: output")
    sandbox.close()
