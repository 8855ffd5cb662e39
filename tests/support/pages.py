"""Find the fenced and indented code blocks of the Markdown pages."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "examples", "generated")),
    ROOT / "spec" / "SOURCE.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]

SHELL = ("console", "sh", "bash", "shell", "indented")
DATA = ("text", "pyright", "mermaid", "json", "yaml", "toml", "ini", "html", "http", "sql")
"""Languages of blocks that are not programs: outputs, diagrams, configuration."""

_FENCE = re.compile(r"^( *)```+([a-z]*)[^`]*$")
_COMMENT = re.compile(r"^\s*<!-- (not run|driven|no output): (.+?) -->\s*$")


@dataclass(frozen=True)
class Block:
    """A code block, its place, and the comment above it about how to run it."""

    page: Path
    line: int
    language: str
    code: str
    mark: str | None
    reason: str | None

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    lines = page.read_text("utf-8").splitlines()
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence:
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip().startswith("```"))
            yield _block(page, lines, at, fence[2], lines[at + 1 : end])
            at = end + 1
        elif lines[at].startswith("    ") and at and not lines[at - 1].strip() and not _continues_an_item(lines, at):
            end = next((n for n in range(at, len(lines)) if lines[n].strip() and lines[n][:4].strip()), len(lines))
            yield _block(page, lines, at, "indented", lines[at:end])
            at = end
        else:
            at += 1


def _block(page: Path, lines: list[str], at: int, language: str, code: list[str]) -> Block:
    above = next((line for line in reversed(lines[:at]) if line.strip()), "")
    mark = _COMMENT.match(above)
    text = textwrap.dedent("\n".join(code)).strip("\n") + "\n"
    return Block(page, at + 1, language, text, mark and mark[1], mark and mark[2])


def _continues_an_item(lines: list[str], at: int) -> bool:
    """Whether an indented line continues a list item."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    for line in reversed(lines[:at]):
        if item := re.match(r"( *)(?:[-*]|\d+\.)( +)", line):
            return depth < len(item[0]) + 4
        if line and not line.startswith(" "):
            return False
    return False
