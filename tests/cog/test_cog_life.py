"""The life of Cog's server beside the sandbox: started, refused with reasons, stopped, never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from cog_help import GENERATIONS, PREDICTORS, connect, until
from peers import peer_python

from replicatekit.sandbox import CogError, Sandbox
from replicatekit.sandbox._cog import server_process as _cog_server

pytestmark = pytest.mark.cog


@pytest.fixture(scope="session", params=GENERATIONS)
def python(request):
    return peer_python(request.param)


@pytest.fixture
def sandbox():
    with Sandbox(builtin=False) as running:
        yield running
    running.close()


@pytest.fixture
def folder(tmp_path):
    """Writes a folder with a predictor."""

    def write(predictor, config="predict: predict.py:Predictor\n"):
        (tmp_path / "cog.yaml").write_text(config)
        (tmp_path / "predict.py").write_text(predictor)
        return tmp_path

    return write


ECHO = """
from cog import BasePredictor

class Predictor(BasePredictor):
    {setup}
    def predict(self, text: str) -> str:
        return text
"""


def processes_with(text):
    """The ids of the processes in whose command or environment a text stands."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            for file in ("cmdline", "environ"):
                try:
                    if text.encode() in Path(entry.path, file).read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
    return set(found)


needs_proc = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks for processes in /proc")


def test_a_predictor_that_does_not_import_is_an_error_with_its_traceback(sandbox, folder, python):
    with pytest.raises(CogError, match="No module named 'not_there'"):
        sandbox.cog(folder("import not_there\n" + ECHO.format(setup="")), python=python)
    assert sandbox.models == []


def test_a_setup_that_fails_is_an_error_with_what_it_said(sandbox, folder, python):
    setup = "def setup(self): print('looking for weights'); raise OSError('no weights here')"
    with pytest.raises(CogError, match="no weights here") as raised:
        sandbox.cog(folder(ECHO.format(setup=setup)), python=python)
    if "0.16" in str(python):  # Cog 0.23 itself loses, more often than not, what is printed right before
        assert "looking for weights" in str(raised.value)


def test_a_setup_that_takes_too_long_is_an_error(sandbox, folder, python):
    setup = "def setup(self): print('loading'); __import__('time').sleep(60)"
    with pytest.raises(CogError, match=r"took more than 1\.5 seconds"):
        sandbox.cog(folder(ECHO.format(setup=setup)), python=python, setup_timeout=1.5)


def test_a_predictor_that_is_not_in_its_file_is_an_error(sandbox, folder, python):
    with pytest.raises(CogError, match="Predictor"):
        sandbox.cog(folder("x = 1"), python=python)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("build:\n  gpu: false\n", "names no predictor"),
        ("just a text", "not a mapping"),
        ("a: [", "cannot read the model"),
    ],
)
def test_a_cog_yaml_without_a_predictor_is_an_error(sandbox, folder, python, config, message):
    with pytest.raises(CogError, match=message):
        sandbox.cog(folder(ECHO.format(setup=""), config), python=python)


def test_an_environment_without_cog_is_an_error_that_says_what_to_install(sandbox, tmp_path):
    venv.create(tmp_path / "empty")
    with pytest.raises(CogError, match=r"cog is not installed .*pip install 'replicatekit\[cog\]'"):
        sandbox.cog(PREDICTORS / "text", python=tmp_path / "empty" / "bin" / "python")


def test_a_port_that_somebody_takes_in_the_meantime_is_left_for_another(sandbox, folder, python, monkeypatch):
    taken = int(sandbox.base_url.split(":")[2].removesuffix("/v1"))
    ports = iter([taken, _cog_server._free_port()])
    monkeypatch.setattr(_cog_server, "_free_port", lambda: next(ports))
    assert sandbox.cog(folder(ECHO.format(setup="")), "acme/echo", python=python)


def test_a_name_that_is_none_leaves_no_process(sandbox, python):
    with pytest.raises(ValueError, match="owner/name"):
        sandbox.cog(PREDICTORS / "text", "nonsense", python=python)


@needs_proc
def test_its_processes_end_with_the_sandbox_and_are_there_again_when_it_is(folder, python):
    sandbox = Sandbox(builtin=False)
    mark = f"mark-{os.urandom(8).hex()}"
    with sandbox:
        sandbox.cog(folder(ECHO.format(setup="")), "acme/echo", python=python, variables={"MARK": mark})
        assert processes_with(mark)
    assert not processes_with(mark)
    with sandbox, connect(sandbox) as http:
        body = {"version": sandbox.version("acme/echo"), "input": {"text": "again"}}
        assert http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"] == "again"
        assert processes_with(mark)
    assert not processes_with(mark)
    sandbox.close()


