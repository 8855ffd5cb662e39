"""`doctor`, `completion`, `webhooks`, `scaffold`, `api` and `sandbox`, as processes; and the page with all help."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from replicatekit import webhooks

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_the_command_line_has_every_help_page():
    import write_cli_docs

    assert write_cli_docs.PAGE.read_text("utf-8") == write_cli_docs.render()


def test_doctor_finds_nothing_wrong_where_nothing_is(cli):
    ended = cli("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert {line[:4] for line in ended.out.splitlines()} == {"ok  "}
    assert "signed in as sandbox" in ended.out
    assert cli.sandbox.token not in ended.out
    assert all(check["is_ok"] for check in json.loads(cli("doctor", "--json").out))


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"REPLICATE_API_TOKEN": None}, "FAIL  token: no API token"),
        ({"REPLICATE_API_TOKEN": "r8_wrong"}, "refuses the token"),
        ({"REPLICATE_BASE_URL": "http://127.0.0.1:9/v1"}, "FAIL  connection: "),
        ({"SSL_CERT_FILE": "/nothing.pem"}, "FAIL  certificates: SSL_CERT_FILE names /nothing.pem"),
    ],
)
def test_doctor_says_what_is_wrong(cli, env, said):
    ended = cli("doctor", env=env)
    assert ended.code == 1
    assert said in ended.out


def test_doctor_warns_of_a_token_that_does_not_look_like_one(cli):
    ended = cli("doctor", env={"REPLICATE_API_TOKEN": "something"})
    assert "warn  token: from REPLICATE_API_TOKEN; it does not begin with r8_" in ended.out


def test_doctor_hides_the_password_of_a_proxy(cli):
    ended = cli("doctor", env={"HTTPS_PROXY": "http://me:hidden@127.0.0.1:9", "NO_PROXY": "127.0.0.1"})
    assert "hidden" not in ended.out
    assert "HTTPS_PROXY=http://...@127.0.0.1:9" in ended.out


def completions(cli, *words):
    return cli("__complete", *words).out.splitlines()


def test_completion_knows_commands_options_models_and_inputs(cli):
    assert completions(cli, "pre") == ["predictions"]
    assert completions(cli, "predictions", "l") == ["list", "logs"]
    assert completions(cli, "run", "--dr") == ["--dry-run"]
    assert completions(cli, "run", "") == []
    assert cli("run", "sandbox/hello").code == 0
    assert completions(cli, "run", "sand") == ["sandbox/hello"]
    assert completions(cli, "models", "get", "") == ["sandbox/hello"]
    assert completions(cli, "run", "sandbox/hello", "") == ["text="]
    assert completions(cli, "completion", "") == ["bash", "zsh", "fish"]


def test_bash_completes(cli):
    script = cli("completion", "bash").out
    program = f"{script}\nCOMP_LINE='replicatekit pred' COMP_POINT=17 COMP_WORDS=(replicatekit pred) COMP_CWORD=1\n"
    program += '_replicatekit; echo "${COMPREPLY[@]}"'
    path = f"{Path(sys.executable).parent}:{cli.env['PATH']}"
    done = subprocess.run(["bash", "-c", program], env={**cli.env, "PATH": path}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("predictions\n", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_read_their_scripts(cli, shell):
    ended = cli("completion", shell)
    assert ended.code == 0
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=ended.out, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_scaffold_writes_a_program_that_runs_it_again(cli):
    made = json.loads(cli("run", "sandbox/hello", "text=you", "--json").out)
    assert cli("scaffold", made["id"], "-o", "again.py").code == 0
    done = subprocess.run([sys.executable, "again.py"], cwd=cli.folder, env=cli.env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("hello you\n", "")
    assert cli("scaffold", made["id"], "-o", "again.py").code == 2


def test_scaffold_saves_files(cli):
    made = json.loads(cli("run", "sandbox/painter", "width=16", "height=16", "--json").out)
    (cli.folder / "again.py").write_text(cli("scaffold", made["id"]).out)
    done = subprocess.run([sys.executable, "again.py"], cwd=cli.folder, env=cli.env, capture_output=True, text=True)
    assert (cli.folder / done.stdout.strip()).is_file()


@pytest.mark.sources
def test_what_scaffold_writes_passes_pyright(cli):
    pyright = Path(sys.executable).with_name("pyright")
    if not pyright.exists():
        pytest.skip("pyright is not installed")
    for model in ("sandbox/hello", "sandbox/painter"):
        made = json.loads(cli("run", model, "--json").out)
        (cli.folder / f"{model.partition('/')[2]}.py").write_text(cli("scaffold", made["id"]).out)
    (cli.folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [pyright, "--pythonpath", sys.executable, "--project", cli.folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "0 errors" in done.stdout, done.stdout


def test_api_sends_any_request(cli):
    assert json.loads(cli("api", "GET", "/account").out)["username"] == "sandbox"
    listed = [json.loads(line)["name"] for line in cli("api", "get", "/models", "--paginate").out.splitlines()]
    assert listed == [each["name"] for each in json.loads(cli("models", "list", "--limit", "0", "--json").out)]
    version = json.loads(cli("models", "versions", "sandbox/hello", "--json").out)[0]["id"]
    body = json.dumps({"input": {"text": "api"}, "version": version})
    made = json.loads(cli("api", "POST", "/predictions", "-d", "-", stdin=body.encode()).out)
    assert made["input"] == {"text": "api"}
    assert cli("api", "POST", "/models", "--paginate").code == 2
    assert cli("api", "GET", "/nothing").code == 3


def test_a_delivery_is_verified(cli):
    secret = cli("webhooks", "secret").out.strip()
    assert secret.startswith("whsec_")
    body = cli("api", "GET", f"/predictions/{cli('run', 'sandbox/hello', '--no-wait').out.strip()}", "--jsonl").out
    headers = [f"-H{name}:{value}" for name, value in webhooks.sign(body, secret).items()]
    assert cli("webhooks", "verify", "-", *headers, stdin=body.encode()).out.startswith("id:")
    refused = cli("webhooks", "verify", "-", *headers, stdin=body.replace("hello", "hullo").encode())
    assert (refused.code, refused.out) == (1, "")


def test_listen_verifies_prints_and_records_and_replay_sends_it_again(cli):
    secret = cli("webhooks", "secret").out.strip()
    body = json.dumps({"id": "abc", "status": "succeeded", "model": "a/b", "input": {}, "version": "x"}).encode()
    with cli.start("webhooks", "listen", "--port", "0", "--record", "seen.jsonl") as process:
        url = re.search(r"http://\S+:\d+", process.stderr.readline().decode())[0]
        assert post(url, body, webhooks.sign(body, secret)) == 204
        assert post(url, body + b" ", webhooks.sign(body, secret)) == 401
        ended = cli("webhooks", "replay", "seen.jsonl", "--to", url)
        assert (ended.code, ended.out) == (0, "204\tabc\n")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.decode() == "abc\tsucceeded\ta/b\n" * 2
    assert err.decode().splitlines()[-1] == "stopped"


def post(url, body, headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_sandbox_starts_and_stops(cli):
    with cli.start("sandbox", "--quiet") as process:
        assert process.stdout.readline().startswith(b"export ")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_sandbox_that_cannot_start_is_exit_code_2(cli):
    ended = cli("sandbox", "nothing.py")
    assert ended.code == 2
    assert "nothing.py" in ended.err
