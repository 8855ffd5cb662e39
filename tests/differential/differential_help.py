"""A sandbox for both clients, and responses and requests in a comparable form."""

from __future__ import annotations

import json
import re
import subprocess
import time
from enum import Enum
from pathlib import Path

from replicatekit.sandbox import ConcatenateIterator, Sandbox
from replicatekit.sandbox import Path as FilePath

HERE = Path(__file__).parent


def shout(text: str, times: int = 1) -> str:
    """Shouts a text."""
    print("shouting")
    return text.upper() * times


def number(text: str) -> int:
    return len(text)


def llm(prompt: str) -> ConcatenateIterator[str]:
    for word in prompt.split():
        yield f"{word} "


def counter(to: int) -> list[int]:
    return list(range(to))


def describe(text: str) -> dict:
    return {"text": text, "length": len(text), "parts": [{"a": None}]}


def reverse(document: FilePath) -> FilePath:
    result = document.parent / "reversed.bin"
    result.write_bytes(document.read_bytes()[::-1])
    return result


def size(document: FilePath) -> str:
    return document.read_bytes().hex()


def nothing() -> str | None:
    return None


def moody(mood: str) -> str:
    raise ValueError(f"not in the mood: {mood}")


def sleeper() -> str:
    for _ in range(10_000):
        time.sleep(0.005)
    return "awake"


def breaks() -> ConcatenateIterator[str]:
    yield "half "
    raise ValueError("broken")


def never() -> str:
    return "never"


COMMUNITY = (shout, counter, describe, reverse, size, nothing, moody, sleeper, breaks)
OFFICIAL = (number, llm)
MODELS = [*(function.__name__ for function in COMMUNITY), "never"]
READS = ("GET", "QUERY")


def make_sandbox():
    """Create a sandbox with models for texts and files, slow models, and small pages."""
    sandbox = Sandbox(builtin=False, page_size=2, held_status="succeeded", speed=10)
    for function in COMMUNITY:
        sandbox.model(f"acme/{function.__name__}")(function)
    for function in OFFICIAL:
        sandbox.model(f"acme/{function.__name__}", official=True)(function)
    sandbox.model("acme/never", boot=1000)(never)
    sandbox.trainer("acme/shout")(shout)
    sandbox.trainer("acme/sleeper")(sleeper)
    sandbox.collection("loud-ones", ["acme/shout"], description="What shouts")
    return sandbox


class Official:
    """The official client in a separate process."""

    def __init__(self, python, environment):
        self._process = subprocess.Popen(
            [python, HERE / "official.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def do(self, scenario, is_async, given):
        request = {"scenario": scenario, "is_async": is_async, "given": given}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        response = json.loads(self._process.stdout.readline())
        assert "broken" not in response, response["broken"]
        return response["result"]

    def close(self):
        self._process.communicate(timeout=20)


_WHAT_DIFFERS = [
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://HOST"),
    (re.compile(r"\b[a-z2-7]{52}\b"), "STREAM"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
]
_ID = re.compile(r"\b[a-z2-7]{26}\b")


def comparable(value):
    """Replace what differs between runs: hosts and times by constants, ids by numbers in order of appearance."""
    if isinstance(value, Enum):
        value = value.value
    text = json.dumps(value, sort_keys=True)
    for pattern, name in _WHAT_DIFFERS:
        text = pattern.sub(name, text)
    seen = {}
    return json.loads(_ID.sub(lambda found: seen.setdefault(found[0], f"ID-{len(seen) + 1}"), text))


def requests_of(sandbox):
    """Return the reading and the writing requests to the sandbox, without consecutive repetitions."""
    requests = []
    for request in sandbox.requests:
        body = request.json() if request.headers.get("content-type", "").startswith("application/json") else None
        query = {name: "CURSOR" if name == "cursor" else value for name, value in request.query.items()}
        prefer = request.headers.get("prefer")
        one = [request.method, request.path, query, body, "wait=60" if prefer == "wait" else prefer]
        if not requests or requests[-1] != one:
            requests.append(one)
    requests = comparable(requests)
    return [one for one in requests if one[0] in READS], [one for one in requests if one[0] not in READS]
