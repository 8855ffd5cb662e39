"""Turn an executed notebook into a page: its text, its cells, and what they put out."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["as_page"]

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


def as_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """The Markdown of a notebook, and the pictures beside it by their names."""
    pictures: dict[str, bytes] = {}
    cells = json.loads(path.read_text("utf-8"))["cells"]
    parts = [part for number, cell in enumerate(cells) for part in _cell(cell, f"{path.stem}-{number}", pictures)]
    parts.append(
        f"[Download the notebook]({path.name}). `python -m replicatekit.sandbox` prints the two variables that let it "
        "run without a token. `make notebooks` executes the notebooks of these pages.\n"
    )
    return "\n".join(parts), pictures


def _cell(cell: dict[str, Any], name: str, pictures: dict[str, bytes]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield f"{source}\n"
        return
    yield f"```python\n{source}\n```\n"
    printed = "".join(_text(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
    if printed:
        yield _as_text(printed)
    for number, output in enumerate(cell["outputs"]):
        if output["output_type"] == "error":
            raise SystemExit(f"a cell of the notebook {name} failed: {output['ename']}: {output['evalue']}")
        if output["output_type"] != "stream":
            yield _shown(output["data"], f"{name}-{number}", pictures)


def _shown(data: dict[str, Any], name: str, pictures: dict[str, bytes]) -> str:
    """An output by the richest of its representations."""
    text = _text(data["text/plain"])
    if "image/png" in data:
        pictures[f"{name}.png"] = base64.b64decode(_text(data["image/png"]))
        return f"![The output: {text}]({name}.png){{ .output }}\n"
    if "text/html" in data:
        html = re.sub(r"\s*\n\s*", " ", _text(data["text/html"]))
        return f'<div class="output">{_with_files(html, name, pictures)}</div>\n'
    return _as_text(text)


def _with_files(html: str, name: str, pictures: dict[str, bytes]) -> str:
    """HTML whose pictures are files beside the page instead of data URLs."""

    def file(match: re.Match[str]) -> str:
        picture = f"{name}-{len(pictures)}.png"
        pictures[picture] = base64.b64decode(match[1])
        return picture

    return re.sub(r"data:image/png;base64,([A-Za-z0-9+/=]+)", file, html)


def _as_text(text: str) -> str:
    return f"```{{ .text .output }}\n{_ESCAPE_SEQUENCE.sub('', text).rstrip()}\n```\n"


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
