"""What the API may have is not let go of, and what a batch must not keep is not kept."""

from __future__ import annotations

import asyncio
import pickle
import signal
import threading
import time
from pathlib import Path

import pytest

from replicatekit import AsyncClient, Client, errors
from replicatekit.batch import AsyncBatch, Batch
from replicatekit.batch._client import async_client_of
from replicatekit.batch._items import encode_input
from replicatekit.batch._journal.rate import RateState
from replicatekit.batch._journal.records import ClaimLost, Outcome
from replicatekit.batch._journal.writer import JournalWriter
from replicatekit.sandbox import Path as ModelPath
from replicatekit.sandbox import Secret

CREATE = {"method": "POST", "path": "/predictions"}
LOOK = {"method": "GET", "path": "/predictions"}


@pytest.fixture
def sandbox(sandbox, tmp_path):
    @sandbox.model("acme/slow")
    def slow(n: int) -> int:
        time.sleep(1.0)
        return n

    @sandbox.model("acme/copy")
    def copy(n: int) -> ModelPath:
        made = ModelPath(tmp_path / "made.txt")
        made.write_text("hello")
        return made

    return sandbox


@pytest.fixture
def journal(tmp_path):
    writer = JournalWriter(tmp_path / "journal.db")
    writer.call(writer.journal.settings.reference_for, "acme/double")
    writer.call(writer.journal.rate.enter, RateState(0.0, 0.0, None, 0, 20, 0))
    writer.call(writer.journal.items.add, [encode_input("acme/double", {"n": 1}, writer.journal.files)], 1)
    for worker in ("slept", "other"):
        writer.call(writer.journal.workers.enter, worker, "host", "1:1")
    yield writer
    writer.close()


def sent_by_one_that_sleeps(writer):
    """An item whose create a worker has sent, before it slept and another one took the item over."""
    steps = writer.journal
    (claim,) = writer.call(steps.workers.claim, "slept", 1)
    number = writer.call(steps.items.sending, "slept", claim.id, "{}", 0)
    ((_, seen_at),) = writer.call(steps.workers.dead, "other", 60.0, lambda *_: True)
    assert [each.status for each in writer.call(steps.workers.take_over, "other", "slept", seen_at)] == ["sending"]
    return claim.id, number


def test_a_worker_that_was_taken_for_dead_cannot_free_or_end_what_another_one_has(journal):
    item, _ = sent_by_one_that_sleeps(journal)
    for step in (
        lambda: journal.journal.items.put_back("slept", item, 0.0),
        lambda: journal.journal.items.finished("slept", item, Outcome("failed")),
    ):
        with pytest.raises(ClaimLost):
            journal.call(step)
    assert journal.call(journal.journal.rows.one, item).status == "sending"


def test_the_answer_to_a_worker_that_was_taken_for_dead_is_found_by_the_one_that_has_the_item(journal):
    item, number = sent_by_one_that_sleeps(journal)
    assert journal.call(journal.journal.items.created, "slept", item, number, "p1")
    assert journal.call(journal.journal.items.last_attempt, item).prediction_id == "p1"
    journal.call(journal.journal.items.running, "other", item, "p1")
    assert journal.call(journal.journal.rows.one, item).prediction_id == "p1"


def test_a_token_that_is_refused_while_predictions_run_frees_none_of_them(sandbox, client, start, tmp_path):
    process = start(tmp_path / "journal.db", "acme/slow", 3).until(lambda: sandbox.creates == 3)
    process.kill()
    process.wait()
    wrong = Client(token="r8_wrong", base_url=sandbox.base_url)
    with Batch(tmp_path / "journal.db", client=wrong, settle=0.3) as batch, pytest.raises(errors.AuthenticationError):
        batch.run(creates_per_minute=None)
    with Batch(tmp_path / "journal.db", client=client, settle=0.3) as batch:
        assert batch.run(creates_per_minute=None).succeeded == 3
    assert sandbox.creates == 3


def test_a_list_that_cannot_be_read_is_read_again_before_anything_is_sent(sandbox, client, tmp_path, monkeypatch):
    monkeypatch.setattr("replicatekit.batch._creating.RETRY_SECONDS", 0.1)
    sandbox.fail_next(**CREATE, times=1, cut="response", at=20)
    sandbox.fail_next(**LOOK, times=1, status=400)
    with Batch(tmp_path / "journal.db", "acme/double", client=client, settle=0.2) as batch:
        batch.add([{"n": 1}])
        assert batch.run(creates_per_minute=None, concurrency=1).succeeded == 1
    assert sandbox.creates == 1


def test_an_output_that_cannot_be_written_is_saved_by_the_next_run(sandbox, client, tmp_path):
    out = tmp_path / "out"
    with Batch(tmp_path / "journal.db", "acme/copy", client=client) as batch:
        batch.add([{"n": 1}])
        (row,) = batch.results()
        in_the_way = out / f"{row.fingerprint[:24]}.txt" / "made.txt"
        in_the_way.mkdir(parents=True)
        with pytest.raises(errors.LocalFileError):
            batch.run(creates_per_minute=None, output_dir=out)
        in_the_way.rmdir()
        in_the_way.parent.rmdir()
        assert batch.run(creates_per_minute=None, output_dir=out).succeeded == 1
        (row,) = batch.results()
    assert Path(row.output).read_text() == "hello"
    assert sandbox.creates == 1


