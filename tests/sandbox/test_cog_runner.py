"""What the sandbox does with a server of Cog at its worst: a fake one, that does what it is told to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandbox_help import connect, until

from replicatekit.sandbox import CogError, Sandbox
from replicatekit.sandbox._cog import runner as _cog

FAKE = Path(__file__).parent / "fake_cog"


@pytest.fixture
def sandbox():
    with Sandbox(builtin=False) as running:
        yield running
    running.close()


@pytest.fixture
def model(sandbox, tmp_path):
    """Adds a folder with a fake Cog model, and gives what runs it."""

    def add(output="pieces", **options):
        (tmp_path / "cog.yaml").write_text('{"predict": "predict.py:Predictor"}')
        variables = {"PYTHONPATH": str(FAKE), "FAKE_OUTPUT": output}
        version = sandbox.cog(tmp_path, "acme/fake", variables=variables, **options)

        def run(http, **input):
            body = {"version": version, "input": input}
            made = http.post("/predictions", json=body).json()
            return lambda: http.get(made["urls"]["get"]).json(), made

        return run

    return add


@pytest.fixture
def http(sandbox):
    with connect(sandbox) as client:
        yield client


def end_of(look):
    until(lambda: look()["status"] not in ("starting", "processing"))
    return look()


def test_reports_in_any_order_give_each_line_and_each_piece_once(model, http):
    look, made = model()(http, do="shuffle")
    ended = end_of(look)
    assert (ended["status"], ended["output"], ended["logs"]) == ("succeeded", ["a", "b", "c"], "one\ntwo\nthree\n")
    events = http.get(made["urls"]["stream"]).text
    assert [events.count(f"data: {piece}\n") for piece in ("a", "b", "c", "one", "two", "three")] == [1] * 6


def test_files_are_fetched_and_handed_in_at_the_sandbox(model, http):
    look, _ = model("file")(http, do="hand in", document="data:text/plain,stressed")
    ended = end_of(look)
    assert ended["status"] == "succeeded", ended
    assert ended["output"].endswith("/turned%20around.txt")
    assert http.get(ended["output"]).content == b"desserts"
    assert ended["metrics"]["predict_time"] == 0.5


def test_a_file_inside_of_an_output_becomes_one_that_is_delivered(model, http):
    look, _ = model("file")(http, do="inline")
    output = end_of(look)["output"]
    assert output.endswith("/output.txt")
    assert http.get(output).content == b"inline"


def test_a_server_that_is_still_busy_is_asked_again(model, http):
    look, _ = model()(http, do="be busy")
    assert end_of(look)["status"] == "succeeded"


def test_a_prediction_that_it_refuses_fails_with_its_words(model, http):
    look, _ = model()(http, do="refuse")
    ended = end_of(look)
    assert ended["status"] == "failed"
    assert "refused the prediction with 500" in ended["error"]
    assert "I would rather not" in ended["error"]


def test_a_server_that_ends_before_it_takes_a_prediction_is_started_again(model, http):
    look, _ = model()(http, do="die before")
    assert end_of(look)["status"] == "succeeded"


def test_a_server_that_ends_meanwhile_fails_the_prediction_with_its_last_words(model, http):
    run = model()
    look, _ = run(http, do="die meanwhile")
    ended = end_of(look)
    assert ended["status"] == "failed"
    assert "ended while it ran this prediction:\nfarewell" in ended["error"]
    assert end_of(run(http, do="shuffle")[0])["status"] == "succeeded"


def test_a_cancellation_that_is_missed_is_asked_for_again(model, http, monkeypatch):
    monkeypatch.setattr(_cog, "_ASK_AGAIN", 0.05)
    run = model(cancel_timeout=60)
    look, made = run(http, do="wait")
    until(lambda: look()["logs"])
    assert http.post(made["urls"]["cancel"]).json()["status"] == "canceled"
    assert end_of(run(http, do="shuffle")[0])["status"] == "succeeded"


def test_predictions_that_wait_when_the_sandbox_stops_start_nothing(model, sandbox, http):
    run = model()
    look, _ = run(http, do="wait")
    until(lambda: look()["logs"])
    run(http, do="shuffle")
    sandbox.stop()
    runner = sandbox.state.registry.runner(sandbox.state.registry.latest("acme/fake"))
    until(lambda: not runner._seated)
    time.sleep(0.05)
    assert not runner._server.is_alive


def test_what_is_asked_of_a_server_that_has_stopped_is_an_error(model, sandbox):
    model()
    runner = sandbox.state.registry.runner(sandbox.state.registry.latest("acme/fake"))
    runner.stop()
    runner.stop()
    for ask in (lambda: runner._server.callbacks, runner._server.schema):
        with pytest.raises(CogError, match="has stopped"):
            ask()


def test_a_name_is_made_of_the_folders_and_the_version_is_cogs(sandbox, tmp_path):
    folder = tmp_path / "My Model (v2)"
    folder.mkdir()
    (folder / "cog.yaml").write_text('{"predict": "predict.py:Predictor"}')
    version = sandbox.cog(folder, variables={"PYTHONPATH": str(FAKE), "FAKE_OUTPUT": "file"})
    assert sandbox.models == ["cog/my-model-v2"]
    with connect(sandbox) as http:
        record = http.get(f"/models/cog/my-model-v2/versions/{version}").json()
    assert record["cog_version"] == "9.9"


def test_a_folder_or_a_python_that_is_not_there_is_an_error(sandbox, tmp_path):
    with pytest.raises(CogError, match=r"there is no cog\.yaml in .*nothing"):
        sandbox.cog(tmp_path / "nothing")
    (tmp_path / "cog.yaml").write_text("{}")
    with pytest.raises(CogError, match="cannot be started"):
        sandbox.cog(tmp_path, python=tmp_path / "python")
