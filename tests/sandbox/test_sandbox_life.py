"""The sandbox's own life: started, stopped, started again, with what it remembers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
from sandbox_help import connect, until

from replicatekit.sandbox import Sandbox


def test_what_is_asked_before_the_start_is_said_clearly():
    sandbox = Sandbox()
    with pytest.raises(RuntimeError, match=r"start\(\)"):
        _ = sandbox.base_url
    with pytest.raises(RuntimeError, match="is not running"), sandbox.refuse_connections():
        pass
    assert repr(sandbox) == "<Sandbox not started>"
    sandbox.stop()
    sandbox.close()


def test_unknown_settings_are_refused():
    with pytest.raises(TypeError, match="colour"):
        Sandbox(colour="red")
    with pytest.raises(ValueError, match="speed"):
        Sandbox(speed=0)


def test_it_can_be_stopped_and_started_again_at_the_same_ports_with_what_it_knows():
    sandbox = Sandbox()
    with sandbox, connect(sandbox) as http:
        first = (sandbox.base_url, sandbox.delivery_url)
        body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
        made = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()
    with pytest.raises(httpx.ConnectError):
        httpx.get(first[0], verify=False)
    with sandbox, connect(sandbox) as http:
        assert (sandbox.base_url, sandbox.delivery_url) == first
        assert http.get(made["urls"]["get"]).json()["output"] == made["output"]
        assert http.get(made["output"]).content.startswith(b"\x89PNG")
        story = http.post("/models/sandbox/story/predictions", json={"input": {"pause": 0.01}}).json()
        assert "event: done" in http.get(story["urls"]["stream"]).text
    sandbox.close()


def test_it_stops_without_a_word_while_it_keeps_somebody_waiting(capfd):
    with Sandbox() as sandbox, connect(sandbox) as http:
        sandbox.fail_next(delay=30)
        with pytest.raises(httpx.ReadTimeout):
            http.get("/account", timeout=0.05)
        sandbox.fail_next(delay=30)
        waiting = threading.Thread(target=_wait, args=(sandbox,))
        waiting.start()
        until(lambda: len(sandbox.requests) == 2)
    waiting.join(10)
    sandbox.close()
    assert capfd.readouterr() == ("", "")


def _wait(sandbox):
    with connect(sandbox) as http, pytest.raises(httpx.TransportError):
        http.get("/account")


def test_its_state_outlives_it_in_a_file(tmp_path):
    path = tmp_path / "state.db"
    with Sandbox(path=path) as sandbox, connect(sandbox) as http:
        body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
        made = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()
        upload = http.post("/files", files={"content": ("a.txt", b"a")}).json()
        http.post("/models", json={"owner": "sandbox", "name": "m", "visibility": "private", "hardware": "cpu"})
        version = sandbox.version("sandbox/hello")
        path_of = f"/models/sandbox/hello/versions/{version}/trainings"
        http.post(path_of, json={"destination": "sandbox/m", "input": {}})
        sandbox.drain()
        secret = sandbox.webhook_secret
        trained = sandbox.version("sandbox/m")
    sandbox.close()

    with Sandbox(path=path) as sandbox, connect(sandbox) as http:
        again = http.get(f"/predictions/{made['id']}").json()
        assert again["status"] == "succeeded"
        assert again["urls"]["get"].startswith(sandbox.base_url)
        assert again["output"].startswith(sandbox.delivery_url)
        assert http.get(again["output"]).content.startswith(b"\x89PNG")
        assert http.get(f"/files/{upload['id']}").json()["name"] == "a.txt"
        assert sandbox.version("sandbox/hello") == version
        assert len(http.get("/models/sandbox/hello/versions").json()["results"]) == 1
        body = {"version": trained, "input": {}}
        assert http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"] == "hello world"
        assert sandbox.webhook_secret == secret
    sandbox.close()


def test_what_ran_when_it_stopped_was_interrupted(tmp_path):
    release = threading.Event()
    sandbox = Sandbox(path=tmp_path / "state.db")

    @sandbox.model("acme/gate", official=True)
    def gate() -> Iterator[str]:
        yield "half"
        while not release.wait(0.002):
            pass

    with sandbox, connect(sandbox) as http:
        key = http.post("/models/acme/gate/predictions", json={"input": {}}).json()["id"]
        until(lambda: http.get(f"/predictions/{key}").json().get("output"))
    release.set()
    sandbox.close()
    with Sandbox(path=tmp_path / "state.db") as sandbox, connect(sandbox) as http:
        prediction = http.get(f"/predictions/{key}").json()
        assert (prediction["status"], prediction["output"]) == ("failed", ["half"])
        assert "interrupted" in prediction["error"]
        answer = http.post("/models/acme/gate/predictions", json={"input": {}})
        assert answer.status_code == 422
        assert "acme/gate has no version whose code is loaded" in answer.json()["detail"]
    sandbox.close()


def test_a_crash_leaves_interrupted_predictions_too(tmp_path):
    sandbox = Sandbox(path=tmp_path / "state.db")
    record = {"id": "x", "model": "a/b", "status": "processing", "urls": {}}
    sandbox.state.store.put("prediction", "x", record, parent="a/b")
    sandbox.close()
    with Sandbox(path=tmp_path / "state.db") as sandbox, connect(sandbox) as http:
        assert http.get("/predictions/x").json()["status"] == "failed"
    sandbox.close()


def test_a_port_may_be_chosen():
    with Sandbox() as other:
        port = httpx.URL(other.base_url).port
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port).start()
    other.close()
    with Sandbox(port=port, token="r8_mine") as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{port}/v1"
        assert sandbox.environment == {"REPLICATE_API_TOKEN": "r8_mine", "REPLICATE_BASE_URL": sandbox.base_url}
    sandbox.close()


def test_it_has_no_models_of_its_own_if_none_are_wanted():
    with Sandbox(builtin=False) as sandbox, connect(sandbox) as http:
        assert http.get("/models").json()["results"] == []
    sandbox.close()


def test_importing_it_imports_neither_the_client_nor_anything_heavy():
    code = (
        "import sys, replicatekit; before = set(sys.modules)\n"
        "import replicatekit.sandbox\n"
        "heavy = {'starlette', 'uvicorn', 'httpx', 'jsonschema', 'sqlite3', 'replicatekit.client'}\n"
        "assert not heavy & (set(sys.modules) - before), heavy & set(sys.modules)\n"
        "from replicatekit.sandbox import Sandbox\n"
        "with Sandbox(): pass\n"
        "assert not {name for name in sys.modules if name.startswith('replicatekit_api')}\n"
        "ours = {name for name in set(sys.modules) - before if name.startswith('replicatekit.')}\n"
        "assert all(name.startswith('replicatekit.sandbox') for name in ours), ours\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there_and_has_a_docstring():
    import replicatekit.sandbox as module

    for name in module.__all__:
        assert getattr(module, name).__doc__, name
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = module.nothing
