"""Hooks of the documentation site: weights in its search, Markdown, `llms.txt`, and no public name left out."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOUSE = Path(__file__).resolve().parent.parent

# The modules whose `__all__` the reference has to cover.
PUBLIC = (
    *("client", "errors", "options", "outputs", "pages", "streaming", "webhooks"),
    *("batch", "compat", "sandbox", "typed"),
)


# How much a page counts in the site's search: a question of a newcomer is to find a guide before a signature.
WEIGHTS = (
    ("guides/index.md", 0.3),
    ("reference/compat.md", 0.1),
    ("reference/replicatekit-api.md", 0.1),
    ("reference/", 0.5),
    ("cli.md", 0.5),
    ("", 4.0),
)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Give the page its weight in the search; MkDocs calls this for each page."""
    del config, files
    weight = next(weight for prefix, weight in WEIGHTS if page.file.src_uri.startswith(prefix))
    page.meta.setdefault("search", {"boost": weight})
    return markdown


def on_env(env: Any, config: Any, files: Any) -> Any:
    """Check that the reference has every public name; MkDocs calls this when all pages are rendered."""
    del files
    shown = set(config.plugins["autorefs"]._primary_url_map)  # noqa: SLF001 - the plugin has no public way to list them
    if missing := sorted(_missing(shown)):
        raise SystemExit(f"the reference lacks public names: {', '.join(missing)}")
    return env


def on_post_build(config: Any) -> None:
    """Copy the Markdown of each page into the site, and write `llms.txt`; MkDocs calls this at the end."""
    docs, site = Path(config.docs_dir), Path(config.site_dir)
    pages = [docs / name for name in _names(config.nav)]
    for page in pages:
        target = site / page.relative_to(docs)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", "", "## Pages", ""]
    lines += [f"- [{_title(page)}]({page.relative_to(docs)})" for page in pages]
    (site / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _names(nav: Iterable[Any]) -> Iterator[str]:
    """The pages of the navigation, in its order."""
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from _names([value] if isinstance(value, str) else value)


def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return found[1].replace("`", "") if found else page.stem


def _missing(shown: set[str]) -> Iterator[str]:
    """The public names that no page of the reference shows."""
    names = {identifier.rpartition(".")[2] for identifier in shown if identifier.startswith("replicatekit.")}
    for module in PUBLIC:
        path = HOUSE / "overlay" / "replicatekit" / module
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for name in _all(source) - {"Path"}:  # the standard library's
            if name not in names:
                yield f"replicatekit.{module}.{name}"


def _all(source: Path) -> set[str]:
    for node in ast.parse(source.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            return set(ast.literal_eval(node.value))
    return set()
