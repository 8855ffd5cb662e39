"""A batch that is killed at any moment: nothing is created twice, nothing is lost."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from replicatekit import Client
from replicatekit.batch import Batch
from replicatekit.sandbox import Sandbox

WORKER = Path(__file__).resolve().parents[2] / "support" / "batch_worker.py"
KILLS = int(os.environ.get("REPLICATEKIT_BATCH_KILLS", "3"))
ROWS = 40


@pytest.fixture
def sandbox():
    with Sandbox() as running:

        @running.model("acme/double")
        def double(n: int) -> int:
            time.sleep(random.random() * 0.05)
            return 2 * n

        yield running


def start(sandbox, journal, **options):
    import json

    return subprocess.Popen(
        [sys.executable, str(WORKER), str(journal), "acme/double", str(ROWS), json.dumps(options)],
        env={**os.environ, **sandbox.environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def created_inputs(sandbox):
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        page = client.predictions.list()
        found = [prediction.input["n"] for prediction in page.results]
        while page.has_next:
            page = page.next_page()
            found += [prediction.input["n"] for prediction in page.results]
    return Counter(int(n) for n in found)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_batch_that_is_killed_and_run_again_creates_each_input_once(sandbox, tmp_path, seed):
    moments = random.Random(seed)
    journal = tmp_path / "journal.db"
    for _ in range(3):
        process = start(sandbox, journal)
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.random() * 0.6)
        process.kill()
        process.wait()
        process.stdout.close()
    last = start(sandbox, journal)
    said, _ = last.communicate(timeout=60)
    assert said == "ready\ndone\n"
    assert created_inputs(sandbox) == dict.fromkeys(range(ROWS), 1)
    with Batch(journal) as batch:
        assert {row.input["n"]: row.output for row in batch.results("succeeded")} == {n: 2 * n for n in range(ROWS)}
