"""The pages' example of a test runs in pytest, and that of a Cog model in an environment that has Cog."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from peers import ROOT, peer_python
from support.pages import PAGES, blocks_of

pytestmark = pytest.mark.sources


def blocks_with(word):
    for page in PAGES:
        for block in blocks_of(page):
            if block.language == "python" and word in block.code:
                yield pytest.param(block.code, id=block.name)


@pytest.mark.parametrize("block", list(blocks_with("(replicate_sandbox")))
def test_an_example_of_a_test_passes(block, tmp_path):
    (tmp_path / "test_example.py").write_text(block, "utf-8")
    plugin = any(one.value == "replicatekit.sandbox.pytest_plugin" for one in entry_points(group="pytest11"))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(tmp_path)]
    command += [] if plugin else ["-p", "replicatekit.sandbox.pytest_plugin"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed", done.stdout)


@pytest.mark.cog
@pytest.mark.parametrize("block", list(blocks_with("sandbox.cog(")))
def test_an_example_of_a_cog_model_runs(block, tmp_path):
    python = peer_python("cog-0.23")
    shutil.copytree(ROOT / "tests" / "cog" / "predictors" / "text", tmp_path / "my-model")
    paths = [ROOT / "overlay", ROOT / "generated", sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    done = subprocess.run(
        [python, "-c", block],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, dict.fromkeys(map(Path, paths))))},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "hello hello\n"
