"""Rate limits: told in every answer, and held where they are set."""

from __future__ import annotations

import re

import pytest
from sandbox_help import connect

from replicatekit.sandbox import Sandbox
from replicatekit.sandbox._network.rate_limits import Limits
from replicatekit.sandbox._storage.settings import Settings


def test_every_answer_tells_what_is_left(http):
    assert http.get("/account").headers["ratelimit-remaining"] == "2999"
    answer = http.post("/models/sandbox/story/predictions", json={"input": {}})
    assert (answer.headers["ratelimit-remaining"], answer.headers["ratelimit-reset"]) == ("599", "1")


def test_beyond_the_limit_a_create_is_refused_and_not_made():
    with Sandbox(creates_per_minute=2) as sandbox, connect(sandbox) as http:
        statuses, answers = [], []
        for _ in range(4):
            answers.append(http.post("/models/sandbox/story/predictions", json={"input": {}}))
            statuses.append(answers[-1].status_code)
        assert statuses == [201, 201, 429, 429]
        assert sandbox.creates == 2
        assert http.get("/account").status_code == 200
    seconds = re.fullmatch(r"Request was throttled\. Your rate limit resets in ~(\d+)s\.", answers[-1].json()["detail"])
    assert 29 <= int(seconds[1]) <= 30
    assert answers[-1].headers["retry-after"] == seconds[1]
    assert answers[-1].headers["ratelimit-remaining"] == "0"


def test_other_requests_have_a_limit_of_their_own():
    with Sandbox(others_per_minute=1) as sandbox, connect(sandbox) as http:
        assert [http.get("/account").status_code for _ in range(2)] == [200, 429]
        assert http.post("/models/sandbox/story/predictions", json={"input": {}}).status_code == 201


def test_a_bucket_fills_again_while_time_passes(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("replicatekit.sandbox._network.rate_limits.time.monotonic", lambda: now)
    limits = Limits(Settings(creates_per_minute=60))
    assert all(limits.take(is_create=True)[0] is None for _ in range(60))
    wait, headers = limits.take(is_create=True)
    assert wait == pytest.approx(1.0)
    assert headers == {"ratelimit-remaining": "0", "ratelimit-reset": "1"}
    now += 1.0
    assert limits.take(is_create=True)[0] is None
    assert limits.take(is_create=True)[0] == pytest.approx(1.0)
