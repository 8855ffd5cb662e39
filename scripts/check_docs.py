"""Check the Markdown pages: links lead somewhere, `make` targets exist, Python blocks are Python, the changelog is one.

That the blocks of the pages do what they say is a test (tests/pages); this is what can be seen by reading.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent

_REPOSITORY = "https://github.com/replicatekit/replicatekit/blob/main/"
"""What absolute links to this repository's files begin with: the pages of a registry and of the site need them."""

_RAW = "https://raw.githubusercontent.com/replicatekit/replicatekit/main/"
"""The same for pictures."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"`make ([a-z-]+)|^\s*make ([a-z-]+)", re.MULTILINE)
_TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RELEASE = re.compile(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d{2}-\d{2})?$")


def pages() -> list[Path]:
    """The Markdown pages of the repository."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=HOUSE, capture_output=True, text=True, check=True)
    return [HOUSE / name for name in listed.stdout.split() if (HOUSE / name).exists()]


def faults(page: Path) -> Iterator[str]:
    """What is wrong with a page."""
    text = page.read_text("utf-8")
    prose = _BLOCK.sub("", text)
    for link in _LINK.findall(prose):
        target = link.split("#")[0]
        folder = HOUSE if target.startswith((_REPOSITORY, _RAW)) else page.parent
        target = target.removeprefix(_REPOSITORY).removeprefix(_RAW)
        if target and "://" not in target and not link.startswith("mailto:") and not _exists(folder / target):
            yield f"a link leads nowhere: {link}"
    targets = set(_TARGET.findall((HOUSE / "Makefile").read_text("utf-8")))
    for quoted, line in _MAKE.findall(text):
        if (quoted or line) not in targets:
            yield f"there is no `make {quoted or line}`"
    for block in _BLOCK.findall(text):
        try:
            compile(block, str(page), "exec", flags=_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            yield f"a block is no Python: {error}"
    if page.name == "CHANGELOG.md":
        yield from _changelog_faults(text)


def _exists(path: Path) -> bool:
    """Whether a file is there, or is made when the site is built: a notebook's page, and the list of all pages."""
    return path.exists() or path.with_suffix(".ipynb").exists() or path == HOUSE / "docs" / "llms.txt"


def _changelog_faults(text: str) -> Iterator[str]:
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    if not headings or not headings[0].startswith("## [Unreleased]"):
        yield "the first section must be [Unreleased]"
    for heading in headings:
        if not _RELEASE.match(heading):
            yield f"not a release by Keep a Changelog: {heading}"


def main() -> int:
    """Say what is wrong with each page."""
    checked = pages()
    found = [f"{page.relative_to(HOUSE)}: {fault}" for page in checked for fault in faults(page)]
    print("\n".join([*found, f"{len(checked)} pages, {len(found)} faults"]))
    return int(bool(found))


_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

if __name__ == "__main__":
    sys.exit(main())
