"""Prism between a client and the sandbox finds the deviations from the document that are real, and no other."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections import Counter

import httpx
import pytest
from deviations import IF_DOCUMENTED, WHY, kind_of
from every_operation import OPERATIONS, fill
from peers import ROOT, peer

from replicatekit.sandbox import Sandbox

pytestmark = pytest.mark.sources


class Checked:
    """A client of the sandbox through Prism, that keeps what Prism finds."""

    def __init__(self, http):
        self._http = http
        self.requests = 0
        self.found = Counter()
        self.unknown = []

    def request(self, method, url, **options):
        answer = self._http.request(method, url, **options)
        self.requests += 1
        for violation in json.loads(answer.headers.get("sl-violations", "[]")):
            kind = kind_of(violation)
            self.found[kind] += 1
            if kind is None:
                self.unknown.append((method, url, answer.status_code, violation))
        return answer

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def post(self, url, **options):
        return self.request("POST", url, **options)


@pytest.fixture(params=[False, True], ids=["as-it-is", "documented"])
def checked(request):
    program = peer("prism", "make conformance") / "node_modules" / ".bin" / "prism"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sandbox = Sandbox(documented=request.param, speed=20)
    with sandbox:
        command = [program, "proxy", ROOT / "spec" / "openapi.json", sandbox.base_url, "--port", str(port)]
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        headers = {"authorization": f"Bearer {sandbox.token}"}
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30
            ) as http:
                wait_for(http, process)
                yield sandbox, Checked(http)
        finally:
            process.terminate()
            process.wait()
    sandbox.close()


def wait_for(http, process):
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            http.get("/account")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return


def test_prism_finds_only_what_is_real(checked, request):
    sandbox, http = checked
    requests = fill(http, sandbox)
    for name, url, options in requests:
        http.request(OPERATIONS[name].method, url, **options)
    also_in_other_states(http, sandbox)
    print(f"{http.requests} requests, {sum(http.found.values())} deviations: {dict(http.found)}")
    assert http.unknown == []
    wanted = IF_DOCUMENTED if "documented" in request.node.name else set(WHY)
    assert set(http.found) == wanted


def also_in_other_states(http, sandbox):
    """Predictions that are held, failed, cancelled, aborted; pages; what is refused."""

    @sandbox.model("sandbox/moody")
    def moody(mood: str) -> str:
        raise ValueError(mood)

    @sandbox.model("sandbox/slow", boot=1000)
    def slow() -> str:
        return ""

    for prefer in ("wait", "wait=1"):
        body = {"version": sandbox.version("sandbox/hello"), "input": {}}
        http.post("/predictions", json=body, headers={"prefer": prefer})
    failed = http.post("/predictions", json={"version": sandbox.version("sandbox/moody"), "input": {"mood": "bad"}})
    body = {"version": sandbox.version("sandbox/slow"), "input": {}}
    cancelled = http.post("/predictions", json=body).json()["id"]
    http.post(f"/predictions/{cancelled}/cancel")
    aborted = http.post("/predictions", json=body, headers={"cancel-after": "5s"})
    sandbox.drain()
    for one in (failed.json()["id"], cancelled, aborted.json()["id"]):
        http.get(f"/predictions/{one}")
    http.get("/predictions?source=web")
    http.get("/models?sort_by=model_created_at&sort_direction=asc")
    http.get("/predictions/nothing")
    http.get("/models/sandbox/nothing")
    http.get("/account", headers={"authorization": "Bearer r8_wrong"})
