"""A sandbox with a model, a client for it, and batches in separate processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from replicatekit import Client
from replicatekit.sandbox import Sandbox

WORKER = Path(__file__).resolve().parents[2] / "support" / "batch_worker.py"


@pytest.fixture
def sandbox():
    with Sandbox() as running:

        @running.model("acme/double")
        def double(n: int) -> int:
            return 2 * n

        yield running


@pytest.fixture
def client(sandbox):
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        yield client


@pytest.fixture
def start(sandbox):
    """Start a batch in a separate process; `until` waits for a condition while it runs."""
    started = []

    class Worker(subprocess.Popen):
        def until(self, condition):
            while not condition():
                assert self.poll() is None, "the worker has exited"
                time.sleep(0.01)
            return self

    def start(journal, model, count, **options):
        command = [sys.executable, str(WORKER), str(journal), model, str(count), json.dumps(options)]
        environment = {**os.environ, **sandbox.environment}
        worker = Worker(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()
