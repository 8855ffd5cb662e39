"""Convert an executed notebook to a Markdown page: text, cells and outputs."""

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
    """Return the Markdown of a notebook, and its images by file name."""
    images: dict[str, bytes] = {}
    cells = json.loads(path.read_text("utf-8"))["cells"]
    parts = [part for number, cell in enumerate(cells) for part in _cell(cell, f"{path.stem}-{number}", images)]
    parts.append(
        f"[Download the notebook]({path.name}). `python -m replicatekit.sandbox` prints the two variables that let it "
        "run without a token. `make notebooks` executes the notebooks of these pages.\n"
    )
    return "\n".join(parts), images


def _cell(cell: dict[str, Any], name: str, images: dict[str, bytes]) -> Iterator[str]:
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
            yield _render(output["data"], f"{name}-{number}", images)


def _render(data: dict[str, Any], name: str, images: dict[str, bytes]) -> str:
    """Return an output as image, HTML or text: the richest that it has."""
    text = _text(data["text/plain"])
    if "image/png" in data:
        images[f"{name}.png"] = base64.b64decode(_text(data["image/png"]))
        return f"![The output: {text}]({name}.png){{ .output }}\n"
    if "text/html" in data:
        html = re.sub(r"\s*\n\s*", " ", _text(data["text/html"]))
        return f'<div class="output">{_with_files(html, name, images)}</div>\n'
    return _as_text(text)


def _with_files(html: str, name: str, images: dict[str, bytes]) -> str:
    """Move images from data URLs to files next to the page."""

    def file(match: re.Match[str]) -> str:
        image = f"{name}-{len(images)}.png"
        images[image] = base64.b64decode(match[1])
        return image

    return re.sub(r"data:image/png;base64,([A-Za-z0-9+/=]+)", file, html)


def _as_text(text: str) -> str:
    return f"```{{ .text .output }}\n{_ESCAPE_SEQUENCE.sub('', text).rstrip()}\n```\n"


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
