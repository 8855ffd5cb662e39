"""What all commands have in common: options, exit codes, errors, and the token that is never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import replicatekit
from replicatekit.cli._frame.catalogue import VERBS, commands_of


def test_the_summary_shows_no_secret():
    secrets = {"REPLICATE_API_TOKEN": "r8_secret", "REPLICATE_BASE_URL": "https://me:hidden-word@gateway.example/v1"}
    done = subprocess.run(
        [sys.executable, "-m", "replicatekit"], env={**os.environ, **secrets}, capture_output=True, text=True
    )
    assert "gateway.example/v1" in done.stdout
    assert "r8_secret" not in done.stdout
    assert "hidden-word" not in done.stdout


def test_the_version(cli):
    assert cli("--version") == (0, f"replicatekit {replicatekit.__version__}\n", "")


def test_no_arguments_and_help_show_the_first_page(cli):
    assert cli().out == cli("--help").out
    assert all(f"  {verb} " in cli("--help").out for verb in VERBS)


def test_the_module_runs_it_too(cli):
    done = subprocess.run(
        [sys.executable, "-m", "replicatekit", "account"], env=cli.env, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "username: sandbox")


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_a_help_page_without_a_token(cli, verb):
    for command in commands_of(verb):
        words = [verb] if command.name == verb else [verb, command.name]
        ended = cli(*words, "--help", env={"REPLICATE_API_TOKEN": ""})
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith(f"usage: replicatekit {' '.join(words)}")


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("words", [["--help"], ["batch", "--help"], ["run", "sandbox/painter", "--help"]])
def test_help_pages_fit_the_terminal(cli, words, columns):
    lines = cli(*words, env={"COLUMNS": str(columns)}).out.splitlines()
    assert [line for line in lines if len(line) > columns and "replicatekit run" not in line] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "did you mean run?"),
        (["predictions", "lst"], "did you mean list?"),
        (["predictions"], ""),
        (["predictions", "list", "--limt", "3"], "did you mean --limit?"),
        (["predictions", "get"], "ID"),
        (["run"], "required: REF\n"),
        (["predictions", "list", "--limit", "x"], "--limit"),
        (["predictions", "list", "--limit", "-1"], "--limit"),
        (["predictions", "list", "--since", "soon"], "soon"),
        (["account", "a", "b"], "too many"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(cli, words, said):
    ended = cli(*words)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) <= 2


@pytest.mark.parametrize("words", [["account", "--token", "r8_secret"], ["account", "--token=r8_secret"]])
def test_a_token_is_no_argument_and_is_not_shown(cli, words):
    ended = cli(*words)
    assert ended.code == 2
    assert "REPLICATE_API_TOKEN" in ended.err
    assert "r8_secret" not in ended.out + ended.err


def test_the_token_comes_from_a_file(cli):
    (cli.folder / "token").write_text(f"{cli.sandbox.token}\n")
    without = {"REPLICATE_API_TOKEN": None}
    assert cli("account", "--token-file", "token", env=without).code == 0
    assert cli("--token-file", "token", "account", env=without).code == 0
    assert cli("--token-file", "token", "predictions", "list", env=without).code == 0
    assert cli("account", "--token-file", "nothing", env=without).code == 2
    ended = cli("account", env=without)
    assert ended.code == 2
    assert "--token-file" in ended.err


def test_the_token_is_never_shown_even_in_debug(cli):
    ended = cli("run", "acme/moody", "mood=bad", "--debug")
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert cli.sandbox.token not in ended.out + ended.err


def test_a_refusal_of_the_api_is_exit_code_3(cli):
    ended = cli("predictions", "get", "nothing")
    assert (ended.code, ended.out) == (3, "")
    assert "404" in ended.err
    assert cli("account", env={"REPLICATE_API_TOKEN": "r8_wrong"}).code == 3


def test_no_connection_is_exit_code_4(cli):
    ended = cli("api", "GET", "/account", "--timeout", "1", "--base-url", "http://127.0.0.1:9/v1")
    assert ended.code == 4
    assert "doctor" in ended.err


def test_lists_are_tables_for_people_and_lines_for_programs(cli):
    plain = cli("models", "list", "--limit", "3").out.splitlines()
    assert [line.count("\t") for line in plain] == [2, 2, 2]
    assert len(json.loads(cli("models", "list", "--limit", "3", "--json").out)) == 3
    assert all(json.loads(line)["name"] for line in cli("models", "list", "--jsonl").out.splitlines())
    code, seen = cli.in_terminal("models", "list", "--limit", "3")
    assert code == 0
    assert "MODEL" in seen


def test_nothing_of_rich_is_loaded_in_a_pipe(cli):
    program = (
        "import sys; sys.modules['click'] = None; "  # or httpx loads what its own command line needs
        "from replicatekit.cli._frame.main import main; code = main(['models', 'list']); "
        " print([name for name in ('rich', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=cli.env, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_loads_no_client(cli):
    program = (
        "import sys; from replicatekit.cli._frame.main import main; main(['run', '--help']); "
        "print([name for name in ('httpx', 'httpcore2', 'anyio', 'attrs', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=cli.env, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_closed_streams_are_no_fault(cli):
    for closed in (">&-", "2>&-", "<&-"):
        done = subprocess.run(f"{cli.executable} account {closed}", shell=True, env=cli.env, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")


def test_help_is_a_word_too(cli):
    assert cli("help", "predictions", "get").out == cli("predictions", "get", "--help").out


def test_what_cannot_be_undone_is_asked_for(cli):
    assert cli("models", "delete", "sandbox/nothing").code == 2
    code, seen = cli.in_terminal("models", "delete", "sandbox/nothing", typed=b"n\n")
    assert code == 130
    assert "nothing was deleted" in seen
    assert cli("models", "delete", "sandbox/nothing", "--yes").code == 3
