"""Write `llms.txt`, the list of all pages as Markdown for language models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["write_index"]


def write_index(site: Path, name: str, description: str, nav: Iterable[Any], pages: Mapping[str, str]) -> None:
    """Write `llms.txt`: a section for each part of the navigation, a line for each page."""
    lines = [f"# {name}", "", f"> {description}", ""]
    for title, names in _sections(nav):
        lines += [f"## {title}", ""]
        lines += [f"- [{_title(pages[page])}]({page}): {_summary(pages[page])}" for page in names]
        lines.append("")
    (site / "llms.txt").write_text("\n".join(lines), "utf-8")


def _sections(nav: Iterable[Any]) -> Iterator[tuple[str, list[str]]]:
    pages: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    for entry in nav:
        ((title, value),) = entry.items()
        if isinstance(value, str):
            pages.append(value)
        else:
            sections.append((title, list(_names(value))))
    yield "Start", pages
    yield from sections


def _names(entries: Iterable[Any]) -> Iterator[str]:
    """Yield the pages of a section of the navigation, in its order."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from _names([value] if isinstance(value, str) else value)


def _title(markdown: str) -> str:
    found = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    return found[1].replace("`", "") if found else ""


def _summary(markdown: str) -> str:
    """Return the first sentence of a page."""
    text = re.sub(r"```.*?```|<!--.*?-->|^---\n.*?\n---\n", "", markdown, flags=re.DOTALL)
    for paragraph in re.sub(r"^#.*$", "", text, flags=re.MULTILINE).split("\n\n"):
        text = " ".join(paragraph.split())
        if text and not text.startswith(("#", "|", "-", "<", "!", ":::", "pip ")):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
            return re.split(r"(?<=[.:])\s", plain, maxsplit=1)[0].rstrip(":")
    return _title(markdown)
