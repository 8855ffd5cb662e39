"""The official JavaScript client works against the sandbox, given its address."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from differential_help import MODELS, make_sandbox
from peers import peer

from replicatekit import Client, webhooks

SCRIPT = Path(__file__).parent / "js" / "smoke.cjs"


@pytest.fixture(scope="module")
def answers():
    """What each scenario says, and what it should."""
    modules = peer("js") / "node_modules"
    sandbox = make_sandbox()
    with sandbox, Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        made = [client.predictions.run("acme/number", {"text": "x" * count}) for count in range(5)]
        client.models.create("sandbox", "trained", visibility="private", hardware="cpu")
        body = json.dumps(made[0].to_dict())
        given = {
            **{name: f"acme/{name}:{sandbox.version(f'acme/{name}')}" for name in MODELS},
            **{f"version_of_{name}": sandbox.version(f"acme/{name}") for name in MODELS},
            "prediction": made[0].id,
            "body": body,
            "headers": webhooks.sign(body, sandbox.webhook_secret),
        }
        done = subprocess.run(
            ["node", SCRIPT, modules, json.dumps(given)],
            env={**os.environ, **sandbox.environment},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        yield json.loads(done.stdout), given, [each.id for each in made]
    sandbox.close()


WANTED = {
    "run_text": "AA",
    "run_official_model": 4,
    "run_items": [0, 1, 2],
    "run_object": {"text": "x", "length": 1, "parts": [{"a": None}]},
    "run_file": b"stressed".hex(),
    "run_that_fails": "Prediction failed: not in the mood: bad",
    "stream_text": ["a ", "b ", "c "],
    "prediction_cancelled": "canceled",
    "models_searched": ["shout"],
    "deployment_lived": "D",
    "training_lived": True,
    "collections_read": ["shout"],
    "hardware_listed": ["cpu", "gpu-t4", "gpu-a40-small", "gpu-a40-large", "gpu-a100-large", "gpu-h100"],
    "account_read": "sandbox",
    "file_lived": [8, {"a": 1}],
    "webhook_checked": True,
    "not_found": 404,
}


@pytest.mark.parametrize("scenario", WANTED)
def test_the_javascript_client_says(answers, scenario):
    assert answers[0][scenario] == WANTED[scenario]


def test_the_javascript_client_reads_what_was_made(answers):
    said, given, made = answers
    assert said["prediction_read"] == {"id": made[0], "status": "succeeded", "output": 0}
    assert said["model_read"] == given["version_of_shout"]
    assert said["versions_listed"] == [given["version_of_shout"]]
    paged = [key for page in said["predictions_paged"] for key in page]
    assert [key for key in paged if key in made] == made[::-1]


def test_no_scenario_is_broken(answers):
    assert not {name: one["broken"] for name, one in answers[0].items() if isinstance(one, dict) and "broken" in one}
