"""The verbs for what an account has: predictions, models, trainings, deployments, files and the rest."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from replicatekit.typed.project import FOLDER, list_stubs


@pytest.fixture
def made(cli):
    return json.loads(cli("run", "sandbox/hello", "text=you", "--json").out)


def test_predictions_are_shown(cli, made):
    name = made["id"]
    assert f"id:        {name}" in cli("predictions", "get", name).out
    assert json.loads(cli("predictions", "get", name, "--json").out)["output"] == "hello you"
    assert cli("predictions", "outputs", name).out == "hello you\n"
    assert cli("predictions", "outputs", name, "--raw").out == '"hello you"\n'
    assert cli("predictions", "watch", name).out == "hello you\n"
    assert cli("predictions", "list", "--limit", "1").out.startswith(f"{name}\tsucceeded\tsandbox/hello\t")
    assert cli("predictions", "list", "--before", "2020-01-01").out == ""
    assert name in cli("predictions", "list", "--since", "1h").out


def test_logs_are_printed(cli):
    name = json.loads(cli("run", "sandbox/story", "prompt=a fox", "sentences=1", "--json").out)["id"]
    assert "Telling of 'a fox'" in cli("predictions", "logs", name).out
    ended = cli("predictions", "watch", name)
    assert "Telling of 'a fox'" in ended.err
    assert ended.out.startswith("This is about a fox.")


def test_watching_can_end_without_ending_the_prediction(cli):
    name = cli("run", "acme/slow", "seconds=20", "--no-wait").out.strip()
    with cli.start("predictions", "watch", name) as process:
        assert process.stderr.readline()  # its progress: it is being watched
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"prediction {name} is still running" in err.decode()
    assert cli("predictions", "cancel", name).out == f"{name}\tcanceled\n"
    assert cli("predictions", "outputs", name).code == 130


def test_pull_saves_outputs_with_their_inputs_once(cli):
    made = json.loads(cli("run", "sandbox/painter", "width=16", "height=16", "--json").out)
    ended = cli("predictions", "pull", "--since", "1h", "-o", "kept")
    assert ended.code == 0
    folder = cli.folder / "kept" / made["id"]
    assert json.loads((folder / "input.json").read_text()) == made["input"]
    assert (folder / "out-0.png").is_file()
    assert cli("predictions", "pull", "--since", "1h", "-o", "kept").out == ""


def test_models_are_read(cli):
    assert cli("models", "get", "sandbox/hello").out.startswith("model:       sandbox/hello\n")
    assert cli("models", "readme", "sandbox/hello").out.startswith("# hello\n")
    assert "sandbox/hello" in cli("models", "search", "hello").out
    assert len(cli("models", "versions", "sandbox/hello").out.splitlines()) == 1
    assert cli("models", "examples", "sandbox/hello").code == 0
    assert "Input" in json.loads(cli("models", "schema", "sandbox/hello").out)["components"]["schemas"]


def test_a_model_is_created_changed_and_deleted(cli):
    name = "sandbox/made-by-cli"
    created = cli("models", "create", name, "--hardware", "cpu", "--description", "first")
    assert (created.code, created.err) == (0, "")
    assert "visibility:  private" in created.out
    (cli.folder / "README.md").write_text("# mine\n")
    changed = cli("models", "update", name, "--description", "second", "--readme", "README.md")
    assert "second" in changed.out
    assert cli("models", "readme", name).out == "# mine\n"
    code, seen = cli.in_terminal("models", "delete", name, typed=b"y\n")
    assert code == 0
    assert f"deleted the model {name}" in seen
    assert cli("models", "get", name).code == 3


def test_typed_modules_are_written_and_checked(cli):
    ended = cli("models", "add", "sandbox/hello")
    assert ended.code == 0
    assert (cli.folder / ended.out.split("\t")[0]).is_file()
    assert "up to date" in cli("models", "check").out
    assert cli("models", "update-modules").code == 0


def test_the_command_and_the_module_write_to_the_same_folder_and_the_header_names_it(cli):
    written = (cli.folder / cli("models", "add", "sandbox/hello").out.split("\t")[0]).resolve()
    assert written.parent.relative_to(cli.folder.resolve()) == Path(FOLDER)
    assert "python -m replicatekit.typed add" in written.read_text("utf-8")
    assert [each.path.resolve() for each in list_stubs(cli.folder / FOLDER)] == [written]


def test_trainings(cli):
    name = "sandbox/trained-by-cli"
    assert cli("models", "create", name, "--hardware", "cpu").code == 0
    version = json.loads(cli("models", "versions", "sandbox/hello", "--json").out)[0]["id"]
    refused = cli("trainings", "create", "sandbox/hello", "--destination", name)
    assert refused.code == 2
    created = cli("trainings", "create", f"sandbox/hello:{version}", "--destination", name)
    training = created.out.strip()
    assert f"replicatekit trainings watch {training}" in created.err
    watched = cli("trainings", "watch", training)
    assert "100%" in watched.err
    assert f'{{"version": "{name}:' in watched.out
    assert cli("trainings", "get", training).out == watched.out
    assert cli("trainings", "list").out.startswith(f"{training}\tsucceeded\tsandbox/hello\t")
    assert cli("trainings", "cancel", training).out == f"{training}\tsucceeded\n"


def test_deployments(cli):
    version = json.loads(cli("models", "versions", "sandbox/hello", "--json").out)[0]["id"]
    sizes = ("--min-instances", "0", "--max-instances", "1")
    words = ("--model", "sandbox/hello", "--version", version, "--hardware", "cpu", *sizes)
    created = cli("deployments", "create", "by-cli", *words)
    assert (created.code, created.err) == (0, "")
    name = "sandbox/by-cli"
    assert name in cli("deployments", "list").out
    assert "max:        3" in cli("deployments", "update", name, "--max-instances", "3").out
    assert cli("run", name, "text=you", "--deployment").out == "hello you\n"
    assert cli("deployments", "delete", name).code == 2
    assert cli("deployments", "get", name).code == 0


def test_files(cli):
    (cli.folder / "note.txt").write_text("a note")
    uploaded = cli("files", "upload", "note.txt")
    assert uploaded.code == 0
    name = uploaded.out.split("\t")[0]
    assert "note.txt" in cli("files", "get", name).out
    assert name in cli("files", "list").out
    assert cli("files", "upload", "nothing.txt").code == 2
    assert cli("files", "delete", name).code == 2
    assert cli("files", "delete", name, "--yes").code == 0
    assert cli("files", "get", name).code == 3


def test_an_output_is_downloaded(cli):
    url = cli("run", "sandbox/painter", "width=16", "height=16", "--url").out.strip()
    assert cli("files", "download", url, "-o", "picture.png").out == "picture.png\n"
    assert (cli.folder / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_small_lists(cli):
    assert "cpu\tCPU" in cli("hardware").out
    assert "demo" in cli("collections", "list").out
    assert "acme/slow" in cli("collections", "get", "demo").out
    assert cli("account").out.startswith("username: sandbox\n")
    assert "meta/meta-llama-3-8b-instruct" in cli("search", "llama").out
    assert json.loads(cli("search", "llama", "--json").out)["models"]


def test_a_batch_runs_resumes_and_is_exported(cli):
    lines = [json.dumps({"text": name}) for name in ("a", "b", "c")]
    (cli.folder / "inputs.jsonl").write_text("\n".join(lines))
    ended = cli("batch", "run", "batch.db", "sandbox/hello", "inputs.jsonl")
    assert ended.code == 0, ended.err
    assert "succeeded:   3" in ended.out
    before = cli.sandbox.creates
    assert cli("batch", "run", "batch.db", "sandbox/hello", "inputs.jsonl").code == 0
    assert cli("batch", "resume", "batch.db").code == 0
    assert cli("batch", "retry-failed", "batch.db").code == 0
    assert cli.sandbox.creates == before
    assert json.loads(cli("batch", "status", "batch.db", "--json").out)["total"] == 3
    rows = [json.loads(line) for line in cli("batch", "export", "batch.db").out.splitlines()]
    assert sorted(row["output"] for row in rows) == ["hello a", "hello b", "hello c"]
    assert cli("batch", "export", "batch.db", "-o", "rows.jsonl").code == 0
    assert len((cli.folder / "rows.jsonl").read_text().splitlines()) == 3
    listed = cli("batch", "results", "batch.db", "--status", "succeeded")
    assert listed.out.count("hello") == 3
    assert cli("batch", "status", "nothing.db").code == 2


def test_a_batch_takes_its_rate_its_secrets_and_its_webhook_from_the_command_line(cli):
    (cli.folder / "inputs.jsonl").write_text('{"text": "a"}')
    run = ("batch", "run", "batch.db", "sandbox/hello", "inputs.jsonl")
    before = cli.sandbox.creates
    assert cli(*run, "--rate", "-1").code == 2
    assert "INPUT=VARIABLE" in cli(*run, "--secret", "token").err
    assert "is not set" in cli(*run, "--secret", "token=NOT_SET_HERE").err
    assert cli(*run, "--webhook", "nowhere").code == 2
    assert cli.sandbox.creates == before
    assert cli(*run, "--rate", "0", "--retry-unknown").code == 0


def test_a_journal_that_cannot_be_used_is_a_failure_of_usage(cli):
    (cli.folder / "batch.db").write_text("something else, and longer than a header of SQLite would be, by far")
    ended = cli("batch", "status", "batch.db")
    assert ended.code == 2
    assert "not an SQLite database" in ended.err
