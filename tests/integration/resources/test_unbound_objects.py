"""Objects without a client and without a token: their errors still name the prediction that was paid for."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from support.file_server import without_delays

from replicatekit import Client, Prediction, Training, errors, save_outputs
from replicatekit._default_client import default_client

URL = "https://replicate.delivery/abc/out.png"


@pytest.fixture
def _no_token(monkeypatch):
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)


@pytest.mark.usefixtures("_no_token")
@pytest.mark.parametrize("kind", [Prediction, Training])
@pytest.mark.parametrize("method", ["reload", "cancel", "wait"])
def test_a_run_without_a_client_and_a_token_names_its_id(kind, method):
    run = kind.from_dict({"id": "made-up", "status": "processing", "input": {}, "output": None})
    with pytest.raises(errors.MissingTokenError) as caught:
        getattr(run, method)()
    assert caught.value.prediction_id == "made-up"
    assert "made-up" in str(caught.value)


@pytest.mark.usefixtures("_no_token")
def test_the_outputs_of_such_a_prediction_name_it_too(tmp_path):
    run = Prediction.from_dict({"id": "made-up", "status": "succeeded", "input": {}, "output": [URL]})
    with pytest.raises(errors.MissingTokenError) as caught:
        save_outputs(run, tmp_path)
    assert caught.value.prediction_id == "made-up"


def test_a_file_still_knows_its_prediction_after_a_pickle(sandbox, monkeypatch):
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)

    @sandbox.model("acme/gone", official=True)
    def gone() -> list[Path]:
        return ["https://127.0.0.1:1/a.png"]

    with Client(max_retries=0) as client:
        prediction = client.predictions.run("acme/gone", {})
        (file,) = client.predictions.get(prediction.id).result()
    without_delays(default_client())  # which a file that was a pickle is read by
    for copy in (file, pickle.loads(pickle.dumps(file)), pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(file))))):
        with pytest.raises(errors.ReplicateError) as caught:
            copy.read()
        assert caught.value.prediction_id == prediction.id
