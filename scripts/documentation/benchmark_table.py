"""The figures of benchmarks/README.md as the pages of the site show them, so that there is one copy of them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["with_figures"]

_SOURCE = Path(__file__).resolve().parents[2] / "benchmarks" / "README.md"
_COMPARED = re.compile(r"figure|raw httpx|replicate \d|naive generator|ours")
_NAMES = {
    "naive generator": "openapi-python-client",
    "**ours**": "**replicatekit**",
    "**ours, `fast`**": "**replicatekit, `fast`**",
}


def with_figures(markdown: str) -> str:
    """A page with the tables in the place of `<!-- benchmarks: table -->` and `<!-- benchmarks: growth -->`."""

    def filled(match: re.Match[str]) -> str:
        lines = _section(match[1])
        return "\n".join(_compared(lines) if match[1] == "table" else map(_cell, lines))

    return re.sub(r"<!-- benchmarks: (table|growth) -->", filled, markdown)


def _section(name: str) -> list[str]:
    text = _SOURCE.read_text("utf-8")
    found = re.search(rf"<!-- {name}: written by the program -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"benchmarks/README.md has no section {name!r}")
    return found[1].strip().splitlines()


def _compared(lines: list[str]) -> list[str]:
    """The table without the columns of other ways to HTTP, and without what a figure was to reach."""
    first = next(index for index, line in enumerate(lines) if line.startswith("|"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:] if line.startswith("|")]
    chosen = [index for index, name in enumerate(rows[0]) if _COMPARED.search(name)]
    table = [" | ".join(_cell(row[index]) for index in chosen) for row in rows]
    return [*lines[:first], *(f"| {row} |" for row in table)]


def _cell(text: str) -> str:
    plain = re.sub(r" \(bar [^)]*\)", "", text)
    return next((plain.replace(old, new) for old, new in _NAMES.items() if old in plain), plain)
