"""What the pages show of typed models is what a type checker says, and what an error says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from replicatekit import Client, errors
from replicatekit.sandbox import Sandbox
from replicatekit.typed import add_stubs

HOUSE = Path(__file__).resolve().parents[2]
PAGES = (HOUSE / "README.md", HOUSE / "docs" / "typed-models.md")
SHOWN = re.compile(r"```py\n(?P<program>.*?)```\n\n```pyright\n(?P<said>.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def client():
    with Sandbox(speed=20) as sandbox, Client(sandbox.token, base_url=sandbox.base_url) as client:
        yield client


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_type_checker_says_what_the_page_shows(page, client, tmp_path):
    found = SHOWN.search(page.read_text("utf-8"))
    assert found is not None
    add_stubs(client, ["sandbox/painter"], tmp_path / "replicate_models")
    (tmp_path / "program.py").write_text(found["program"])
    paths = [str(HOUSE / "overlay"), str(HOUSE / "generated")]
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "extraPaths": paths}))
    command = [Path(sys.executable).with_name("pyright"), "--pythonpath", sys.executable, "program.py"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=120)
    said = [line.partition(" - ")[2] for line in done.stdout.splitlines() if " - " in line]
    assert said == found["said"].splitlines()


def test_the_error_says_what_the_page_shows(client):
    page = (HOUSE / "docs" / "typed-models.md").read_text("utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    with pytest.raises(errors.InvalidInput) as caught:
        client.use("sandbox/painter")(promt="a lighthouse", width=4000, palette="neon")
    assert [f"{path}: {message}" for path, message in caught.value.problems] == shown.splitlines()