def test_a_secret_input_comes_from_the_environment_and_is_kept_nowhere(sandbox, client, tmp_path, monkeypatch):
    @sandbox.model("acme/locked")
    def locked(n: int, key: Secret) -> str:
        if n == 1:
            raise ValueError(f"{key} does not fit")
        return f"{len(key)}"

    with Batch(tmp_path / "journal.db", "acme/locked", client=client, settle=0.3) as batch:
        with pytest.raises(errors.InvalidInput, match=r"inputs\[0\].key is a secret"):
            batch.add([{"n": 0, "key": "s3cret-value"}])
        batch.add([{"n": 0}, {"n": 1}])
        with pytest.raises(errors.InvalidArgument, match="KEY_FOR_TESTS"):
            batch.run(secrets={"key": "KEY_FOR_TESTS"})
        monkeypatch.setenv("KEY_FOR_TESTS", "s3cret-value")
        sandbox.fail_next(**CREATE, times=1, cut="response", at=20)
        batch.run(creates_per_minute=None, secrets={"key": "KEY_FOR_TESTS"}, output_dir=tmp_path / "out")
        assert [row.output for row in batch.results()] == ["12", None]
    assert sandbox.creates == 2
    kept = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    assert kept
    assert not any(b"s3cret-value" in each for each in kept)


def test_a_closed_batch_says_so(client, tmp_path):
    batch = Batch(tmp_path / "journal.db", "acme/double", client=client)
    batch.close()
    with pytest.raises(errors.InvalidArgument, match="is closed"):
        batch.status()


@pytest.mark.parametrize("settings", [{"proxy": "http://127.0.0.1:1"}, {"timeout": 3.0}, {"max_retries": 1}])
def test_the_settings_of_the_client_hold_for_its_batch(settings):
    made = async_client_of(Client("r8_x", **settings))
    assert {name: made._settings[name] for name in settings} == settings


def test_a_client_whose_transport_is_for_sync_code_is_refused(tmp_path):
    httpx = pytest.importorskip("httpx")
    client = Client("r8_x", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    journal = tmp_path / "journal.db"
    with (
        Batch(journal, "acme/double", client=client) as batch,
        pytest.raises(errors.InvalidArgument, match="Async"),
    ):
        batch.run()


def test_async_code_gets_the_error_of_its_own_callback(sandbox, tmp_path):
    class Mine(Exception):
        pass

    def refuse(_):
        raise Mine

    async def main():
        client = AsyncClient(token=sandbox.token, base_url=sandbox.base_url)
        async with client, AsyncBatch(tmp_path / "journal.db", "acme/double", client=client) as batch:
            await batch.add([{"n": 1}])
            with pytest.raises(Mine):
                await batch.run(creates_per_minute=None, on_result=refuse)

    asyncio.run(main())


def test_a_version_that_is_gone_stops_the_batch_and_fails_no_input(sandbox, client, tmp_path):
    with Batch(tmp_path / "journal.db", "a" * 64, client=client) as batch:
        batch.add([{"n": 1}, {"n": 2}])
        with pytest.raises(errors.APIStatusError):
            batch.run(creates_per_minute=None)
        assert batch.status().pending == 2
    assert sandbox.creates == 0


def test_what_looks_like_a_secret_is_refused_where_no_schema_tells(client, tmp_path):
    with Batch(tmp_path / "journal.db", "a" * 64, client=client) as batch:
        for name in ("hf_token", "OPENAI_API_KEY", "password"):
            with pytest.raises(errors.InvalidInput, match="looks like a secret"):
                batch.add([{name: "s3cret"}])
        assert batch.add([{"max_tokens": "7", "key": "C major", "token": 3}]).added == 1


def test_inputs_are_not_added_before_the_schema_could_be_read(sandbox, tmp_path):
    client = Client(token=sandbox.token, base_url=sandbox.base_url, max_retries=0)
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        sandbox.fail_next(path="/models/acme/double", status=503)
        with pytest.raises(errors.ServerError):
            batch.add([{"n": 1}])
        assert batch.status().total == 0
        assert batch.add([{"n": 1}]).added == 1


def test_ctrl_c_twice_leaves_a_batch_that_continues(sandbox, client, start, tmp_path):
    sandbox.fail_next(**CREATE, times=None, delay=0.5)
    process = start(tmp_path / "journal.db", "acme/slow", 12).until(lambda: sandbox.creates >= 4)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    process.wait(30)
    with Batch(tmp_path / "journal.db", client=client, settle=0.3) as batch:
        assert batch.run(creates_per_minute=None).status.succeeded == 12
    assert list(sandbox.count_creates().values()) == [1] * 12


def test_threads_and_batches_of_one_journal_share_the_work(sandbox, client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as one, Batch(tmp_path / "journal.db") as other:
        other._client = client
        one.add({"n": n} for n in range(60))
        reports = []
        threads = [
            threading.Thread(target=lambda each=each: reports.append(each.run(creates_per_minute=None, progress=False)))
            for each in (one, other, one)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(report.succeeded for report in reports) == 60
    assert list(sandbox.count_creates().values()) == [1] * 60


def test_an_error_of_a_journal_reaches_other_processes(tmp_path):
    with pytest.raises(errors.JournalError) as caught:
        Batch(tmp_path / "nowhere" / "journal.db", "acme/double")
    other = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(other, errors.JournalError)
    assert str(other) == str(caught.value)
