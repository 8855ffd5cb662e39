"""`replicatekit run` and `stream`, as a process."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXECUTABLE = Path(sys.executable).with_name("replicatekit")
PAGE = Path(__file__).resolve().parents[2] / "README.md"
README = PAGE.read_text("utf-8") if PAGE.is_file() else ""
PNG = b"\x89PNG"


def wait_for(condition):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_a_run_prints_the_text_of_the_output_and_nothing_else(cli):
    assert cli("run", "sandbox/hello", "text=you") == (0, "hello you\n", "")


def test_a_streamed_text_is_whole(cli):
    ended = cli("run", "sandbox/story", "prompt=a fox", "sentences=2")
    assert ended.code == 0
    assert ended.out.startswith("This is about a fox. ")
    assert ended.out.count("\n") == 2


def test_stream_prints_the_text_and_adds_nothing(cli):
    ended = cli("stream", "sandbox/story", "prompt=a fox", "sentences=1")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("This is about a fox. ")
    assert not ended.out.endswith("\n")


def test_stream_prints_events_as_json_lines(cli):
    lines = cli("stream", "sandbox/story", "sentences=1", "--jsonl").out.splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert set(events) >= {"output", "logs"}
    assert events[-1] == "done"


def test_json_is_the_whole_prediction(cli):
    found = json.loads(cli("run", "sandbox/hello", "text=you", "--json").out)
    assert (found["status"], found["output"], found["input"]) == ("succeeded", "hello you", {"text": "you"})


def test_inputs_have_the_types_of_the_schema(cli):
    ended = cli("run", "sandbox/painter", "prompt=12", "width=32", "height=32", "--json")
    assert json.loads(ended.out)["input"] == {"prompt": "12", "width": 32, "height": 32}


def test_inputs_come_from_json_files_and_stdin(cli):
    (cli.folder / "text.txt").write_text("from a file")
    assert cli("run", "sandbox/hello", "text=@text.txt").out == "hello from a file\n"
    assert cli("run", "sandbox/hello", "text=-", stdin=b"stdin").out == "hello stdin\n"
    assert cli("run", "sandbox/hello", "-i", '{"text": "json"}').out == "hello json\n"
    assert cli("run", "sandbox/hello", "-i", '{"text": "json"}', "text=word").out == "hello word\n"
    assert cli("run", "sandbox/hello", "-i", "-", stdin=b'{"text": "piped"}').out == "hello piped\n"
    assert cli("run", "sandbox/hello", 'text:="@json"').out == "hello @json\n"


def test_an_output_is_passed_on_by_its_url(cli):
    url = cli("run", "sandbox/painter", "width=16", "height=16", "--url").out
    ended = cli("run", "acme/upscale", "image=-", "--json", stdin=url.encode())
    assert json.loads(ended.out)["input"]["image"] == url.strip()


def test_a_file_is_saved_and_not_replaced(cli):
    words = ("run", "sandbox/painter", "width=16", "height=16", "-o", "out.png")
    assert cli(*words).code == 0
    assert (cli.folder / "out.png").read_bytes().startswith(PNG)
    before = cli.sandbox.creates
    refused = cli(*words)
    assert (refused.code, cli.sandbox.creates) == (2, before)
    assert "out.png" in refused.err
    assert cli(*words, "--force").code == 0


def test_the_name_of_a_file_without_its_sign_is_refused_before_anything_is_billed(cli):
    (cli.folder / "cat.png").write_bytes(PNG)
    before = cli.sandbox.creates
    refused = cli("run", "acme/caption", "image=cat.png")
    assert (refused.code, cli.sandbox.creates) == (2, before)
    assert "image=@cat.png" in refused.err


def test_a_file_in_a_folder_that_is_not_there_is_refused_before_anything_is_billed(cli):
    before = cli.sandbox.creates
    refused = cli("run", "sandbox/painter", "width=16", "height=16", "-o", "typo/out.png")
    assert (refused.code, cli.sandbox.creates) == (2, before)
    assert "there is no folder 'typo'" in refused.err
    assert not (cli.folder / "typo").exists()


def test_files_are_saved_into_a_folder(cli):
    ended = cli("run", "black-forest-labs/flux-schnell", "prompt=a fox", "num_outputs=2", "-o", "out/")
    assert ended.code == 0
    assert len(list((cli.folder / "out").glob("*.png"))) == 2


def test_a_file_goes_to_stdout_as_bytes(cli):
    with cli.start("run", "sandbox/painter", "width=16", "height=16", "-o", "-") as process:
        content, _ = process.communicate(timeout=120)
    assert content.startswith(PNG)


def test_urls_of_an_output_without_files_are_refused_before_it_is_billed(cli):
    before = cli.sandbox.creates
    assert cli("run", "sandbox/hello", "--url").code == 2
    assert cli.sandbox.creates == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
def test_an_output_that_cannot_be_written_is_not_lost(cli):
    with Path("/dev/full").open("wb") as full, cli.start("run", "sandbox/hello", "--json", stdout=full) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    name = err.decode().split("predictions outputs ")[1].split()[0]
    assert cli("predictions", "outputs", name).out == "hello world\n"


def test_a_misspelled_input_gets_a_suggestion_and_creates_nothing(cli):
    before = cli.sandbox.creates
    ended = cli("run", "sandbox/hello", "txt=you")
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean 'text'?" in ended.err
    assert cli.sandbox.creates == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["width=9999"], "2048"),
        (["width=wide"], "width"),
        (["palette=red"], "sunset"),
        (["prompt"], "name=value"),
        (["-i", "[1]"], "JSON object"),
        (["prompt=@nothing.txt"], "nothing.txt"),
        (["width=1", "width=2"], "2 times"),
        (["prompt=-", "-i", "-"], "only one"),
    ],
)
def test_a_wrong_input_is_refused_before_anything_is_sent(cli, words, said):
    before = cli.sandbox.creates
    ended = cli("run", "sandbox/painter", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert cli.sandbox.creates == before


def test_help_lists_the_inputs_of_a_model(cli):
    ended = cli("run", "sandbox/painter", "--help")
    assert ended.code == 0
    assert "inputs of sandbox/painter:" in ended.out
    assert "From 16 to 2048" in ended.out
    assert "'ocean'" in ended.out


def test_a_dry_run_shows_the_request_and_creates_nothing(cli):
    before = cli.sandbox.creates
    ended = cli("run", "sandbox/hello", "text=you", "--dry-run")
    shown = json.loads(ended.out)
    assert (ended.code, shown["method"], shown["body"]["input"]) == (0, "POST", {"text": "you"})
    assert cli.sandbox.creates == before
    assert cli("run", "sandbox/hello", "txt=you", "--dry-run").code == 2


def test_no_wait_prints_the_id(cli):
    ended = cli("run", "sandbox/hello", "--no-wait")
    assert ended.code == 0
    assert cli("predictions", "get", ended.out.strip()).code == 0


def test_a_failed_model_is_exit_code_1_with_the_id(cli):
    ended = cli("run", "acme/moody", "mood=bad")
    assert (ended.code, ended.out) == (1, "")
    assert "not in the mood" in ended.err
    assert "replicatekit predictions logs " in ended.err
    assert len(ended.err.splitlines()) == 2


def test_a_timeout_is_exit_code_4_and_leaves_it_running(cli):
    ended = cli("run", "acme/slow", "seconds=60", "--timeout", "1")
    assert ended.code == 4
    name = ended.err.split()[-1]
    assert cli("predictions", "cancel", name).out == f"{name}\tcanceled\n"


@pytest.mark.parametrize("verb", ["run", "stream"])
def test_ctrl_c_cancels_remotely(cli, verb):
    known = {each["id"] for each in listed(cli)}
    with cli.start(verb, "acme/slow", "seconds=60") as process:
        started = wait_for(lambda: [each for each in listed(cli) if each["id"] not in known])
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert started[0]["id"].encode() in err
    assert cli("predictions", "get", started[0]["id"], "--json").out.count('"canceled"') == 1


def listed(cli):
    return json.loads(cli("predictions", "list", "--json").out)


@pytest.mark.parametrize("verb", ["run", "stream"])
def test_a_closed_pipe_ends_quietly_and_cancels_what_nobody_reads(cli, verb):
    with cli.start(verb, "sandbox/story", "sentences=100", "pause=0.1") as process:
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert listed(cli)[0]["status"] == "canceled"


def test_a_stream_ends_its_last_line_in_a_terminal_alone(cli):
    words = ("stream", "meta/meta-llama-3-8b-instruct", "prompt=hi")
    assert cli.in_terminal(*words)[1].endswith(".\n")
    assert cli(*words).out.endswith(".")


def test_a_terminal_sees_progress_and_a_picture(cli):
    code, seen = cli.in_terminal("run", "sandbox/painter", "width=16", "height=16")
    assert code == 0
    assert "▀" in seen
    assert "/out-0.png" in seen
    _, plain = cli.in_terminal("run", "sandbox/painter", "width=16", "height=16", env={"NO_COLOR": "1"})
    assert "▀" not in plain


def test_a_terminal_of_kitty_or_iterm_gets_the_picture_itself(cli):
    words = ("run", "sandbox/painter", "width=16", "height=16")
    assert "\x1b_Gf=100,a=T" in cli.in_terminal(*words, env={"TERM": "xterm-kitty"})[1]
    assert "\x1b]1337;File=inline=1" in cli.in_terminal(*words, env={"TERM_PROGRAM": "iTerm.app"})[1]
    assert '\x1bPq"1;1;16;16' in cli.in_terminal(*words, env={"TERM": "foot"})[1]


@pytest.mark.sources
@pytest.mark.parametrize("line", re.findall(r"^\$ (replicatekit .*)$", README, re.MULTILINE))
def test_a_line_of_the_readme_runs(cli, line):
    path = f"{EXECUTABLE.parent}:{cli.env['PATH']}"
    command = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(command, cwd=cli.folder, env={**cli.env, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout or (cli.folder / "lighthouse.png").is_file()
