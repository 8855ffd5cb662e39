"""The program in `docs/batches.md` and in the README, killed and run again as they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from replicatekit.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("page", ["docs/batches.md", "README.md"])
def test_the_documented_program_is_killed_and_continues(tmp_path, page):
    if not (ROOT / page).is_file():
        pytest.skip("the pages are not here")
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    program = next(block for block in blocks if "Batch(" in block)
    with Sandbox() as sandbox:

        @sandbox.model("acme/caption")
        def caption(image: str) -> str:
            time.sleep(1.0)
            return f"a picture called {image.rpartition('/')[2]}"

        environment = {**os.environ, **sandbox.environment}
        command = [sys.executable, "-c", program]
        first = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
        while not sandbox.creates:
            assert first.poll() is None
            time.sleep(0.01)
        time.sleep(0.3)
        first.kill()
        assert b"succeeded" not in first.communicate()[0]
        again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert again.returncode == 0, again.stderr
        assert again.stdout.count("a picture called") == 2
        assert list(sandbox.count_creates().values()) == [1, 1]
