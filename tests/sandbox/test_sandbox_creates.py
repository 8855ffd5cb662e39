"""The sandbox counts creates by input: what was billed twice can be seen."""

from __future__ import annotations

import base64
import json
import time

import pytest
from sandbox_help import connect, until

from replicatekit.sandbox import Sandbox


def run(http, name, value):
    return http.post(f"/models/{name}/predictions", json={"input": value}, headers={"prefer": "wait"})


def test_creates_are_counted_by_model_and_input(sandbox, http):
    for value in ({"sentences": 1}, {"sentences": 1}, {"sentences": 2}):
        run(http, "sandbox/story", value)
    once = json.dumps({"input": {"sentences": 2}, "model": "sandbox/story"}, separators=(",", ":"))
    assert sandbox.creates == 3
    assert sandbox.count_creates() == {once: 1, once.replace("2", "1"): 2}
    assert sandbox.count_creates("sandbox/hello") == {}
    sandbox.reset()
    assert (sandbox.creates, sandbox.count_creates()) == (0, {})


def test_the_order_of_names_does_not_matter(sandbox, http):
    run(http, "sandbox/story", {"sentences": 1, "seed": 5})
    run(http, "sandbox/story", {"seed": 5, "sentences": 1})
    assert list(sandbox.count_creates().values()) == [2]


def test_a_file_counts_by_its_content_however_it_is_sent(sandbox, http):
    @sandbox.model("acme/look", official=True)
    def look(image: str) -> str:
        return "seen"

    for content in (b"one", b"one", b"two"):
        uploaded = http.post("/files", files={"content": ("a.bin", content)}).json()["urls"]["get"]
        run(http, "acme/look", {"image": uploaded})
    run(http, "acme/look", {"image": "data:image/png;base64," + base64.b64encode(b"one").decode()})
    assert sorted(sandbox.count_creates("acme/look").values()) == [1, 3]


def test_a_create_whose_answer_is_lost_counts_and_a_refused_one_does_not(sandbox, http):
    sandbox.fail_next(path="/models/*", status=500, handled=True)
    assert run(http, "sandbox/story", {}).status_code == 500
    sandbox.fail_next(path="/models/*", status=500)
    assert run(http, "sandbox/story", {}).status_code == 500
    assert run(http, "sandbox/story", {"sentences": 0}).status_code == 422
    assert list(sandbox.count_creates().values()) == [1]


def test_waiting_as_long_as_a_refused_create_is_told_is_enough():
    with Sandbox(creates_per_minute=60, create_burst=1, speed=1) as sandbox, connect(sandbox) as http:
        assert run(http, "sandbox/story", {}).status_code == 201
        refused = run(http, "sandbox/story", {})
        assert refused.status_code == 429
        time.sleep(int(refused.headers["retry-after"]))
        assert run(http, "sandbox/story", {}).status_code == 201


def test_a_limit_can_change_while_it_runs():
    with Sandbox(creates_per_minute=600) as sandbox, connect(sandbox) as http:
        assert run(http, "sandbox/story", {}).headers["ratelimit-remaining"] == "599"
        sandbox.settings.creates_per_minute = 6
        sandbox.settings.create_burst = 1
        assert [run(http, "sandbox/story", {}).status_code for _ in range(2)] == [201, 429]


@pytest.mark.parametrize("name", ["creates_per_minute", "create_burst", "others_per_minute"])
def test_a_limit_of_nothing_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        Sandbox(**{name: 0})


def test_outputs_expire_and_the_examples_stay():
    with Sandbox(data_lifetime=0.5) as sandbox, connect(sandbox) as http:
        body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
        made = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()
        assert http.get(made["output"]).status_code == 200
        until(lambda: http.get(made["output"]).status_code == 404)
        until(lambda: http.get(f"/predictions/{made['id']}").json()["data_removed"] is True)
        sandbox.reset()
        example = http.get("/models/sandbox/painter").json()["default_example"]
        assert http.get(example["output"]).content.startswith(b"\x89PNG")
