"""Where the outputs of a batch go, and what happens when they cannot be written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from replicatekit import AsyncClient, errors
from replicatekit.batch import AsyncBatch, Batch, _outputs
from replicatekit.sandbox import Path as ModelPath


@pytest.fixture
def sandbox(sandbox):
    @sandbox.model("acme/copy")
    def copy(file: ModelPath) -> list[ModelPath]:
        return [file, file]

    return sandbox


def test_outputs_are_saved_by_their_fingerprint_with_a_manifest(client, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("hello")
    with Batch(tmp_path / "journal.db", "acme/copy", client=client) as batch:
        batch.add([{"file": file}])
        batch.run(creates_per_minute=None, output_dir=tmp_path / "out")
        (row,) = batch.results()
    assert [Path(each).read_text() for each in row.output] == ["hello", "hello"]
    assert all(Path(each).name.startswith(row.fingerprint[:24]) for each in row.output)
    (line,) = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    assert json.loads(line)["output"] == row.output


def test_a_folder_of_outputs_is_for_one_journal(client, tmp_path):
    out = tmp_path / "out"
    for name in ("one.db", "two.db"):
        with Batch(tmp_path / name, "acme/copy", client=client) as batch:
            batch.add([{"file": b"hello"}])
            if name == "two.db":
                with pytest.raises(errors.InvalidArgument, match="the outputs of another journal"):
                    batch.run(creates_per_minute=None, output_dir=out)
                assert batch.status().pending == 1
            else:
                batch.run(creates_per_minute=None, output_dir=out)
                batch.run(creates_per_minute=None, output_dir=out)
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "manifest.jsonl").write_text("mine")
    with Batch(tmp_path / "two.db", client=client) as batch:
        with pytest.raises(errors.InvalidArgument, match="of something else"):
            batch.run(creates_per_minute=None, output_dir=notes)
        with pytest.raises(errors.InvalidArgument, match="output_dir"):
            batch.run(creates_per_minute=None, output_dir=5)
        with pytest.raises(errors.LocalFileError):
            batch.run(creates_per_minute=None, output_dir=notes / "manifest.jsonl" / "x")
    assert (notes / "manifest.jsonl").read_text() == "mine"


def test_exported_rows_never_replace_a_file(client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 1}])
        assert batch.export(tmp_path / "rows.jsonl") == 1
        with pytest.raises(FileExistsError):
            batch.export(tmp_path / "rows.jsonl")
        with pytest.raises(errors.LocalFileError):
            batch.export(tmp_path / "nowhere" / "rows.jsonl")


def test_an_export_that_fails_leaves_no_part_of_a_file(client, tmp_path, monkeypatch):
    line = _outputs._manifest_line

    def full(row):
        if row.id == 2:
            raise OSError("No space left on device")
        return line(row)

    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 1}, {"n": 2}])
        with monkeypatch.context() as until_later:
            until_later.setattr(_outputs, "_manifest_line", full)
            with pytest.raises(errors.LocalFileError, match="No space left"):
                batch.export(tmp_path / "rows.jsonl")
        assert batch.export(tmp_path / "rows.jsonl") == 2


def test_a_manifest_that_cannot_be_written_stops_the_batch_and_no_row_is_missed(sandbox, client, tmp_path):
    out, seen = tmp_path / "out", []
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.run(output_dir=out)
        manifest = out / "manifest.jsonl"
        manifest.unlink()
        manifest.symlink_to("/dev/full")  # there is no room on it
        batch.add({"n": n} for n in range(20))
        with pytest.raises(errors.LocalFileError, match="No space left"):
            batch.run(creates_per_minute=None, concurrency=2, output_dir=out, on_result=seen.append)
        status = batch.status()
        assert (status.succeeded, status.failed) == (len(seen), 0)
        assert seen
        assert status.pending >= 10
        manifest.unlink()
        assert batch.run(creates_per_minute=None, output_dir=out, on_result=seen.append).status.succeeded == 20
        assert len(manifest.read_text().splitlines()) == 20
    assert (len(seen), sandbox.creates) == (20, 20)


def test_a_folder_on_a_file_system_without_links_is_for_one_journal_too(client, tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    for name in ("one.db", "two.db"):
        with Batch(tmp_path / name, "acme/double", client=client) as batch:
            if name == "one.db":
                batch.run(output_dir=tmp_path / "out")
            else:
                with pytest.raises(errors.InvalidArgument, match="the outputs of another journal"):
                    batch.run(output_dir=tmp_path / "out")


def test_async_code_gets_an_error_of_the_client_that_its_callback_raises(sandbox, tmp_path):
    def refuse(_):
        raise errors.FileGoneError("the callback's own")

    async def main():
        client = AsyncClient(token=sandbox.token, base_url=sandbox.base_url)
        async with client, AsyncBatch(tmp_path / "journal.db", "acme/double", client=client) as batch:
            await batch.add([{"n": 1}])
            with pytest.raises(errors.FileGoneError, match="the callback's own"):
                await batch.run(creates_per_minute=None, on_result=refuse)
            return (await batch.status()).succeeded

    assert asyncio.run(main()) == 1