@needs_proc
def test_a_sandbox_that_is_killed_leaves_no_process(python):
    mark = f"mark-{os.urandom(8).hex()}"
    code = (
        "import sys, time\nfrom replicatekit.sandbox import Sandbox\n"
        f"with Sandbox() as sandbox:\n    sandbox.cog({str(PREDICTORS / 'text')!r}, python={str(python)!r})\n"
        "    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "MARK": mark})
    assert process.stdout.readline() == b"ready\n"
    assert len(processes_with(mark)) > 2
    process.kill()
    process.wait()
    process.stdout.close()
    until(lambda: not processes_with(mark))


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_runs_a_folder_and_leaves_no_process(python, how):
    mark = f"mark-{os.urandom(8).hex()}"
    command = [sys.executable, "-m", "replicatekit.sandbox", "--cog", PREDICTORS / "text", "--cog-python", python]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARK": mark},
    )
    lines = [process.stdout.readline() for _ in range(4)]
    found = dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines[:2])
    assert "cog/text" in lines[2]
    assert found["REPLICATE_BASE_URL"]
    process.send_signal(how)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "# stopped after 0 predictions and trainings\n", "")
    assert not processes_with(mark)


def test_the_command_line_says_why_a_folder_does_not_run(tmp_path, python):
    command = [sys.executable, "-m", "replicatekit.sandbox", "--cog", tmp_path, "--cog-python", python]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no cog.yaml in ")


STUBBORN = """
import time
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, seconds: float) -> str:
        print("no")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                time.sleep(0.02)
                print("no")
            except BaseException:
                pass
        return "done"
"""


def test_a_predictor_that_does_not_heed_its_cancellation_is_killed(sandbox, folder, python):
    sandbox.cog(folder(STUBBORN), "acme/stubborn", python=python, cancel_timeout=0.3)
    with connect(sandbox) as http:
        version = sandbox.version("acme/stubborn")
        made = http.post("/predictions", json={"version": version, "input": {"seconds": 60.0}}).json()
        until(lambda: http.get(made["urls"]["get"]).json()["logs"])
        http.post(made["urls"]["cancel"])
        body = {"version": version, "input": {"seconds": 0.0}}
        assert http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"] == "done"


def test_what_the_server_says_is_in_a_log_of_its_own(sandbox, python, caplog):
    with caplog.at_level("DEBUG", logger="replicatekit.sandbox.cog"):
        sandbox.cog(PREDICTORS / "text", python=python)
        until(lambda: caplog.records)
    assert all(record.getMessage().startswith("text: ") for record in caplog.records if record.name.endswith(".cog"))


TOGETHER = """
import asyncio
from cog import BasePredictor

arrived = 0

class Predictor(BasePredictor):
    async def setup(self) -> None:
        pass

    async def predict(self) -> str:
        global arrived
        arrived += 1
        while arrived < 2:
            await asyncio.sleep(0.01)
        return "together"
"""


def test_a_predictor_that_takes_two_at_once_gets_two(sandbox, folder, python):
    sandbox.cog(folder(TOGETHER, "predict: predict.py:Predictor\nconcurrency:\n  max: 2\n"), "acme/two", python=python)
    with connect(sandbox) as http:
        body = {"version": sandbox.version("acme/two"), "input": {}}
        made = [http.post("/predictions", json=body).json() for _ in range(2)]
        for each in made:
            assert until(lambda each=each: http.get(each["urls"]["get"]).json().get("output")) == "together"


NEW = """
from cog import BaseRunner, Input, Secret, Path
from typing import Optional

class Runner(BaseRunner):
    def run(
        self,
        flag: bool,
        text: str = Input(default=None),
        raw: int = 3,
        words: list[str] = Input(default=["a"], description="w"),
        key: Optional[Secret] = Input(default=None, deprecated=True),
        code: str = Input(default="x", min_length=1, max_length=3, regex="^[a-z]+$"),
    ) -> list[str]:
        return [*words, str(raw), str(text), str(flag)]
"""


def test_a_runner_of_the_newer_kind_runs_and_its_schema_is_read_from_it(sandbox, folder):
    python = peer_python("cog-0.23")
    config = "run: predict.py:Runner\nconcurrency:\n  max: 1\n"
    version = sandbox.cog(folder(NEW, config), "acme/new", python=python, official=False)
    with connect(sandbox) as http:
        body = {"version": version, "input": {"flag": True}}
        assert http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"] == [
            "a",
            "3",
            "None",
            "True",
        ]
        schemas = http.get(f"/models/acme/new/versions/{version}").json()["openapi_schema"]["components"]["schemas"]
    assert schemas["Input"] == {
        "title": "Input",
        "type": "object",
        "required": ["flag"],
        "properties": {
            "flag": {"title": "Flag", "type": "boolean", "x-order": 0},
            "text": {"title": "Text", "type": "string", "x-order": 1},
            "raw": {"title": "Raw", "type": "integer", "default": 3, "x-order": 2},
            "words": {
                "title": "Words", "type": "array", "items": {"type": "string"},
                "default": ["a"], "description": "w", "x-order": 3,
            },
            "key": {
                "title": "Key", "type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True,
                "nullable": True, "deprecated": True, "x-order": 4,
            },
            "code": {
                "title": "Code", "type": "string", "default": "x",
                "minLength": 1, "maxLength": 3, "pattern": "^[a-z]+$", "x-order": 5,
            },
        },
    }  # fmt: skip
    assert schemas["Output"] == {"title": "Output", "type": "array", "items": {"type": "string"}}
