"""Run Schemathesis against the sandbox: no generated request may cause a server error.

    python tests/conformance/fuzz.py                   # two minutes
    python tests/conformance/fuzz.py --seconds 600

Two runs, each for half of the time: with the document as it is, and with names that exist in the sandbox, so that fewer
requests end with 404. The exit code is that of the first failed run.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from replicatekit.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SCHEMATHESIS = ROOT / ".peers" / "schemathesis" / "bin" / "schemathesis"
CHECKS = "not_a_server_error"


def with_known_names(document, sandbox):
    """Return the document with enums of names that exist in the sandbox."""
    versions = [sandbox.version(f"sandbox/{name}") for name in ("hello", "story", "painter")]
    known = {
        "model_owner": ["sandbox"],
        "model_name": ["hello", "story", "painter", "mine"],
        "version_id": versions,
        "deployment_owner": ["sandbox"],
        "deployment_name": ["one", "two"],
        "collection_slug": ["built-in"],
        "Prefer": ["wait", "wait=1"],
        "Cancel-After": ["5s", "5m", "1h", "soon"],
    }
    document = copy.deepcopy(document)
    for parameter in parameters(document):
        if parameter.get("name") in known:
            parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    for schema in (*document["components"]["schemas"].values(), *bodies(document)):
        fields = schema.get("properties", {})
        for name, values in {
            "version": [*versions, "sandbox/story"],
            "destination": ["sandbox/mine", "sandbox/hello"],
            "owner": ["sandbox"],
            "hardware": ["cpu"],
            "model": ["sandbox/hello"],
        }.items():
            if name in fields:
                fields[name] = {"type": "string", "enum": values}
        if "name" in fields and "hardware" in fields:
            fields["name"] = {"type": "string", "enum": ["one", "two", "mine", "hello"]}
        if "input" in fields:
            fields["input"] = INPUT
    return document


INPUT = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "prompt": {"type": "string"},
        "width": {"type": "integer", "minimum": 16, "maximum": 32},
        "height": {"type": "integer", "minimum": 16, "maximum": 32},
        "sentences": {"type": "integer", "minimum": 1, "maximum": 3},
    },
    "required": ["width", "height", "sentences"],
}


def parameters(document):
    """Yield all parameters of the document."""
    yield from document["components"].get("parameters", {}).values()
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                yield from operation.get("parameters", [])


def bodies(document):
    """Yield the inline schemas of request bodies."""
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    yield content["schema"]


def run(document, sandbox, seconds, seed):
    """Run Schemathesis once, and return its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "openapi.json")
        path.write_text(json.dumps(document), "utf-8")
        command = [SCHEMATHESIS, "run", path, "--url", sandbox.base_url, "--checks", CHECKS, "--max-time", seconds]
        command += ["--header", f"authorization: Bearer {sandbox.token}", "--seed", seed, "--no-color"]
        return subprocess.run(list(map(str, command)), cwd=folder, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=120, help="for both runs together (default 120)")
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args()
    if not SCHEMATHESIS.is_file():
        print(
            "error: .peers/schemathesis does not exist: run `make conformance`",
            file=sys.stderr,
        )
        return 2
    document = json.loads((ROOT / "spec" / "openapi.json").read_text("utf-8"))
    statuses = Counter()
    with Sandbox(speed=20) as sandbox:
        sandbox.on_request(lambda request: statuses.update([request.status]))
        for one in (document, with_known_names(document, sandbox)):
            code = run(one, sandbox, options.seconds // 2, options.seed)
            if code:
                return code
        summary = ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items(), key=str))
        print(f"{sum(statuses.values())} requests ({summary}), {sandbox.creates} predictions and trainings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
