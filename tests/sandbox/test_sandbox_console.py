"""The sandbox from the command line."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import httpx
import pytest


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "replicatekit.sandbox", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_environment(process):
    lines = [process.stdout.readline() for _ in range(4)]
    found = dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines[:2])
    return found["REPLICATE_BASE_URL"], found["REPLICATE_API_TOKEN"], lines[2]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_to_set_shows_requests_and_stops_cleanly(how):
    process = start("--speed", 10)
    try:
        url, token, models = read_environment(process)
        assert models == "# models: sandbox/hello, sandbox/painter, sandbox/story\n"
        httpx.get(f"{url}/account", headers={"authorization": f"Bearer {token}"}, verify=False)
        assert process.stdout.readline() == "200 GET /v1/account\n"
        httpx.get(f"{url}/account", headers={"sandbox-fault": "status=503"}, verify=False)
        assert process.stdout.readline() == "503 GET /v1/account  (a fault that was asked for)\n"
        process.send_signal(how)
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert output == "# stopped after 0 predictions and trainings\n"


MODELS = """
from replicatekit.sandbox import Sandbox

sandbox = Sandbox(builtin=False, token="r8_mine")


@sandbox.model("acme/shout", official=True)
def shout(text: str) -> str:
    return text.upper()
"""


def test_it_runs_the_sandbox_of_a_file(tmp_path):
    path = tmp_path / "models.py"
    path.write_text(MODELS)
    process = start(path, "--quiet")
    try:
        url, token, models = read_environment(process)
        assert (token, models) == ("r8_mine", "# models: acme/shout\n")
        answer = httpx.post(
            f"{url}/models/acme/shout/predictions",
            json={"input": {"text": "x"}},
            headers={"authorization": f"Bearer {token}", "prefer": "wait"},
            verify=False,
        )
        assert answer.json()["output"] == "X"
        process.terminate()
        assert process.communicate(timeout=20) == ("# stopped after 1 predictions and trainings\n", "")
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, [], "No such file"),
        ("x = 1", [], "makes no Sandbox named `sandbox`"),
        (MODELS, ["--port", 1], "makes its own sandbox: say there what port shall be"),
    ],
)
def test_a_file_that_makes_no_sandbox_is_an_error(tmp_path, text, arguments, message):
    path = tmp_path / "models.py"
    if text is not None:
        path.write_text(text)
    process = start(path, *arguments)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith("error: ")
    assert message in errors


def test_a_port_that_is_taken_is_an_error(sandbox):
    process = start("--port", httpx.URL(sandbox.base_url).port)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "in use" in errors
