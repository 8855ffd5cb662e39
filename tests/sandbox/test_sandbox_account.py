"""The account, deployments with their releases, trainings that make versions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sandbox_help import until

from replicatekit.sandbox import Input


def test_the_account_and_its_hardware(http):
    assert http.get("/account").json()["username"] == "sandbox"
    hardware = http.get("/hardware").json()
    assert hardware[0] == {"sku": "cpu", "name": "CPU"}
    assert all(one.keys() == {"sku", "name"} for one in hardware)


@pytest.fixture
def deployment(sandbox):
    return {
        "name": "mine",
        "model": "sandbox/hello",
        "version": sandbox.version("sandbox/hello"),
        "hardware": "cpu",
        "min_instances": 0,
        "max_instances": 1,
    }


def test_a_deployment_is_made_changed_run_and_deleted(sandbox, http, deployment):
    made = http.post("/deployments", json=deployment)
    assert made.status_code == 200
    assert made.json()["current_release"]["number"] == 1
    assert made.json()["current_release"]["created_by"]["username"] == "sandbox"
    changed = http.patch("/deployments/sandbox/mine", json={"min_instances": 1}).json()["current_release"]
    assert (changed["number"], changed["configuration"]["min_instances"]) == (2, 1)
    assert http.get("/deployments/sandbox/mine").json()["current_release"] == changed
    assert [one["name"] for one in http.get("/deployments").json()["results"]] == ["mine"]
    answer = http.post("/deployments/sandbox/mine/predictions", json={"input": {}}, headers={"prefer": "wait"})
    assert answer.json()["deployment"] == "sandbox/mine"
    assert answer.json()["output"] == "hello world"
    version = deployment["version"]
    assert http.delete(f"/models/sandbox/hello/versions/{version}").status_code == 409
    assert http.delete("/deployments/sandbox/mine").status_code == 204
    assert http.get("/deployments/sandbox/mine").status_code == 404
    assert http.post("/deployments/sandbox/mine/predictions", json={"input": {}}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"model": "sandbox/painter"},
        {"version": "0" * 64},
        {"hardware": "abacus"},
        {"min_instances": 6},
        {"min_instances": 2},
        {"colour": "red"},
    ],
)
def test_a_deployment_that_cannot_be_is_refused(http, deployment, change):
    assert http.post("/deployments", json={**deployment, **change}).status_code == 422


def test_two_deployments_cannot_have_one_name(http, deployment):
    assert http.post("/deployments", json=deployment).status_code == 200
    assert http.post("/deployments", json=deployment).status_code == 409


def train(sandbox, http, destination="sandbox/mine", **input):
    model = {"owner": "sandbox", "name": "mine", "visibility": "private", "hardware": "cpu"}
    http.post("/models", json=model)
    version = sandbox.version("sandbox/hello")
    path = f"/models/sandbox/hello/versions/{version}/trainings"
    return http.post(path, json={"destination": destination, "input": input})


def finished(http, training):
    until(lambda: http.get(training["urls"]["get"]).json()["status"] not in ("starting", "processing"))
    return http.get(training["urls"]["get"]).json()


def test_a_training_makes_a_version_that_runs(sandbox, http):
    answer = train(sandbox, http, steps=2)
    assert answer.status_code == 201
    assert (answer.json()["completed_at"], answer.json()["output"], answer.json()["logs"]) == (None, None, None)
    training = finished(http, answer.json())
    assert training["status"] == "succeeded"
    assert "100%|██████████| 4/4" in training["logs"]
    version = training["output"]["version"]
    assert version == f"sandbox/mine:{sandbox.version('sandbox/mine')}"
    run = http.post("/predictions", json={"version": version, "input": {}}, headers={"prefer": "wait"})
    assert run.json()["output"] == "hello world"
    assert [one["id"] for one in http.get("/trainings").json()["results"]] == [training["id"]]
    assert sandbox.creates == 2


def test_a_model_may_have_a_trainer_of_its_own(sandbox, http, tmp_path):
    weights = tmp_path / "weights.txt"

    @sandbox.trainer("sandbox/hello")
    def train_hello(words: str, steps: int = Input(3)) -> Path:
        weights.write_text(words * steps)
        return weights

    training = finished(http, train(sandbox, http, words="a").json())
    assert http.get(training["output"]["weights"]).text == "aaa"


def test_a_training_into_nothing_is_refused(sandbox, http):
    answer = train(sandbox, http, destination="sandbox/nothing")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert sandbox.creates == 0


def test_a_training_is_cancelled(sandbox, http):
    go_on = threading.Event()

    @sandbox.trainer("sandbox/hello")
    def train_hello() -> str:
        while not go_on.wait(0.002):
            pass
        return "weights"

    training = train(sandbox, http).json()
    assert http.post(training["urls"]["cancel"]).json()["status"] == "canceled"
    assert http.get(f"/predictions/{training['id']}").status_code == 404
    assert http.post("/trainings/nothing/cancel").status_code == 404
