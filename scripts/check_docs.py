"""Check the Markdown pages: links, `make` targets, the syntax of Python blocks, the format of the changelog.

This is a static check; `tests/pages` runs the blocks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

_REPOSITORY = "https://github.com/replicatekit/replicatekit/blob/main/"
"""The prefix of absolute links to files of this repository, which the package registry and the site need."""

_RAW = "https://raw.githubusercontent.com/replicatekit/replicatekit/main/"
"""The prefix of absolute links to images."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"`make ([a-z-]+)|^\s*make ([a-z-]+)", re.MULTILINE)
_TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RELEASE = re.compile(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d{2}-\d{2})?$")


def pages() -> list[Path]:
    """Return the Markdown pages of the repository."""
    output = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in output.stdout.split() if (ROOT / name).exists()]


def find_problems(page: Path) -> Iterator[str]:
    """Yield the problems of a page."""
    text = page.read_text("utf-8")
    prose = _BLOCK.sub("", text)
    for link in _LINK.findall(prose):
        target = link.split("#")[0]
        folder = ROOT if target.startswith((_REPOSITORY, _RAW)) else page.parent
        target = target.removeprefix(_REPOSITORY).removeprefix(_RAW)
        if target and "://" not in target and not link.startswith("mailto:") and not _exists(folder / target):
            yield f"broken link: {link}"
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    for quoted, line in _MAKE.findall(text):
        if (quoted or line) not in targets:
            yield f"unknown target: `make {quoted or line}`"
    for block in _BLOCK.findall(text):
        try:
            compile(block, str(page), "exec", flags=_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            yield f"invalid Python block: {error}"
    if page.name == "CHANGELOG.md":
        yield from _changelog_problems(text)


def _exists(path: Path) -> bool:
    """Whether a file exists, or is created when the site is built: a notebook's page, and the list of all pages."""
    return path.exists() or path.with_suffix(".ipynb").exists() or path == ROOT / "docs" / "llms.txt"


def _changelog_problems(text: str) -> Iterator[str]:
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    if not headings or not headings[0].startswith("## [Unreleased]"):
        yield "the first section must be [Unreleased]"
    for heading in headings:
        if not _RELEASE.match(heading):
            yield f"not a release heading as in Keep a Changelog: {heading}"


def main() -> int:
    """Print the problems of all pages."""
    checked = pages()
    problems = [f"{page.relative_to(ROOT)}: {problem}" for page in checked for problem in find_problems(page)]
    print("\n".join([*problems, f"{len(checked)} pages, {len(problems)} problems"]))
    return int(bool(problems))


_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

if __name__ == "__main__":
    sys.exit(main())
