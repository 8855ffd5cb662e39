"""What the pages show of typed models is what a type checker says, and what an error says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkers import PACKAGES

from replicatekit import Client, errors
from replicatekit.sandbox import Sandbox
from replicatekit.typed import add_stubs

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "typed-models.md")
SHOWN = re.compile(r"```py\n(?P<program>.*?)```\n\n```pyright\n(?P<said>.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def client():
    with Sandbox(speed=20) as sandbox, Client(sandbox.token, base_url=sandbox.base_url) as client:
        yield client


def test_the_type_checker_says_what_the_pages_show(client, tmp_path):
    add_stubs(client, ["sandbox/painter"], tmp_path / "replicate_models")
    shown = {}
    for page in PAGES:
        found = SHOWN.search(page.read_text("utf-8"))
        assert found is not None
        name = f"{page.stem.lower().replace('-', '_')}.py"
        (tmp_path / name).write_text(found["program"])
        shown[name] = found["said"].splitlines()
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "extraPaths": PACKAGES}))
    command = [Path(sys.executable).with_name("pyright"), "--pythonpath", sys.executable, *shown]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=120)
    said = [line.strip().partition(" - ") for line in done.stdout.splitlines() if " - " in line]
    for name, lines in shown.items():
        assert [line for place, _, line in said if f"{name}:" in place] == lines


def test_the_error_says_what_the_page_shows(client):
    page = (ROOT / "docs" / "typed-models.md").read_text("utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    with pytest.raises(errors.InvalidInput) as caught:
        client.use("sandbox/painter")(promt="a lighthouse", width=4000, palette="neon")
    assert [f"{path}: {message}" for path, message in caught.value.problems] == shown.splitlines()
