"""Each Python block of the pages runs, in an interpreter of its own, after `python -m replicatekit.sandbox`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


# What needs more than a sandbox runs in tests/examples: it is told by this.
OWN = ("def test_", "sandbox.cog(")


def blocks() -> Iterator[object]:
    for page in (HOUSE / "README.md", *sorted((HOUSE / "docs").rglob("*.md"))):
        text = page.read_text("utf-8")
        for match in BLOCK.finditer(text):
            if any(words in match[1] for words in OWN):
                continue
            line = text[: match.start()].count("\n") + 1
            yield pytest.param(match[1], id=f"{page.relative_to(HOUSE)}:{line}")


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """The variables that the sandbox's console prints: its models are those that the pages name."""
    command = [sys.executable, "-m", "replicatekit.sandbox", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as console:
        assert console.stdout is not None
        lines = [console.stdout.readline().split() for _ in range(2)]
        yield dict(line[1].split("=", 1) for line in lines)
        console.terminate()


SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.mark.parametrize("block", list(blocks()))
def test_a_block_of_the_pages_runs(block: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(SMALLEST_PNG)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
