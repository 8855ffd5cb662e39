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
        assert models.startswith("# models: acme/caption, acme/detect, ")
        assert models.endswith("sandbox/hello, sandbox/painter, sandbox/story\n")
        httpx.get(f"{url}/account", headers={"authorization": f"Bearer {token}"}, verify=False)
        assert process.stdout.readline() == "200 GET /v1/account\n"
        httpx.get(f"{url}/account", headers={"sandbox-fault": "status=503"}, verify=False)
        assert process.stdout.readline() == "503 GET /v1/account  (requested fault)\n"
        community = f"{url}/models/acme/caption/predictions"
        httpx.post(community, json={"input": {}}, headers={"authorization": f"Bearer {token}"}, verify=False)
        assert process.stdout.readline() == (
            "404 POST /v1/models/acme/caption/predictions  (not an official model: it is run by its version)\n"
        )
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
        (None, [], "there is no file"),
        ("x = 1", [], "defines no Sandbox named `sandbox`"),
        (MODELS, ["--port", 1], "makes its own sandbox: set --port there"),
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


def refused(*arguments, environment=None):
    done = subprocess.run(
        [sys.executable, "-m", "replicatekit.sandbox", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "80000"], "'80000' is not a port; choose a number from 0 to 65535"),
        (["--port", "-1"], "'-1' is not a port"),
        (["--port", "http"], "'http' is not a port"),
        (["--speed", "0"], "'0' is not a speed; choose a number above 0, such as 10"),
        (["--speed", "nan"], "'nan' is not a speed"),
        (["--speed", "fast"], "'fast' is not a speed"),
        (["--state", "/nowhere/at/all.db"], "the sandbox's state cannot be kept in /nowhere/at/all.db: "),
        (["--cog", "/nowhere"], "there is no cog.yaml in /nowhere"),
        (["/nowhere/models.py"], "error: there is no file /nowhere/models.py\n"),
    ],
)
def test_an_argument_that_is_not_possible_is_explained(arguments, message):
    assert message in refused(*arguments)


def test_a_file_that_fails_says_where(tmp_path):
    (tmp_path / "models.py").write_text("import json\n\njson.loads('{')\n")
    message = refused(tmp_path / "models.py")
    assert message.startswith(f"error: {tmp_path / 'models.py'}, line 3: JSONDecodeError: ")


def test_a_state_file_that_is_something_else_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("notes " * 100)
    assert "file is not a database" in refused("--state", tmp_path / "notes.txt")


def test_a_port_in_use_says_which_and_what_to_do(sandbox):
    port = httpx.URL(sandbox.base_url).port
    message = f"error: port {port} on 127.0.0.1 is in use by another program; choose another one, or 0 for a free one\n"
    assert refused("--port", port) == message


WITHOUT = """
import sys
for name in ("uvicorn", "starlette"):
    sys.modules[name] = None
"""


def test_without_the_extra_it_is_named(tmp_path):
    import os

    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    message = refused(environment={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert "(starlette, uvicorn): pip install 'replicatekit[sandbox]'" in message


def test_what_a_request_holds_cannot_control_the_terminal():
    process = start()
    try:
        url, _, _ = read_environment(process)
        host = httpx.URL(url)
        with httpx.Client(trust_env=False) as client:
            client.get(f"http://{host.host}:{host.port}/%1b[2J%0a200%20GET%20/fake%E2%80%AE%07?%1b")
        line = process.stdout.readline()
        process.terminate()
        process.communicate(timeout=20)
    finally:
        process.kill()
    assert line == "401 GET /\\x1b[2J\\n200 GET /fake\\u202e\\x07?%1b\n"


def test_it_serves_on_when_nobody_reads_its_output():
    process = start()
    try:
        url, token, _ = read_environment(process)
        process.stdout.close()
        for _ in range(3):
            answer = httpx.get(f"{url}/account", headers={"authorization": f"Bearer {token}"}, verify=False)
            assert answer.status_code == 200
        process.terminate()
        with process.stderr as errors:
            assert (process.wait(timeout=20), errors.read()) == (0, "")
    finally:
        process.kill()
