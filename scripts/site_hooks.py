"""MkDocs hooks of the documentation site."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from documentation.benchmark_table import with_figures
from documentation.llms import write_index
from documentation.notebook_pages import as_page
from documentation.reference import as_text, missing_names, undocumented_names

ROOT = Path(__file__).resolve().parent.parent
PLOTS = ROOT / "benchmarks" / "plots"

# The search boost of pages by prefix of their path: guides rank above the reference.
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
"""The Markdown of each page by its path; `on_post_build` writes it next to the HTML."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the notebooks and the plots of the benchmarks; MkDocs calls this first."""
    make: Any = import_module("mkdocs.structure.files").File.generated  # installed only in the site's environment
    for path in sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb")):
        page, pictures = as_page(path)
        files.append(make(config, f"notebooks/{path.stem}.md", content=page))
        for name, content in pictures.items():
            files.append(make(config, f"notebooks/{name}", content=content))
    files.append(make(config, "llms.txt", content=""))  # `on_post_build` writes the content
    for path in sorted(PLOTS.glob("*.png")):
        files.append(make(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in the benchmark figures, and set the page's search boost; MkDocs calls this for each page."""
    del config, files
    name = page.file.src_uri
    weight = next(weight for prefix, weight in WEIGHTS if name.startswith(prefix))
    page.meta.setdefault("search", {"boost": weight})
    up = "../" * name.count("/")
    filled = with_figures(markdown).replace(f"{up}../benchmarks/plots/", f"{up}pictures/")
    _markdown[name] = filled
    return filled


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Inline the diagrams, so that the site's stylesheet applies to them; MkDocs calls this for each page."""
    del page, files

    def inline(match: re.Match[str]) -> str:
        source = re.search(r'src="[^"]*?pictures/([\w-]+\.svg)"', match[0])
        if source is None:
            return match[0]
        return (Path(config.docs_dir) / "pictures" / source[1]).read_text("utf-8")

    return re.sub(r'<img [^>]*class="diagram"[^>]*>', inline, html)


def on_env(env: Any, config: Any, files: Any) -> Any:
    """Check the reference, and fill in its docstrings as Markdown; MkDocs calls this when all pages are rendered."""
    del files
    shown = set(config.plugins["autorefs"]._primary_url_map)  # noqa: SLF001 - the plugin has no public API for it
    if missing := sorted(missing_names(shown)):
        raise SystemExit(f"the reference lacks public names: {', '.join(missing)}")
    modules = config.plugins["mkdocstrings"].get_handler("python")._modules_collection  # noqa: SLF001 - the same
    if undocumented := sorted(set(undocumented_names(_markdown.values(), modules.__getitem__))):
        raise SystemExit(f"public names have no docstring: {', '.join(undocumented)}")
    for name, markdown in _markdown.items():
        _markdown[name] = as_text(markdown, modules.__getitem__)
    return env


def on_post_build(config: Any) -> None:
    """Write the Markdown of each page, and `llms.txt`; MkDocs calls this at the end."""
    site = Path(config.site_dir)
    for name, markdown in _markdown.items():
        (site / name).write_text(markdown, "utf-8")
    write_index(site, config.site_name, config.site_description, config.nav, _markdown)
