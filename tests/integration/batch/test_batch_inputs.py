"""Where a batch's inputs come from, what makes two of them the same, and what comes out."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from replicatekit import AsyncClient, errors, webhooks
from replicatekit.batch import AsyncBatch, Batch, _prepare, _progress
from replicatekit.sandbox import Path as ModelPath


@pytest.fixture
def sandbox(sandbox):
    @sandbox.model("acme/size")
    def size(file: ModelPath, note: str = "") -> int:
        return len(file.read_bytes())

    return sandbox


@pytest.mark.parametrize(
    ("name", "text"),
    [("in.jsonl", '{"n": 1}\n\n{"n": 2}\n'), ("in.csv", "n,note\n1,\n2,\n")],
)
def test_inputs_are_read_from_files(client, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        assert batch.add(tmp_path / name).added == 2
        assert batch.run(creates_per_minute=None).succeeded == 2
        assert [row.output for row in batch.results()] == [2, 4]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("in.jsonl", '{"n": 1}\n[2]\n', "line 2 of in.jsonl must be an object"),
        ("in.jsonl", "{", "line 1 of in.jsonl: not JSON"),
        ("in.csv", "n\n1,2\n", "more columns than the header"),
    ],
)
def test_a_line_that_is_no_input_is_named(client, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    journal = tmp_path / "journal.db"
    with Batch(journal, "acme/double", client=client) as batch, pytest.raises(errors.InvalidInput, match=message):
        batch.add(tmp_path / name)


@pytest.mark.parametrize("source", [3, {"n": 1}, "in.txt", "missing.csv"])
def test_what_holds_no_inputs_is_refused(client, tmp_path, source):
    journal = tmp_path / "journal.db"
    with Batch(journal, "acme/double", client=client) as batch, pytest.raises(errors.InvalidArgument):
        batch.add(source)


def test_files_are_the_same_by_their_content_and_uploaded_once(sandbox, client, tmp_path):
    large = tmp_path / "a.bin"
    large.write_bytes(b"x" * 300_000)
    other = tmp_path / "b.bin"
    other.write_bytes(large.read_bytes())
    with Batch(tmp_path / "journal.db", "acme/size", client=client) as batch:
        assert batch.add([{"file": large}, {"file": other}]).added == 1
        assert batch.add({"file": large, "note": str(n)} for n in range(5)).added == 5
        assert batch.add([{"file": b"y" * 10}]).added == 1
        assert batch.run(creates_per_minute=None).succeeded == 7
        assert [row.output for row in batch.results()] == [300_000] * 6 + [10]
    uploads = [request for request in sandbox.requests if (request.method, request.path) == ("POST", "/v1/files")]
    assert len(uploads) == 1


def test_a_file_that_has_changed_since_is_not_sent(sandbox, client, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("before")
    with Batch(tmp_path / "journal.db", "acme/size", client=client) as batch:
        batch.add([{"file": file}])
        file.write_text("afterwards")
        assert batch.run(creates_per_minute=None).failed == 1
        (row,) = batch.results()
    assert row.error_kind == "input"
    assert "has changed since" in row.error
    assert sandbox.creates == 0


def test_a_file_that_changes_while_it_is_uploaded_is_not_used(sandbox, client, tmp_path, monkeypatch):
    large = tmp_path / "a.bin"
    large.write_bytes(b"x" * 300_000)
    check, checked = _prepare._check_digest, []

    def change(path, file, digest):
        check(path, file, digest)
        checked.append(digest)
        path.write_bytes(b"y" * 300_000)

    monkeypatch.setattr(_prepare, "_check_digest", change)
    with Batch(tmp_path / "journal.db", "acme/size", client=client) as batch:
        batch.add([{"file": large}])
        assert batch.run(creates_per_minute=None).status.failures == {"input": 1}
        (row,) = batch.results()
    assert "has changed since it was added" in row.error
    assert (len(checked), sandbox.creates) == (1, 0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"n": float("nan")}, r"inputs\[700\].n: nan is not valid"),
        ({"n": {"k": timedelta(1)}}, r"inputs\[700\].n.k: a timedelta cannot be sent"),
        ({"file": Path("nowhere.png")}, r"inputs\[700\]: 'nowhere.png' cannot be read"),
        ({"n": "\ud800"}, r"inputs\[700\].n: this text cannot be encoded"),
        ({"n": 10**5000}, r"inputs\[700\] cannot be written as JSON"),
        ({"n": {"$file": {"path": "/etc/passwd", "sha256": "0", "size": 1}}}, r"inputs\[700\] has the key '\$file'"),
        ({"n": {"$file": "x", "more": 1}}, r"inputs\[700\] has the key '\$file'"),
        ([1], "input 700 must be a dict"),
    ],
)
def test_an_input_that_cannot_be_sent_is_named_by_its_row_and_its_field(client, tmp_path, value, message):
    rows = [{"n": n} for n in range(700)]
    journal = tmp_path / "journal.db"
    with Batch(journal, "acme/double", client=client) as batch, pytest.raises(errors.InvalidInput, match=message):
        batch.add([*rows, value])


def test_async_code_adds_async_iterables_and_sync_code_says_so(sandbox, client, tmp_path):
    async def rows():
        for n in range(1200):
            yield {"n": n % 1100}

    async def main():
        own = AsyncClient(token=sandbox.token, base_url=sandbox.base_url)
        async with own, AsyncBatch(tmp_path / "journal.db", "acme/double", client=own) as batch:
            report = await batch.add(rows())
            with pytest.raises(errors.InvalidInput, match=r"inputs\[1\].n"):
                await batch.add(wrong())
            return report.added, report.known

    async def wrong():
        yield {"n": 1}
        yield {"n": float("inf")}

    assert asyncio.run(main()) == (1100, 100)
    journal, message = tmp_path / "journal.db", "which AsyncBatch takes"
    with Batch(journal, client=client) as batch, pytest.raises(errors.InvalidArgument, match=message):
        batch.add(rows())


def test_a_journal_is_for_one_model(client, tmp_path):
    Batch(tmp_path / "journal.db", "acme/double", client=client).close()
    with pytest.raises(errors.InvalidArgument, match="is for acme/double, not for acme/size"):
        Batch(tmp_path / "journal.db", "acme/size", client=client)
    with pytest.raises(errors.InvalidArgument, match="needs the model"):
        Batch(tmp_path / "new.db")


def test_the_journal_can_be_read_by_others(client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 1}])
        with sqlite3.connect(tmp_path / "journal.db") as other:
            assert other.execute("SELECT status, input FROM items").fetchall() == [("pending", '{"n":1}')]
        other.close()


def test_async_code_has_the_same(sandbox, tmp_path):
    async def main():
        client = AsyncClient(token=sandbox.token, base_url=sandbox.base_url)
        seen = []
        async with client, AsyncBatch(tmp_path / "journal.db", "acme/double", client=client) as batch:
            await batch.add({"n": n} for n in range(5))
            report = await batch.run(creates_per_minute=None, on_result=seen.append)
            rows = [row.output async for row in batch.results()]
            again = await batch.complete([{"n": 1}, {"n": 7}], creates_per_minute=None)
            return report.succeeded, rows, len(seen), [row.output for row in again], (await batch.status()).total

    assert asyncio.run(main()) == (5, [0, 2, 4, 6, 8], 5, [2, 14], 6)


def test_async_code_whose_callback_waits_for_the_journal_goes_on(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr(_progress, "_COUNT_AGAIN", 0.0)  # the progress counts the rows at each one

    async def main():
        client = AsyncClient(token=sandbox.token, base_url=sandbox.base_url)
        async with client, AsyncBatch(tmp_path / "journal.db", "acme/double", client=client) as batch:
            await batch.add({"n": n} for n in range(200))
            reports.append(await batch.run(creates_per_minute=None, progress=False))

    reports = []
    running = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    running.start()
    running.join(60)
    assert [report.succeeded for report in reports] == [200]


def test_webhooks_bring_what_has_ended(sandbox, client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        body = json.dumps({"id": "p1", "status": "succeeded", "output": 4})
        request = type("Request", (), {"body": body.encode(), "headers": webhooks.sign(body, "whsec_c2VjcmV0")})
        assert batch.receive(request, "whsec_c2VjcmV0")
        with pytest.raises(errors.WebhookError):
            batch.receive(request, "whsec_b3RoZXI=")
        assert batch.run(webhook="https://example.com/hook").status.is_done
        kept = "SELECT COUNT(*) FROM deliveries"  # nobody waits for it: it came late, or is of another batch
        assert batch._writer.call(batch._writer.journal.database.rows, kept) == [(0,)]


def test_who_watches_sees_how_far_and_how_fast_it_goes_and_what_fails(sandbox, client, tmp_path, capfd):
    @sandbox.model("acme/fails")
    def fails(n: int) -> int:
        return 1 // n

    with Batch(tmp_path / "journal.db", "acme/fails", client=client) as batch:
        batch.add({"n": n} for n in range(3))
        batch.run(creates_per_minute=None, progress=True)
        assert re.search(r"3/3.*1 failed, \d+/min, \d+ s compute", capfd.readouterr().err)
        batch.run(progress=False)
        assert not capfd.readouterr().err


def test_interrupting_leaves_a_batch_that_continues(sandbox, client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add({"n": n} for n in range(30))

        def interrupt(row):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            batch.run(creates_per_minute=None, concurrency=2, on_result=interrupt)
        assert batch.run(creates_per_minute=None).status.succeeded == 30
    assert sandbox.creates == 30


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", "n,s\n1,é\n".encode("latin-1"), "in.csv is not UTF-8"),
        ("in.jsonl", '{"s": "é"}\n'.encode("latin-1"), "in.jsonl is not UTF-8"),
        ("in.csv", b"n,n\n1,2\n", "two columns are called 'n'"),
        ("in.csv", b"n\n" + b"1" * 200_000, "field larger than field limit"),
        ("in.jsonl", b'{"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(client, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    journal = tmp_path / "journal.db"
    with Batch(journal, "acme/double", client=client) as batch, pytest.raises(errors.InvalidArgument, match=message):
        batch.add(tmp_path / name)


class Missing:
    """As pandas has it: it can be neither compared nor asked whether it is true."""

    def __eq__(self, _):
        raise TypeError

    __hash__ = None


Missing.__name__ = "NAType"


class Frame:
    """What of a DataFrame is used."""

    columns = ("n", "note")

    def itertuples(self, index, name):
        return iter([(1, Missing()), (2, None), (3, float("nan"))])


def test_missing_cells_of_a_table_are_left_out(client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        assert batch.add(Frame()).added == 3
        assert [row.input for row in batch.results()] == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("deep", [True, False])
def test_an_input_that_json_cannot_hold_is_refused(client, tmp_path, deep):
    value = {}
    value["n"] = value if deep else 10**5000
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        with pytest.raises(errors.InvalidInput):
            batch.add([{"n": 1}, value])
        assert batch.status().total == 0


def test_half_a_character_and_a_nul_in_an_error_are_kept_as_far_as_possible(sandbox, client, tmp_path):
    @sandbox.model("acme/odd")
    def odd(n: int) -> str:
        raise ValueError("odd \0 text")

    with Batch(tmp_path / "journal.db", "acme/odd", client=client) as batch:
        batch.add([{"n": 1}])
        batch.run(creates_per_minute=None)
        (row,) = batch.results()
    assert row.error.startswith("odd ")


def test_unknown_options_and_kinds_are_named(client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        with pytest.raises(errors.InvalidArgument, match="did you mean concurrency"):
            batch.run(concurency=3)
        with pytest.raises(errors.InvalidArgument, match="kinds are"):
            batch.retry_failed(["nonsense"])
        with pytest.raises(errors.InvalidArgument, match="status must be one of"):
            batch.results("nonsense")


def test_a_deployment_stays_a_deployment(client, tmp_path):
    url = "https://replicate.com/deployments/acme/fast"
    Batch(tmp_path / "journal.db", url, client=client).close()
    with Batch(tmp_path / "journal.db", url, client=client) as batch:
        assert batch.ref == "replicate.com/deployments/acme/fast"
    with pytest.raises(errors.InvalidArgument, match="is for replicate"):
        Batch(tmp_path / "journal.db", "acme/fast", client=client)
