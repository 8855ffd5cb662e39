"""What the first `run` of a process loads: of other packages, what one request by httpcore2 does. Nothing is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

# What is loaded where it is found, and is not found where this package is installed by itself.
EXTRAS = ("click", "msgspec", "httpx2", "pygments", "rich", "trio")
NOT_HERE = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS}))"
LOADED = "import json; print(json.dumps(sorted(sys.modules)))"
BY_HTTPCORE2 = """
import datetime, email.utils, json, httpcore2, urllib.parse
with httpcore2.ConnectionPool() as pool:
    json.loads(pool.request("POST", sys.argv[1] + "/predictions", content=b"{}").content)
"""
RUN = "import replicatekit; assert replicatekit.run('acme/echo', {'text': 'hello'}) == 'hello'"
RUN_FOR_A_FILE = "import replicatekit; assert replicatekit.run('acme/picture').url.endswith('out.png')"
OUTPUTS = {"echo": "hello", "picture": "https://replicate.delivery/yhqm/abc/out.png"}

# What is for lists, streams, files, webhooks, schemas, and for predictions that are held by somebody.
LATER = """
    _base.dates _transfer.notebook _inputs.plan _files.media_types _predictions.polling _domain.output_schema
    _inputs.file_sources _streaming.sse _inputs.file_objects _inputs.json_values resources.collection
    resources.deployment resources.model outputs pages resources.prediction resources streaming webhooks
    _transfer.content _transfer.download _streaming.connection _predictions.follow _predictions.recover_create
    _operations.pagination _operations.raw_request _predictions.stream_options _transfer.upload
"""
# What is for reading a file, after it was made.
READING = {
    "_files.representation",
    "_files.names",
    "_files.media_types",
    "_files.atomic_file",
    "_transfer.download",
    "_transfer.copies",
    "_transfer.notebook",
    "_transfer.remote_file",
    "_transfer.write_buffer",
    "_transfer.save",
}


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        ended = {"id": "abc", "status": "succeeded", "output": OUTPUTS.get(self.path.split("/")[-2])}
        body = json.dumps(ended).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def base_url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


def loaded_by(statement: str, base_url: str) -> set[str]:
    environment = {**os.environ, "REPLICATE_API_TOKEN": "r8_for_the_test", "REPLICATE_BASE_URL": base_url}
    environment.pop("COVERAGE_PROCESS_START", None)  # what measures coverage loads much itself
    done = subprocess.run(
        [sys.executable, "-c", f"{NOT_HERE}\n{statement}\n{LOADED}", base_url],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def by_run(base_url):
    return loaded_by(RUN, base_url)


def test_a_first_run_loads_nothing_that_httpcore2_does_not_load_for_one_request(by_run, base_url):
    packages = {name.partition(".")[0] for name in by_run - loaded_by(BY_HTTPCORE2, base_url)}
    assert packages <= {"replicatekit", "replicatekit_api"}


def test_the_import_alone_loads_little_more_than_typing(base_url):
    assert not loaded_by("import replicatekit", base_url) & {"logging", "threading", "traceback", "attrs", "httpcore2"}


def test_a_first_run_does_without_httpx(by_run):
    assert not {"httpx", "httpcore", "idna", "certifi"} & by_run


def test_a_first_run_loads_nothing_of_this_package_that_it_does_not_use(by_run):
    assert "replicatekit._predictions.run" in by_run
    assert not by_run & {f"replicatekit.{name}" for name in LATER.split()}


def test_a_file_in_an_output_loads_nothing_to_read_it_with(base_url):
    mine = loaded_by(RUN_FOR_A_FILE, base_url)
    assert "replicatekit.outputs" in mine
    assert not mine & {f"replicatekit.{name}" for name in READING}
