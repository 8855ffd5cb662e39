"""The programs in examples/, run as their headers say, with real servers and workers on loopback."""

from __future__ import annotations

import csv
import http.server
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.models import wait_until

from replicatekit import webhooks
from replicatekit.sandbox import ConcatenateIterator, Sandbox

pytestmark = pytest.mark.sources

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture
def sandbox():
    with Sandbox(demo=True) as running:
        yield running
    running.close()


@pytest.fixture
def environment(sandbox):
    return {**os.environ, **sandbox.environment, "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def run(environment, tmp_path):
    def run(*command, **changes):
        return subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=tmp_path,
            env={**environment, **changes},
            capture_output=True,
            text=True,
            timeout=90,
        )

    return run


@pytest.fixture
def pictures(tmp_path):
    """A folder with three pictures that differ behind the end of the PNG."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(SMALLEST_PNG + bytes([number]))
    return folder


@pytest.fixture
def endless(sandbox):
    """The model that writes goes on until it is canceled."""

    @sandbox.model("meta/meta-llama-3-8b-instruct", official=True)
    def write(prompt: str, max_tokens: int = 0) -> ConcatenateIterator[str]:
        yield "You asked:"
        for _ in range(1200):
            time.sleep(0.05)
            yield " and"


@contextmanager
def served(name, environment, tmp_path, **changes):
    """An example behind uvicorn: its URL."""
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), f"{name}:app", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**environment, **changes}, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = iter(process.stderr.readline, "")
        found = next(found for line in lines if (found := re.search(r"running on (http://\S+)", line)))
        reader = threading.Thread(target=lambda: list(lines))
        reader.start()
        try:
            with httpx.Client(base_url=found[1], trust_env=False, timeout=30) as client:
                yield client
        finally:
            process.terminate()
            reader.join()


def eventually(found):
    """What a function returns, once it is true."""
    for _ in range(600):
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come true in half a minute")


# The caption service. The sandbox delivers to wherever PUBLIC_URL says: the port is known only when uvicorn runs.


@pytest.fixture
def service(environment, tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "caption_service:app", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        command, cwd=tmp_path, env={**environment, "PUBLIC_URL": url}, stderr=subprocess.PIPE, text=True
    ) as process:
        reader = threading.Thread(target=process.stderr.read)
        while "running on" not in process.stderr.readline():
            assert process.poll() is None
        reader.start()
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            yield client
        process.terminate()
        reader.join()


@pytest.fixture
def picture_url():
    import base64

    return "data:image/png;base64," + base64.b64encode(SMALLEST_PNG).decode()


def captioned(service, caption_id):
    return eventually(lambda: (row := service.get(f"/captions/{caption_id}").json())["caption"] and row)


def test_the_caption_service_bills_a_picture_once_and_its_webhook_brings_the_caption(sandbox, service, picture_url):
    started = service.post("/captions", json={"url": picture_url})
    assert started.status_code == 202
    row = captioned(service, started.json()["id"])
    assert row["status"] == "succeeded"
    assert row["prediction"]
    assert service.post("/captions", json={"url": picture_url}).json() == row
    assert sandbox.creates == 1
    # The service has the caption before the sandbox has the response to its delivery.
    wait_until(lambda: sandbox.deliveries)
    assert {delivery.status for delivery in sandbox.deliveries} == {204}


def test_the_caption_arrives_although_the_response_to_the_create_was_lost(sandbox, service, picture_url):
    sandbox.fail_next(method="POST", path="/predictions", cut="response", at=0)
    started = service.post("/captions", json={"url": picture_url}).json()
    assert captioned(service, started["id"])["status"] == "succeeded"
    assert sandbox.creates == 1


def test_a_picture_that_the_api_refused_may_be_sent_in_again(sandbox, service, picture_url):
    sandbox.fail_next(method="POST", path="/predictions", status=402)
    assert service.post("/captions", json={"url": picture_url}).status_code == 502
    started = service.post("/captions", json={"url": picture_url}).json()
    assert captioned(service, started["id"])["status"] == "succeeded"
    assert sandbox.creates == 1


def test_the_caption_service_refuses_what_the_api_did_not_send(sandbox, service, picture_url):
    row = service.post("/captions", json={"url": picture_url}).json()
    row = captioned(service, row["id"])
    forged = json.dumps({"id": "p", "status": "succeeded", "output": "bad", "input": {"image": picture_url}})
    other = json.dumps({"id": "p", "status": "succeeded", "output": "bad", "input": {"image": "another"}})
    for body, secret in ((forged, "whsec_" + "A" * 32), (other, sandbox.webhook_secret)):
        headers = webhooks.sign(body, secret)
        assert service.post(f"/replicate/{row['id']}", content=body, headers=headers).status_code == 400
    assert service.get(f"/captions/{row['id']}").json() == row


# Celery


def test_a_celery_task_is_billed_once_though_its_worker_is_killed_and_its_message_repeated(
    sandbox, environment, tmp_path
):
    pytest.importorskip("celery")
    answer = threading.Event()
    started = threading.Event()

    @sandbox.model("acme/caption")
    def caption(image: str) -> str:
        started.set()
        answer.wait(60)
        return f"caption of {image}"

    environment = {**environment, "PYTHONPATH": str(EXAMPLES), "CELERY_DATA": str(tmp_path / "data")}
    worker = [sys.executable, "-m", "celery", "--app", "celery_captions", "worker", "--concurrency", "1", "-l", "info"]
    worker += ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    send = [sys.executable, str(EXAMPLES / "celery_captions.py"), "https://example.com/cat.png"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment}
    first_sender = subprocess.Popen(send, **quiet)
    first = subprocess.Popen(worker, **quiet)
    try:
        assert started.wait(60)
        eventually(lambda: sandbox.creates)
    finally:
        first.kill()
        first.wait()
        first_sender.kill()
        first_sender.wait()
    answer.set()
    # Redis and RabbitMQ deliver the message of a killed worker again; the broker of files does not: it is sent anew.
    second = subprocess.Popen(worker, **quiet)
    try:
        for _ in range(2):
            done = subprocess.run(send, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
            assert done.stdout == "https://example.com/cat.png\tcaption of https://example.com/cat.png\n", done.stderr
    finally:
        second.terminate()
        second.wait(30)
    assert sandbox.creates == 1


# Chat


def test_a_chat_answers_line_by_line_and_passes_on_what_was_said(sandbox, environment, tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLES / "chat.py"],
        cwd=tmp_path,
        env=environment,
        input="Who are you?\nAnd who am I?\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("You asked:") >= 2
    prompts = [json.loads(request.body)["input"]["prompt"] for request in sandbox.requests if request.method == "POST"]
    assert len(prompts) == 2
    assert prompts[1].startswith("User: Who are you?\nAssistant: You asked:")
    assert prompts[1].endswith("User: And who am I?\nAssistant:")


def test_control_c_stops_an_answer_and_not_the_chat(sandbox, endless, environment, tmp_path):
    master, slave = pty.openpty()
    program = [sys.executable, str(EXAMPLES / "chat.py")]
    with subprocess.Popen(
        program, cwd=tmp_path, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as chat:
        os.close(slave)
        seen = ""

        def until(words):
            nonlocal seen
            while words not in seen:
                assert select.select([master], [], [], 30)[0], seen
                seen += os.read(master, 4096).decode()

        until("> ")
        os.write(master, b"Tell me a long story\n")
        until("You asked:")
        chat.send_signal(signal.SIGINT)
        until("the prediction is canceled")
        os.write(master, b"\n")
        chat.wait(30)
        os.close(master)
    assert chat.returncode == 0
    assert any(str(request).endswith("/cancel") for request in sandbox.requests)
    assert sandbox.creates == 1


# A batch with files


def test_a_batch_of_pictures_is_billed_once_though_it_is_started_twice(sandbox, run, pictures, tmp_path):
    for _ in range(2):
        done = run(EXAMPLES / "batch_captions.py", pictures, "captions.csv")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "3 of 3 pictures have a caption in captions.csv\n"
    rows = list(csv.DictReader((tmp_path / "captions.csv").read_text("utf-8").splitlines()))
    assert [(row["status"], bool(row["caption"]), bool(row["prediction"])) for row in rows] == [
        ("succeeded", True, True)
    ] * 3
    assert sandbox.creates == 3


# A notebook


def test_the_notebook_runs_from_top_to_bottom_in_a_kernel(sandbox, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(EXAMPLES / "pictures.ipynb", 4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum(str(output.get("data")).count("image/png") for output in shown) >= 1
    assert "num_outputs: 20 is greater than the maximum, 4" in str(shown)
    assert len(list((tmp_path / "pictures").iterdir())) == 2


# A small web front end


def test_the_front_end_shows_a_page_streams_a_story_and_draws_its_picture(sandbox, environment, tmp_path):
    with served("web_front_end", environment, tmp_path) as browser:
        page = browser.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert sandbox.environment["REPLICATE_API_TOKEN"] not in page.text
        assert sandbox.creates == 0
        with browser.stream("POST", "/stories", json="a llama") as story:
            parts = list(story.iter_text())
        assert len(parts) > 2
        assert "".join(parts).startswith("You asked: a llama")
        picture = browser.post("/pictures", json="a llama")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")
        assert browser.post("/pictures", json="").status_code == 422
        assert sandbox.creates == 2
        sandbox.fail_next(method="POST", path="/models/*", status=402)
        assert browser.post("/pictures", json="a llama").status_code == 502


def test_a_browser_that_goes_away_cancels_the_story(sandbox, endless, environment, tmp_path):
    with served("web_front_end", environment, tmp_path) as browser:
        with browser.stream("POST", "/stories", json="a llama") as story:
            next(story.iter_text())
        eventually(lambda: any(str(request).endswith("/cancel") for request in sandbox.requests))


# A chain of three models


def test_the_chain_survives_429_and_a_second_start_creates_nothing(sandbox, run, tmp_path):
    busy = sandbox.fail_next(method="POST", times=3, status=429, headers={"retry-after": "0.1"})
    first = run(EXAMPLES / "chain.py", "a llama in the snow")
    assert first.returncode == 0, first.stderr
    assert (busy.hits, sandbox.creates) == (3, 3)
    again = run(EXAMPLES / "chain.py", "a llama in the snow")
    assert (again.stdout, sandbox.creates) == (first.stdout, 3)


def test_the_chain_creates_nothing_again_when_it_is_not_known_whether_it_ran(sandbox, run, tmp_path):
    sandbox.fail_next(method="POST", cut="response", at=0)
    done = run(EXAMPLES / "chain.py", "a llama in the snow")
    assert done.returncode == 1
    assert "replicatekit predictions list" in done.stderr
    assert sandbox.creates == 1


# Tests of your own code


def test_the_tests_of_your_code_pass(tmp_path):
    shutil.copy(EXAMPLES / "test_your_code.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "test_your_code.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


# Dask


def test_pictures_are_captioned_once_on_real_dask_workers(sandbox, run, pictures):
    pytest.importorskip("distributed")
    for _ in range(2):
        done = run(EXAMPLES / "dask_captions.py", pictures, "--workers", "2")
        assert done.returncode == 0, done.stderr
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["0.png", "1.png", "2.png"]
        assert sandbox.creates == 3


# Regenerating for a private document


class Albums(http.server.BaseHTTPRequestHandler):
    """The private API."""

    album = {"id": "a1", "title": "Llamas", "created_at": "2026-01-02T03:04:05Z"}  # noqa: RUF012 - one for all

    def answer(self, status):
        body = json.dumps(self.album).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        assert self.path == "/v1/albums/a1"
        self.answer(200)

    def do_POST(self):
        assert self.headers["authorization"] == "Bearer secret"
        assert json.loads(self.rfile.read(int(self.headers["content-length"]))) == {"title": "Llamas"}
        self.answer(201)

    def log_message(self, *_):
        pass


def test_a_private_document_becomes_a_typed_client(run, tmp_path):
    pytest.importorskip("openapi_python_client")
    source = EXAMPLES / "private_api"
    made = run(ROOT / "scripts" / "generate.py", "--spec", source / "albums.yaml", "--output", tmp_path / "albums")
    assert made.returncode == 0, made.stderr
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Albums) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        done = run(source / "albums.py", url, PYTHONPATH=str(tmp_path / "albums"), ALBUMS_TOKEN="secret")
        server.shutdown()
    assert done.stdout == "a1 Llamas 2026-01-02 03:04:05+00:00\n", done.stderr
    shutil.copy(source / "albums.py", tmp_path / "program.py")
    settings = {"typeCheckingMode": "strict", "extraPaths": ["albums"], "include": ["program.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    checked = run("-m", "pyright", "--pythonpath", sys.executable)
    assert "0 errors" in checked.stdout, checked.stdout
