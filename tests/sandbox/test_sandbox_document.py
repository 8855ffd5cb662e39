"""The API's document and the recorded answers, held against what the sandbox does."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from sandbox_help import until

from replicatekit.sandbox import Sandbox
from replicatekit.sandbox._app import HANDLERS
from replicatekit.sandbox._contract import document, operations

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
OPERATIONS = {one.id: one for one in operations()}


def test_every_operation_of_the_document_is_answered_and_no_other():
    assert len(OPERATIONS) == 37
    assert HANDLERS.keys() == OPERATIONS.keys()


def fill(http, sandbox):
    """One of everything, and for each operation a request that it answers."""
    version = sandbox.version("sandbox/hello")
    upload = {"files": {"content": ("a.txt", b"a")}}
    mine = {"owner": "sandbox", "name": "mine", "visibility": "private", "hardware": "cpu"}
    deployment = {
        "name": "d",
        "model": "sandbox/hello",
        "version": version,
        "hardware": "cpu",
        "min_instances": 0,
        "max_instances": 1,
    }
    sandbox.example("sandbox/hello", {"text": "x"}, "hello x")
    sandbox.model("sandbox/old", visibility="private", readme="# Old")(lambda: "x")
    old = sandbox.version("sandbox/old")
    prediction = http.post("/predictions", json={"version": version, "input": {}}).json()["id"]
    path = f"/models/sandbox/hello/versions/{version}/trainings"
    training = {"json": {"destination": "sandbox/hello", "input": {}}}
    trained = http.post(path, **training).json()["id"]
    until(lambda: http.get(f"/trainings/{trained}").json()["status"] == "succeeded")
    file = http.post("/files", **upload).json()["id"]
    sandbox.settings.outputs_on = "api"
    body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
    download = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"]
    return [
        ("account.get", "/account", {}),
        ("collections.list", "/collections", {}),
        ("collections.get", "/collections/built-in", {}),
        ("deployments.create", "/deployments", {"json": deployment}),
        ("deployments.list", "/deployments", {}),
        ("deployments.get", "/deployments/sandbox/d", {}),
        ("deployments.update", "/deployments/sandbox/d", {"json": {"max_instances": 2}}),
        ("deployments.predictions.create", "/deployments/sandbox/d/predictions", {"json": {"input": {}}}),
        ("deployments.delete", "/deployments/sandbox/d", {}),
        ("files.create", "/files", upload),
        ("files.list", "/files", {}),
        ("files.get", f"/files/{file}", {}),
        ("files.download", download, {}),
        ("files.delete", f"/files/{file}", {}),
        ("hardware.list", "/hardware", {}),
        ("models.create", "/models", {"json": mine}),
        ("models.list", "/models", {}),
        ("models.search", "/models", {"content": "hello", "headers": {"content-type": "text/plain"}}),
        ("models.get", "/models/sandbox/hello", {}),
        ("models.update", "/models/sandbox/hello", {"json": {"readme": "# Hello"}}),
        ("models.readme.get", "/models/sandbox/hello/readme", {}),
        ("models.examples.list", "/models/sandbox/hello/examples", {}),
        ("models.predictions.create", "/models/sandbox/story/predictions", {"json": {"input": {}}}),
        ("models.versions.list", "/models/sandbox/hello/versions", {}),
        ("models.versions.get", f"/models/sandbox/hello/versions/{version}", {}),
        ("models.versions.delete", f"/models/sandbox/old/versions/{old}", {}),
        ("models.delete", "/models/sandbox/old", {}),
        ("predictions.create", "/predictions", {"json": {"version": version, "input": {}}}),
        ("predictions.list", "/predictions", {}),
        ("predictions.get", f"/predictions/{prediction}", {}),
        ("predictions.cancel", f"/predictions/{prediction}/cancel", {}),
        ("search", "/search?query=hello", {}),
        ("trainings.create", path, training),
        ("trainings.list", "/trainings", {}),
        ("trainings.get", f"/trainings/{trained}", {}),
        ("trainings.cancel", f"/trainings/{trained}/cancel", {}),
        ("webhooks.default.secret.get", "/webhooks/default/secret", {}),
    ]


def nullable(value):
    """The document's `nullable`, which is no word of JSON Schema 2020-12, in its words."""
    if isinstance(value, list):
        return [nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {key: nullable(one) for key, one in value.items()}
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", False) is True else schema


def test_all_37_operations_answer_as_the_document_says():
    whole = nullable(document())
    # Where real answers deviate: trainings say null where the document says nothing of it, and the word
    # `hidden` fits both halves of a oneOf.
    real = {"completed_at", "started_at", "output", "logs", "version"}
    with Sandbox(documented=True) as sandbox:
        from sandbox_help import connect

        with connect(sandbox) as http:
            requests = fill(http, sandbox)
            assert [one[0] for one in requests if one[0] not in OPERATIONS] == []
            assert len({one[0] for one in requests}) == 37
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
