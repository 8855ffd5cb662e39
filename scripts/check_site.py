"""Check the built site: links, anchors, alternative texts, and the search results that docs/questions.md promises."""

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

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
SEARCH = ROOT / "scripts" / "documentation" / "search.mjs"

_ADDRESSES = {"href", "src"}
_MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
_QUESTION = re.compile(r"^\| (?P<question>.+?) \| (?P<words>.+?) \| \[.*\]\((?P<answer>[^)]+)\) \|$", re.MULTILINE)


class Page(HTMLParser):
    """The links and anchors of a page, and its images without alternative text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images_without_alt: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect links, anchors and images; HTMLParser calls this for each tag."""
        attributes = {name: value or "" for name, value in attrs}
        self.anchors |= {attributes[name] for name in ("id", "name") if name in attributes}
        self.links += [value for name, value in attributes.items() if name in _ADDRESSES]
        if tag == "img" and not attributes.get("alt"):
            self.images_without_alt.append(attributes.get("src", ""))


def broken_links(site: Path) -> Iterator[str]:
    """Yield broken links of the pages and of `llms.txt`, images without alternative text, pages without Markdown."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: an image has no alternative text: {source}" for source in page.images_without_alt)
        for link in page.links:
            if problem := _link_problem(link, path, pages, site):
                yield f"{name}: {problem}: {link}"
    for link in _MARKDOWN_LINK.findall((site / "llms.txt").read_text("utf-8")):
        if not (site / link).is_file():
            yield f"llms.txt: no such file: {link}"
    for path in pages:
        if path.name != "404.html" and not path.with_suffix(".md").is_file():
            yield f"{path.relative_to(site)}: the Markdown version is missing"


def _link_problem(link: str, path: Path, pages: dict[Path, Page], site: Path) -> str | None:
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
        return "no such file"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "no such anchor"
    return None


def missed_questions(site: Path, page: Path) -> Iterator[str]:
    """Yield the questions, in full and in keywords, for which the search does not rank the answer first."""
    rows = list(_QUESTION.finditer(page.read_text("utf-8")))
    if len(rows) < 20:
        yield f"{page.name} has {len(rows)} questions that match the table's format, expected at least 20"
    queries = [(row[name].replace("`", ""), row["answer"]) for row in rows for name in ("question", "words")]
    results = _search(site, [query for query, _ in queries])
    for (query, answer), hits in zip(queries, results, strict=True):
        expected = answer.replace(".md", ".html")
        first = hits[0] if hits else "nothing"
        if first not in (expected, expected.partition("#")[0]) and first.partition("#")[0] != expected:
            yield f"the search for {query!r} finds {first} first, not {expected}"


def _search(site: Path, queries: list[str]) -> list[list[str]]:
    process = subprocess.run(
        ["node", SEARCH, site], input="\n".join(queries), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


def main() -> int:
    """Print the problems of the site."""
    problems = list(broken_links(SITE))
    if shutil.which("node"):
        problems += missed_questions(SITE, ROOT / "docs" / "questions.md")
    else:
        print("node is not installed: the search is not checked")
    print("\n".join([*problems, f"{len(list(SITE.rglob('*.html')))} pages, {len(problems)} problems"]))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
