"""Batches on Dask and Ray with real worker processes, some of which are killed, and a journal in PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from peers import peer_python
from support.postgres import postgres_url

from replicatekit import Client
from replicatekit.batch import Batch
from replicatekit.sandbox import Sandbox

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# `REPLICATEKIT_BATCH_KILLS=200 REPLICATEKIT_BATCH_ROWS=2000` runs the long series.
ROWS = int(os.environ.get("REPLICATEKIT_BATCH_ROWS", "80"))
KILLS = int(os.environ.get("REPLICATEKIT_BATCH_KILLS", "2"))
SECONDS = 120 + 10 * KILLS

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox():
    with Sandbox() as running:

        @running.model("acme/double")
        def double(n: int) -> int:
            time.sleep(0.05)
            return 2 * n

        # A create is answered late, so that many workers are killed while the API has theirs and they do not know.
        running.fail_next(method="POST", path="/predictions", times=None, delay=0.2)
        yield running


def run(program, sandbox, *arguments):
    """Run a program in the engines' environment, and return the lines that it prints."""
    python = peer_python("engines")
    packages = os.pathsep.join(str(ROOT / name) for name in ("overlay", "generated"))
    environment = {
        **os.environ,
        **sandbox.environment,
        "PYTHONPATH": packages,
        "BATCH_TEST": uuid.uuid4().hex,
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    }
    command = [str(python), str(HERE / program), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "done" in done.stdout.splitlines()
    return done.stdout.splitlines()


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("REPLICATEKIT_BATCH_SEEDS", "1"))))
@pytest.mark.parametrize("program", ["dask_program.py", "ray_program.py"])
def test_workers_that_are_killed_create_nothing_twice_and_lose_nothing(sandbox, program, seed):
    with postgres_url() as journal:
        killed = run(program, sandbox, journal, ROWS, KILLS, seed).count("killed")
        assert killed
        with Batch(journal, client=Client(token=sandbox.token, base_url=sandbox.base_url)) as batch:
            assert batch.status().succeeded == ROWS
            again = sum(row.attempts > 1 for row in batch.results())
    assert list(sandbox.count_creates().values()) == [1] * ROWS
    print(f"{program}: {killed} workers killed, {ROWS} rows created once, {again} of them after a create was lost")


def test_the_inputs_of_a_bag_and_of_delayed_parts_are_created_once(sandbox, tmp_path):
    run("dask_graph_program.py", sandbox, tmp_path / "journal.db")
    assert list(sandbox.count_creates().values()) == [1] * 12


def test_inputs_are_read_from_the_tables_of_each_library(sandbox, tmp_path):
    imports = "import datasets, pandas, PIL, polars, pyarrow"
    if subprocess.run([str(peer_python("engines")), "-c", imports], capture_output=True).returncode:
        pytest.skip("needs the packages of tests/peers/engines.txt, which `make peers` installs")
    run("sources_program.py", sandbox, tmp_path)
