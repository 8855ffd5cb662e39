"""Batches on Dask and Ray with real worker processes, some of which are killed, and a journal in PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest
from peers import peer_python
from support.postgres import postgres_url

from replicatekit import Client
from replicatekit.batch import Batch
from replicatekit.sandbox import Sandbox

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parents[1]
ROWS = int(os.environ.get("REPLICATEKIT_BATCH_ROWS", "80"))
KILLS = int(os.environ.get("REPLICATEKIT_BATCH_KILLS", "2"))


@pytest.fixture
def sandbox():
    with Sandbox() as running:

        @running.model("acme/double")
        def double(n: int) -> int:
            time.sleep(0.05)
            return 2 * n

        yield running


def run(program, journal, kills, sandbox, seed):
    python = peer_python("engines")
    packages = os.pathsep.join(str(HOUSE / name) for name in ("overlay", "generated"))
    environment = {
        **os.environ,
        **sandbox.environment,
        "PYTHONPATH": packages,
        "BATCH_TEST": uuid.uuid4().hex,
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    }
    command = [str(python), str(HERE / program), journal, str(ROWS), str(kills), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "done" in done.stdout.splitlines()
    return done.stdout.count("killed")


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("REPLICATEKIT_BATCH_SEEDS", "1"))))
@pytest.mark.parametrize("program", ["dask_program.py", "ray_program.py"])
def test_workers_that_are_killed_create_nothing_twice_and_lose_nothing(sandbox, program, seed):
    with postgres_url() as journal:
        killed = run(program, journal, KILLS, sandbox, seed)
        assert killed
        with Batch(journal, client=Client(token=sandbox.token, base_url=sandbox.base_url)) as batch:
            assert batch.status().succeeded == ROWS
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        page = client.predictions.list()
        found = [prediction.input["n"] for prediction in page.results]
        while page.has_next:
            page = page.next_page()
            found += [prediction.input["n"] for prediction in page.results]
    assert Counter(int(n) for n in found) == dict.fromkeys(range(ROWS), 1)
