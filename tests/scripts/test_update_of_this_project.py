"""Newer documents for this very project: none of them breaks the overlay or the sandbox in silence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fetch_spec import Exit, main
from pipeline.project import Project

ROOT = Path(__file__).resolve().parents[2]
EXCLUDED = 'exclude = ["examples/private_api"'
CHECKED = [
    "_operations/account.py",
    "_operations/predictions.py",
    "sandbox/_api/routes_account.py",
    "sandbox/_api/routes_predictions.py",
]

pytestmark = pytest.mark.slow

LOGS = {
    "operationId": "predictions.logs",
    "parameters": [
        {"name": "prediction_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "tail", "in": "query", "schema": {"type": "integer"}},
    ],
    "responses": {"200": {"description": "The logs.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path / "project")
    project.root.mkdir()
    for name in ("overlay", "spec", "generated", "examples"):
        shutil.copytree(ROOT / name, project.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert EXCLUDED in text
    (project.root / "pyproject.toml").write_text(text.replace(EXCLUDED, f"{EXCLUDED}, {unchecked(project)}"), "utf-8")
    return project


def unchecked(project):
    """What pyright does not check here, because no operation is named there that changes: it takes most of the time."""
    package = project.overlay / "replicatekit"
    checked = [package / name for name in CHECKED]
    found = [path for path in package.rglob("*.py") if path not in checked]
    return json.dumps(sorted(path.relative_to(project.root).as_posix() for path in found))[1:-1]


def newer(project, change):
    document = json.loads(project.document.read_text("utf-8"))
    change(document)
    path = project.root.parent / "new.json"
    path.write_text(json.dumps(document))
    return str(path)


def run_in(project, *command):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project.overlay), str(project.generated)])}
    done = subprocess.run(
        [sys.executable, *command], cwd=project.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


CALL_LOGS = """
from replicatekit import Client, errors
from replicatekit.sandbox import Sandbox
from replicatekit_api.api.predictions import logs

with Sandbox() as sandbox, Client(token=sandbox.token, base_url=sandbox.base_url, max_retries=0) as client:
    for call in (lambda: logs.sync("p1", client=client.api, tail=3), lambda: client.predictions.logs("p1", tail=3)):
        try:
            call()
        except errors.APIStatusError as error:
            print(error.status, sandbox.requests[-1].path, sandbox.requests[-1].query_string)
"""


def test_a_new_operation_can_be_called_at_once_and_its_lines_give_it_a_place(project, capsys):
    """The report's lines are put where it says, and the method works, without another line."""

    def add(document):
        document["paths"]["/predictions/{prediction_id}/logs"] = {"get": LOGS}

    assert main(["--from", newer(project, add)], project) is Exit.DONE
    report = capsys.readouterr().out
    assert "## New operations" in report
    block = report.partition("```python\n")[2].partition("```")[0]
    sync, _, other = block.removeprefix("# Predictions\n").partition("# AsyncPredictions\n")
    path = project.overlay / "replicatekit" / "resources" / "predictions.py"
    text = path.read_text("utf-8")
    before, mark, after = text.partition("\n\n\nclass AsyncPredictions(")
    indented = ["".join(f"    {line}\n" for line in lines.splitlines()) for lines in (sync, other)]
    path.write_text(f"{before}\n\n{indented[0]}{mark}{after}\n{indented[1]}", "utf-8")
    said = run_in(project, "-c", CALL_LOGS).splitlines()
    assert said == ["501 /v1/predictions/p1/logs tail=3"] * 2
    assert "sandbox/hello" in run_in(project, "examples/demo.py")


def break_three_things(document):
    document["paths"]["/predictions/{prediction_id}"]["get"]["operationId"] = "predictions.retrieve"
    del document["paths"]["/hardware"]
    (parameter,) = [
        one for one in document["paths"]["/predictions"]["get"]["parameters"] if one.get("name") == "created_after"
    ]
    parameter["required"] = True


def test_what_is_renamed_removed_or_newly_required_is_refused_with_our_lines_that_break(project, capsys):
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    assert main(["--from", newer(project, break_three_things)], project) is Exit.NOTHING_TOUCHED
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before
    report = capsys.readouterr().out.partition("## Lines that need attention")[2]
    places = [line.partition("`: ")[0].removeprefix("- `") for line in report.splitlines() if line.startswith("- `")]
    broken = [
        (file, (project.root / file).read_text("utf-8").splitlines()[int(line) - 1])
        for file, _, line in (place.partition(":") for place in places)
        if line
    ]
    words = {
        "overlay/replicatekit/_operations/account.py": "replicatekit_api.api.hardware",
        "overlay/replicatekit/_operations/predictions.py": "import get",
        "overlay/replicatekit/sandbox/_api/routes_account.py": "hardware.list",
        "overlay/replicatekit/sandbox/_api/routes_predictions.py": "predictions.get",
        "spec/corrections.yaml": "/hardware",
    }
    for file, text in words.items():
        assert [line for name, line in broken if name == file and text in line], (file, text)
    assert [line for name, line in broken if name.endswith("_operations/predictions.py") and "created_after" in line]
