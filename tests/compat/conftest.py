"""Two processes that run the same programs: one with the older client, one with `replicatekit.compat`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from peers import peer_python

from replicatekit.sandbox import ConcatenateIterator, Sandbox
from replicatekit.sandbox import Path as OutputPath

WORKER = Path(__file__).resolve().parent / "programs" / "worker.py"


class Worker:
    """A process that runs programs with one client."""

    def __init__(self, python, package, environment):
        self.process = subprocess.Popen(
            [python, "-W", "ignore", WORKER, package],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def run(self, program, *, is_async, sandbox):
        base_url = sandbox.base_url.removesuffix("/v1")
        request = {"program": program, "is_async": is_async, "base_url": base_url, "token": sandbox.token}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def environment(**changes):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("REPLICATE_")}
    return {**inherited, "PYTHONIOENCODING": "utf-8", **changes}


@pytest.fixture(scope="session")
def older():
    variables = environment()
    variables.pop("PYTHONPATH", None)
    worker = Worker(peer_python("replicate-1.0.7"), "replicate", variables)
    yield worker
    worker.close()


@pytest.fixture(scope="session")
def ours():
    worker = Worker(sys.executable, "replicatekit.compat", environment())
    yield worker
    worker.close()


@pytest.fixture(scope="session")
def running():
    with Sandbox(speed=20) as sandbox:
        sandbox.model("acme/echo", description="says it again")(echo)
        sandbox.model("acme/joiner", official=True)(joiner)
        sandbox.model("acme/greeting", official=True)(greeting)
        sandbox.model("acme/failing", official=True)(failing)
        sandbox.model("acme/teller", official=True)(teller)
        sandbox.model("acme/counter")(counter)
        sandbox.model("acme/slow")(slow)
        sandbox.model("acme/slowly")(slowly)
        sandbox.model("acme/writer", inline_files=True)(writer)
        sandbox.collection("words", ["acme/echo", "acme/teller"])
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


def echo(text: str) -> str:
    return text


def joiner(words: list[str]) -> str:
    return "-".join(words)


def greeting(name: str = "you") -> str:
    return f"hello {name}"


def failing(why: str) -> str:
    raise ValueError(why)


def teller(prompt: str) -> ConcatenateIterator[str]:
    for word in prompt.split():
        yield word + " "


def counter(upto: int, pause: float = 0) -> ConcatenateIterator[str]:
    if upto < 0:
        raise ValueError("below nothing")
    for number in range(upto):
        time.sleep(pause)
        yield str(number)


def slow() -> str:
    time.sleep(0.15)
    return "at last"


def slowly() -> str:
    print(" 50%|█████     | 1/2 [00:00<00:00,  1.00it/s]")
    print("100%|██████████| 2/2 [00:00<00:00,  1.00it/s]")
    return "done"


def writer(text: str) -> OutputPath:
    import tempfile

    path = OutputPath(tempfile.mkdtemp()) / "out.txt"
    path.write_text(text)
    return path
