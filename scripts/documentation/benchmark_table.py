"""Insert the tables of benchmarks/README.md into the pages of the site, so that they exist only once."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["with_figures"]

_SOURCE = Path(__file__).resolve().parents[2] / "benchmarks" / "README.md"
_SHOWN_COLUMNS = re.compile(r"benchmark|raw httpx|replicate \d|naive generator|replicatekit")
_NAMES = {"naive generator": "openapi-python-client"}


def with_figures(markdown: str) -> str:
    """Replace `<!-- benchmarks: table -->` and `<!-- benchmarks: growth -->` in a page by the tables."""

    def fill(match: re.Match[str]) -> str:
        lines = _section(match[1])
        return "\n".join(_selected_columns(lines) if match[1] == "table" else map(_cell, lines))

    return re.sub(r"<!-- benchmarks: (table|growth) -->", fill, markdown)


def _section(name: str) -> list[str]:
    text = _SOURCE.read_text("utf-8")
    found = re.search(rf"<!-- {name}: written by the program -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"benchmarks/README.md has no section {name!r}")
    return found[1].strip().splitlines()


def _selected_columns(lines: list[str]) -> list[str]:
    """Return the table without the columns of other HTTP clients, and without target values."""
    first = next(index for index, line in enumerate(lines) if line.startswith("|"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:] if line.startswith("|")]
    columns = [index for index, name in enumerate(rows[0]) if _SHOWN_COLUMNS.search(name)]
    table = [" | ".join(_cell(row[index]) for index in columns) for row in rows]
    return [*lines[:first], *(f"| {row} |" for row in table)]


def _cell(text: str) -> str:
    plain = re.sub(r" \(target [^)]*\)", "", text)
    return next((plain.replace(old, new) for old, new in _NAMES.items() if old in plain), plain)
