"""Each example of a receiver, run as its page says, and told of predictions by the sandbox."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from replicatekit import Client, webhooks
from replicatekit.sandbox import ConcatenateIterator, Sandbox

pytestmark = pytest.mark.sources

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RECEIVERS = {
    "fastapi": ["-m", "uvicorn", "--app-dir", EXAMPLES, "webhooks_fastapi:app", "--port", "0"],
    "flask": ["-m", "flask", "--app", EXAMPLES / "webhooks_flask.py", "run", "--port", "0"],
    "stdlib": [EXAMPLES / "webhooks_stdlib.py", "0"],
}


class Receiver:
    """An example in a process of its own: its URL, and the lines that it prints for what is news."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = self._line(r"unning on (http://127\.0\.0\.1:\d+)")[1] + "/replicate"

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def _line(self, pattern):
        while True:
            line = self._lines.get(timeout=30)
            if found := re.search(pattern, line):
                return found

    def told(self, prediction):
        """The statuses and outputs that it printed of a prediction, to the last one."""
        said = []
        while not said or said[-1][0] not in ("succeeded", "failed", "canceled"):
            found = self._line(rf"{prediction.id} (\w+) (.*)")
            said.append((found[1], found[2]))
        return said

    def is_silent(self, prediction):
        """Whether it has said no more of a prediction."""
        left = [self._lines.get_nowait() for _ in range(self._lines.qsize())]
        return not any(line.startswith(prediction.id) for line in left)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(speed=20) as running:

        @running.model("acme/counter")
        def counter() -> ConcatenateIterator[str]:
            for number in range(3):
                time.sleep(0.06)
                yield f"{number} "

        yield running
    running.close()


@pytest.fixture(scope="module", params=RECEIVERS)
def receiver(request, sandbox):
    if request.param != "stdlib":
        pytest.importorskip(request.param)
    receiver = Receiver(RECEIVERS[request.param], sandbox.environment)
    yield receiver
    receiver.close()


@pytest.fixture
def run(sandbox, receiver):
    """Runs a prediction that the receiver is told of, with settings for its deliveries."""
    settings = sandbox.settings

    def run(**changes):
        sandbox.state.webhooks.deliveries.clear()
        for name, value in changes.items():
            setattr(settings, name, value)
        with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
            prediction = client.predictions.create("acme/counter", {}, webhook=receiver.url).wait()
            sandbox.drain(20)
        return prediction

    yield run
    settings.webhook_repeats, settings.webhook_order = 0, "kept"


def test_a_prediction_is_told_from_its_start_to_its_end(sandbox, receiver, run):
    said = receiver.told(run())
    assert said[0] == ("processing", "None")
    assert said[-1] == ("succeeded", "['0 ', '1 ', '2 ']")
    assert len(said) > 2
    assert {delivery.status for delivery in sandbox.deliveries} == {204}


def test_what_is_delivered_twice_is_told_once(sandbox, receiver, run):
    prediction = run(webhook_repeats=1)
    said = receiver.told(prediction)
    assert len(said) == len(set(said))
    assert receiver.is_silent(prediction)
    assert len(sandbox.deliveries) >= 2 * len(said)
    assert {delivery.status for delivery in sandbox.deliveries} == {204}


def test_what_comes_after_the_end_is_not_told(sandbox, receiver, run):
    prediction = run(webhook_order="reversed")
    assert receiver.told(prediction) == [("succeeded", "['0 ', '1 ', '2 ']")]
    assert receiver.is_silent(prediction)
    assert len(sandbox.deliveries) > 1
    assert {delivery.status for delivery in sandbox.deliveries} == {204}


BODY = json.dumps({"id": "forged", "status": "succeeded", "output": "bad"})
SECRET = "whsec_" + "A" * 32


@pytest.mark.parametrize(
    "headers",
    [
        {},
        webhooks.sign(BODY, SECRET),
        {**webhooks.sign(BODY, SECRET), "webhook-signature": "v1,"},
    ],
    ids=["unsigned", "by another secret", "malformed"],
)
def test_what_is_forged_is_refused(receiver, headers):
    assert httpx.post(receiver.url, content=BODY, headers=headers, trust_env=False).status_code == 400


def test_what_was_sent_before_is_refused(sandbox, receiver):
    old = webhooks.sign(BODY, sandbox.webhook_secret, timestamp=time.time() - 600)
    assert httpx.post(receiver.url, content=BODY, headers=old, trust_env=False).status_code == 400
    now = webhooks.sign(BODY, sandbox.webhook_secret)
    assert httpx.post(receiver.url, content=BODY + " ", headers=now, trust_env=False).status_code == 400
    assert httpx.post(receiver.url, content=BODY, headers=now, trust_env=False).status_code == 204
