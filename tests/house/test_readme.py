"""Each Python block of the pages runs, in an interpreter of its own, against the sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from replicatekit.sandbox import ConcatenateIterator, Path, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as FilePath

HOUSE = __import__("pathlib").Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


# What needs more than a sandbox runs in tests/examples: it is told by this.
OWN = ("def test_", "sandbox.cog(")


def blocks() -> Iterator[object]:
    for page in (HOUSE / "README.md", *sorted((HOUSE / "docs").glob("*.md"))):
        text = page.read_text("utf-8")
        for match in BLOCK.finditer(text):
            if any(words in match[1] for words in OWN):
                continue
            line = text[: match.start()].count("\n") + 1
            yield pytest.param(match[1], id=f"{page.name}:{line}")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The models that the pages speak of, as they would be there: official ones, and one that fails."""
    with Sandbox() as running:
        running.model("meta/meta-llama-3-8b-instruct", official=True)(say)
        running.model("black-forest-labs/flux-schnell", official=True)(paint)
        running.model("acme/moody")(be_moody)
        running.model("acme/upscale")(upscale)
        running.model("acme/slow")(take)
        yield running


def say(prompt: str, max_tokens: int = 64) -> ConcatenateIterator[str]:
    for word in f"You said: {prompt}"[:max_tokens].split(" "):
        yield word + " "


def paint(prompt: str, num_outputs: int = 1) -> list[Path]:
    import tempfile

    paths: list[Path] = []
    for place in range(num_outputs):
        path = Path(tempfile.mkdtemp()) / f"out-{place}.png"
        path.write_bytes(SMALLEST_PNG)
        paths.append(path)
    return paths


def take(seconds: float = 1.0) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
    return "done"


def be_moody(mood: str) -> str:
    raise ValueError(f"not in the mood: {mood}")


def upscale(image: Path, factor: int = 2) -> Path:
    return image


SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.mark.parametrize("block", list(blocks()))
def test_a_block_of_the_pages_runs(block: str, sandbox: Sandbox, tmp_path: FilePath) -> None:
    (tmp_path / "cat.png").write_bytes(SMALLEST_PNG)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=tmp_path,
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
