"""Hooks of the documentation site: what MkDocs calls while it builds the pages."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from documentation.benchmark_table import with_figures
from documentation.llms import write_index
from documentation.notebook_pages import as_page
from documentation.reference import as_text, missing_names, undocumented_names

HOUSE = Path(__file__).resolve().parent.parent
PLOTS = HOUSE / "benchmarks" / "plots"

# How much a page counts in the site's search: a newcomer's question is to find a guide before a signature.
WEIGHTS = (
    ("guides/index.md", 0.3),
    ("questions.md", 0.1),
    ("notebooks/", 0.3),
    ("tutorial.md", 2.5),
    ("sandbox-deviations.md", 0.2),
    ("bare-client.md", 0.5),
    ("reference/environment.md", 1.0),
    ("reference/compat.md", 0.05),
    ("reference/replicatekit-api.md", 0.05),
    ("reference/", 0.2),
    ("cli.md", 2.0),
    ("gallery/", 0.3),
    ("explanation/comparison.md", 4.0),
    ("explanation/", 1.5),
    ("", 4.0),
)

_markdown: dict[str, str] = {}
"""What each page says, by its file: written beside it when all are built."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the notebooks, and the plots of the benchmarks; MkDocs calls this first."""
    make: Any = import_module("mkdocs.structure.files").File.generated  # in the environment of the site alone
    for path in sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb")):
        page, pictures = as_page(path)
        files.append(make(config, f"notebooks/{path.stem}.md", content=page))
        for name, content in pictures.items():
            files.append(make(config, f"notebooks/{name}", content=content))
    files.append(make(config, "llms.txt", content=""))  # written when all pages are
    for path in sorted(PLOTS.glob("*.png")):
        files.append(make(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in the figures, and give the page its weight in the search; MkDocs calls this for each page."""
    del config, files
    name = page.file.src_uri
    weight = next(weight for prefix, weight in WEIGHTS if name.startswith(prefix))
    page.meta.setdefault("search", {"boost": weight})
    up = "../" * name.count("/")
    filled = with_figures(markdown).replace(f"{up}../benchmarks/plots/", f"{up}pictures/")
    _markdown[name] = filled
    return filled


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Put the diagrams into the pages, so that they take the colours of the site; MkDocs calls this for each page."""
    del page, files

    def inlined(match: re.Match[str]) -> str:
        source = re.search(r'src="[^"]*?pictures/([\w-]+\.svg)"', match[0])
        if source is None:
            return match[0]
        return (Path(config.docs_dir) / "pictures" / source[1]).read_text("utf-8")

    return re.sub(r'<img [^>]*class="diagram"[^>]*>', inlined, html)


def on_env(env: Any, config: Any, files: Any) -> Any:
    """Check the reference, and write its docstrings as Markdown too; MkDocs calls this when all pages are rendered."""
    del files
    shown = set(config.plugins["autorefs"]._primary_url_map)  # noqa: SLF001 - the plugin has no public way to list them
    if missing := sorted(missing_names(shown)):
        raise SystemExit(f"the reference lacks public names: {', '.join(missing)}")
    modules = config.plugins["mkdocstrings"].get_handler("python")._modules_collection  # noqa: SLF001 - the same
    if undocumented := sorted(set(undocumented_names(_markdown.values(), modules.__getitem__))):
        raise SystemExit(f"public names have no docstring: {', '.join(undocumented)}")
    for name, markdown in _markdown.items():
        _markdown[name] = as_text(markdown, modules.__getitem__)
    return env


def on_post_build(config: Any) -> None:
    """Write each page as Markdown beside it, and `llms.txt`; MkDocs calls this at the end."""
    site = Path(config.site_dir)
    for name, markdown in _markdown.items():
        (site / name).write_text(markdown, "utf-8")
    write_index(site, config.site_name, config.site_description, config.nav, _markdown)
