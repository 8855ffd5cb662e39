"""What the API deletes while a batch is not running: outputs after an hour, uploads after a day."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from replicatekit.batch import Batch
from replicatekit.sandbox import Path as ModelPath

# Runs a batch, and is killed as soon as the prediction is created (`running`) or sent (`sending`).
KILLED = """
import os, sys
from replicatekit.batch import Batch
from replicatekit.batch._journal.items import Items
step, journal, out = sys.argv[1:]
work = getattr(Items, step)
def killed(self, *arguments):
    os.kill(os.getpid(), 9)
if step == "created":
    setattr(Items, step, killed)
else:
    from replicatekit.batch._watch import Watcher
    async def ended(self, prediction):
        os.kill(os.getpid(), 9)
    Watcher.ended = ended
Batch(journal).run(creates_per_minute=None, output_dir=out)
"""


@pytest.fixture
def sandbox(sandbox):
    @sandbox.model("acme/copy")
    def copy(file: ModelPath) -> ModelPath:
        return file

    return sandbox


def killed_after(step, sandbox, client, tmp_path, model, value):
    with Batch(tmp_path / "journal.db", model, client=client) as batch:
        batch.add([value])
    command = [sys.executable, "-c", KILLED, step, str(tmp_path / "journal.db"), str(tmp_path / "out")]
    sandbox.settings.data_lifetime = 0.2
    assert subprocess.run(command, env={**os.environ, **sandbox.environment}).returncode == -9
    (created,) = client.predictions.list().results
    while not client.predictions.get(created.id).data_removed:
        time.sleep(0.05)
    sandbox.settings.data_lifetime = 3600.0


@pytest.mark.parametrize(
    ("model", "value", "output"), [("acme/double", {"n": 2}, 4), ("acme/copy", {"file": b"hello"}, b"hello")]
)
def test_an_output_that_has_expired_is_reported_and_made_again_when_asked_for(
    sandbox, client, tmp_path, model, value, output
):
    killed_after("running", sandbox, client, tmp_path, model, value)
    with Batch(tmp_path / "journal.db", client=client, settle=0.1) as batch:
        report = batch.run(creates_per_minute=None, output_dir=tmp_path / "out")
        assert report.status.failures == {"expired": 1}
        (row,) = batch.results()
        assert "as it does an hour after the end" in row.error
        assert row.prediction_id in row.error
        assert sandbox.creates == 1
        assert batch.retry_failed(["expired"]) == 1
        assert batch.run(creates_per_minute=None, output_dir=tmp_path / "out").status.succeeded == 1
        (row,) = batch.results()
    assert (row.output if model == "acme/double" else Path(row.output).read_bytes()) == output
    assert sandbox.creates == 2


def test_a_create_that_was_cut_before_the_api_deleted_its_input_is_unknown_and_not_sent_again(
    sandbox, client, tmp_path
):
    killed_after("created", sandbox, client, tmp_path, "acme/double", {"n": 2})
    with Batch(tmp_path / "journal.db", client=client, settle=0.1) as batch:
        assert batch.run(creates_per_minute=None).status.unknown == 1
        assert sandbox.creates == 1
        assert batch.retry_failed(["unknown"]) == 1
        assert batch.run(creates_per_minute=None).status.succeeded == 1
    assert sandbox.creates == 2


def test_an_upload_that_has_expired_is_uploaded_again(sandbox, client, tmp_path, monkeypatch):
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * 300_000)
    with Batch(tmp_path / "journal.db", "acme/copy", client=client) as batch:
        batch.add([{"file": large}])
        assert batch.run(creates_per_minute=None, output_dir=tmp_path / "out").succeeded == 1
        for file in client.files.list().results:
            client.files.delete(file.id)  # as the API does after 24 hours
        now = batch._writer.journal.database.now
        monkeypatch.setattr(type(batch._writer.journal.database), "now", lambda _: now() + 23.5 * 3600)
        assert batch.add([{"file": large}], repeat=2).added == 1
        assert batch.run(creates_per_minute=None, output_dir=tmp_path / "out").status.succeeded == 2
    assert sum(request.method == "POST" and request.path == "/v1/files" for request in sandbox.requests) == 2
