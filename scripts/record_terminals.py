"""Record command-line sessions against the sandbox as animated SVGs in docs/pictures: `make recordings`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from documentation.recording import record
from documentation.terminal_svg import draw

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
BIN = ROOT / ".venv" / "bin"
MAX_BYTES = 300_000  # a page loads all of its images


@dataclass(frozen=True)
class Recording:
    """Commands that are recorded into one SVG."""

    name: str
    title: str
    description: str
    commands: tuple[str, ...]
    lines: int = 24


RECORDINGS = (
    Recording(
        "run",
        "replicatekit run",
        "A model's text is printed. A model's picture is shown in the terminal, below its URL. A misspelled input is "
        "refused before anything is sent.",
        (
            'replicatekit run acme/summarize text="All is well. There is more."',
            'replicatekit run sandbox/painter prompt="a lighthouse" width=640 height=240',
            "replicatekit run sandbox/painter promt=lighthouse || true",
        ),
        36,
    ),
    Recording(
        "stream",
        "replicatekit stream",
        "The text of a model is printed while the model writes it. In a pipe, it is text and nothing else.",
        (
            'replicatekit stream meta/meta-llama-3-8b-instruct prompt="Tell me about llamas"',
            'replicatekit stream meta/meta-llama-3-8b-instruct prompt="Tell me more" | wc --words',
        ),
    ),
    Recording(
        "batch",
        "replicatekit batch",
        "A model is run over three hundred inputs. The same command a second time finds all of them done.",
        (
            "wc --lines inputs.jsonl",
            "replicatekit batch run journal.db acme/slow inputs.jsonl",
            "replicatekit batch run journal.db acme/slow inputs.jsonl",
        ),
    ),
)


@contextmanager
def sandbox() -> Generator[dict[str, str]]:
    """Start a sandbox with the demo models; yield the environment variables that point a client to it."""
    command = [str(BIN / "python"), "-m", "replicatekit.sandbox", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit("the sandbox has no output")
        lines = [process.stdout.readline().split() for _ in range(2)]
        try:
            yield dict(line[1].split("=", 1) for line in lines)
        finally:
            process.terminate()


def main() -> int:
    """Make the recordings that are named on the command line, or all."""
    names = sys.argv[1:] or [recording.name for recording in RECORDINGS]
    for recording in RECORDINGS:
        if recording.name in names:
            svg = _record_as_svg(recording)
            if len(svg) > MAX_BYTES:
                raise SystemExit(f"{recording.name}.svg would take {len(svg)} bytes, more than {MAX_BYTES}")
            (PICTURES / f"{recording.name}.svg").write_text(svg, "utf-8")
            print(f"docs/pictures/{recording.name}.svg: {len(svg) // 1000} KB")
    return 0


def _record_as_svg(recording: Recording) -> str:
    with sandbox() as variables, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [f'{{"seconds": {number / 1000:.3f}}}\n' for number in range(1000, 1300)]
        (folder / "inputs.jsonl").write_text("".join(rows))
        environment = {
            "HOME": name,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            **variables,
        }
        frames = record(recording.commands, columns=88, lines=recording.lines, folder=folder, environment=environment)
    svg = draw(frames, recording.title, recording.description)
    for secret in (str(ROOT), name, variables["REPLICATE_API_TOKEN"]):
        if secret in svg:
            raise SystemExit(f"{recording.name}.svg contains a value of this machine: {secret}")
    return svg


if __name__ == "__main__":
    sys.exit(main())
