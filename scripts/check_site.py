"""Check the built site: every link and anchor leads somewhere, and the search finds what docs/questions.md promises."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
SITE = HOUSE / "build" / "site"
SEARCH = HOUSE / "scripts" / "documentation" / "search.mjs"

_ADDRESSES = {"href", "src"}
_MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
_QUESTION = re.compile(r"^\| (?P<question>.+?) \| (?P<words>.+?) \| \[.*\]\((?P<answer>[^)]+)\) \|$", re.MULTILINE)


class Page(HTMLParser):
    """The addresses and the anchors of a page, and its pictures without alternative text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.silent_pictures: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag names; HTMLParser calls this."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.links += [value for name, value in given.items() if name in _ADDRESSES]
        if tag == "img" and not given.get("alt"):
            self.silent_pictures.append(given.get("src", ""))


def broken_links(site: Path) -> Iterator[str]:
    """Links of the site's pages, and of its Markdown, that lead nowhere in it; pictures that say nothing."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: a picture has no alternative text: {source}" for source in page.silent_pictures)
        for link in page.links:
            if fault := _fault(link, path, pages, site):
                yield f"{name}: {fault}: {link}"
    for link in _MARKDOWN_LINK.findall((site / "llms.txt").read_text("utf-8")):
        if not (site / link).is_file():
            yield f"llms.txt: there is no such file: {link}"
    for path in pages:
        if path.name != "404.html" and not path.with_suffix(".md").is_file():
            yield f"{path.relative_to(site)}: it is not there as Markdown"


def _fault(link: str, path: Path, pages: dict[Path, Page], site: Path) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or link.startswith(("data:", "javascript:")):
        return None
    if path.name == "404.html" and parts.path.startswith("/"):
        target = site / unquote(parts.path).lstrip("/")
    else:
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "there is no such file"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "there is no such anchor"
    return None


def missed_questions(site: Path, page: Path) -> Iterator[str]:
    """Questions, as asked and in a few words, whose answer is not the first hit of the site's search."""
    rows = list(_QUESTION.finditer(page.read_text("utf-8")))
    if len(rows) < 20:
        yield f"{page.name} has {len(rows)} questions that can be read, not 20"
    asked = [(row[name].replace("`", ""), row["answer"]) for row in rows for name in ("question", "words")]
    found = _search(site, [question for question, _ in asked])
    for (question, answer), hits in zip(asked, found, strict=True):
        wanted = answer.replace(".md", ".html")
        first = hits[0] if hits else "nothing"
        if first not in (wanted, wanted.partition("#")[0]) and first.partition("#")[0] != wanted:
            yield f"the search for {question!r} finds {first} first, not {wanted}"


def _search(site: Path, questions: list[str]) -> list[list[str]]:
    done = subprocess.run(
        ["node", SEARCH, site], input="\n".join(questions), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    """Say what is wrong with the site."""
    found = list(broken_links(SITE))
    if shutil.which("node"):
        found += missed_questions(SITE, HOUSE / "docs" / "questions.md")
    else:
        print("node is not installed: the search is not checked")
    print("\n".join([*found, f"{len(list(SITE.rglob('*.html')))} pages, {len(found)} faults"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
