"""A batch that is killed at any moment: nothing is created twice, nothing is lost."""

from __future__ import annotations

import os
import random
import time

import pytest

from replicatekit.batch import Batch

KILLS = int(os.environ.get("REPLICATEKIT_BATCH_KILLS", "3"))
ROWS = 40


@pytest.fixture
def sandbox(sandbox):
    @sandbox.model("acme/slowly")
    def slowly(n: int) -> int:
        time.sleep(random.random() * 0.05)
        return 2 * n

    sandbox.fail_next(method="POST", path="/predictions", times=None, delay=0.02)  # some are killed in a create
    return sandbox


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_batch_that_is_killed_and_run_again_creates_each_input_once(sandbox, start, tmp_path, seed):
    moments = random.Random(seed)
    journal = tmp_path / "journal.db"
    for _ in range(3):
        process = start(journal, "acme/slowly", ROWS)
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.random() * 0.6)
        process.kill()
        process.wait()
    last = start(journal, "acme/slowly", ROWS)
    said, _ = last.communicate(timeout=60)
    assert said == "ready\ndone\n"
    assert list(sandbox.count_creates().values()) == [1] * ROWS
    with Batch(journal) as batch:
        assert {row.input["n"]: row.output for row in batch.results("succeeded")} == {n: 2 * n for n in range(ROWS)}
