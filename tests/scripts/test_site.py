"""What the documentation site is made of: notebooks, figures, docstrings as text, recordings, and its own checks."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import griffe
import pytest

from check_site import broken_links
from documentation import benchmark_table
from documentation.benchmark_table import with_figures
from documentation.llms import write_index
from documentation.notebook_pages import as_page
from documentation.recording import Cell, Frame
from documentation.reference import as_text, undocumented_names
from documentation.terminal_svg import draw
from record_terminals import PICTURES, RECORDINGS
from run_notebooks import NOTEBOOKS, execute

pytestmark = pytest.mark.sources

PIXEL = base64.b64encode(b"a picture").decode()


def outputs(notebook):
    """What the cells of a notebook put out, by kind: two executions differ in ids, times and how text is split."""
    return [
        [
            sorted({output["output_type"], *output.get("data", {})})
            for output in cell.get("outputs", [])
            if output["output_type"] != "stream"
        ]
        for cell in notebook["cells"]
    ]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_of_the_gallery_runs_and_its_outputs_are_those_that_it_shows(path):
    pytest.importorskip("ipykernel")
    kept = json.loads(path.read_text("utf-8"))
    assert outputs(execute(path)) == outputs(kept)
    assert all(cell["execution_count"] for cell in kept["cells"] if cell["cell_type"] == "code")


def test_a_notebook_becomes_a_page_with_its_pictures_beside_it(tmp_path):
    html = {"text/html": [f'<img src="data:image/png;base64,{PIXEL}" alt="a llama">'], "text/plain": "[...]"}
    cells = [
        {"cell_type": "markdown", "source": ["# A title\n", "And text."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "text": ["one\n"]},
                {"output_type": "stream", "text": "\x1b[31mtwo\x1b[0m\n"},
                {"output_type": "execute_result", "data": {"image/png": PIXEL, "text/plain": "out.png"}},
                {"output_type": "execute_result", "data": html},
            ],
        },
    ]
    (tmp_path / "shown.ipynb").write_text(json.dumps({"cells": cells}))
    page, pictures = as_page(tmp_path / "shown.ipynb")
    assert page.startswith("# A title\nAnd text.\n")
    assert "```python\nprint(1)\n```" in page
    assert "one\ntwo" in page
    assert set(pictures.values()) == {b"a picture"}
    assert all(name in page for name in pictures)
    assert "base64" not in page


def test_a_notebook_whose_cell_failed_is_no_page(tmp_path):
    failed = {"output_type": "error", "ename": "NameError", "evalue": "x"}
    (tmp_path / "failed.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": "x", "outputs": [failed]}]})
    )
    with pytest.raises(SystemExit, match="NameError: x"):
        as_page(tmp_path / "failed.ipynb")


def test_the_figures_of_the_benchmarks_are_on_the_page_without_what_they_were_to_reach():
    page = with_figures("before\n<!-- benchmarks: table -->\nafter")
    assert page.startswith("before\n")
    assert "| benchmark | raw httpx |" in page
    assert "**replicatekit**" in page
    assert "target" not in page
    assert "floor" not in page
    growth = with_figures("<!-- benchmarks: growth -->")
    assert "processor time" in growth
    assert "**replicatekit**" in growth


def test_a_run_with_all_peers_has_a_column_for_the_plain_output_of_the_generator(tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text(
        "<!-- table: written by the program -->\n\nToday.\n\n"
        "| benchmark | raw httpx | replicate 1.0.7 | naive generator | aiohttp | floor | **replicatekit** |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| GET | 1 ms | 2x | 3x | 4x | 5x | 6 ms, 6x (target 1x: **missed**) |\n\n<!-- table: end -->\n"
    )
    monkeypatch.setattr(benchmark_table, "_SOURCE", tmp_path / "README.md")
    lines = with_figures("<!-- benchmarks: table -->").splitlines()
    assert lines[-3] == "| benchmark | raw httpx | replicate 1.0.7 | openapi-python-client | **replicatekit** |"
    assert lines[-1] == "| GET | 1 ms | 2x | 3x | 6 ms, 6x |"


def test_a_page_of_the_reference_is_text_with_signatures_and_docstrings():
    package = griffe.visit(
        "shapes",
        Path("shapes.py"),
        'class Circle:\n    """Round."""\n\n    def area(self) -> float:\n        """Its size."""\n',
    )
    page = as_text(
        "# Shapes\n\n::: shapes.Circle\n    options:\n      heading_level: 3\n\nMore.\n",
        {"shapes.Circle": package["Circle"]}.__getitem__,
    )
    assert "### Circle\n" in page
    assert "Round." in page
    assert "area() -> float" in page
    assert "Its size." in page
    assert ":::" not in page
    assert page.endswith("More.\n")


def test_the_list_of_pages_has_a_sentence_for_each(tmp_path):
    pages = {
        "index.md": "# Home\n\nIt [runs](run.md) models. And more.\n",
        "run.md": "# Run `it`\n\n    code\n\nRun now.\n",
    }
    write_index(tmp_path, "kit", "A kit", [{"Home": "index.md"}, {"How": ["run.md"]}], pages)
    text = (tmp_path / "llms.txt").read_text()
    assert "## Start\n\n- [Home](index.md): It runs models.\n" in text
    assert "## How\n\n- [Run it](run.md): " in text


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_a_recording_shows_the_commands_that_the_script_names_now(recording):
    """Else: `make recordings`."""
    svg = (PICTURES / f"{recording.name}.svg").read_text("utf-8")
    assert f'<desc id="description">{recording.description.replace(chr(39), "&#x27;")}</desc>' in svg
    for command in recording.commands:
        assert command.replace('"', "&quot;") in svg


def test_a_recording_is_drawn_row_by_row_and_rows_that_return_are_drawn_once():
    def row(text, background="default"):
        return tuple(Cell(letter, "green", background, bold=False) for letter in text)

    picture = tuple(Cell("▀", "ff0000", "0000ff", bold=False) for _ in range(4))
    frames = [Frame((row("a < b"[:4]), row("    ")), 0.5), Frame((row("a < b"[:4]), picture), 1.0)]
    svg = draw(frames, "A title", "What happens")
    assert svg.count("a &lt; ") == 1
    assert svg.count('href="#r0"') == 2
    assert "data:image/png;base64," in svg
    assert "prefers-reduced-motion" in svg


def test_the_check_of_the_site_finds_links_that_lead_nowhere_and_silent_pictures(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="other.html#here">good</a> <a href="other.html#there">no anchor</a> <a href="none.html">no file</a>'
        '<img src="other.html"> <a href="https://example.com/">elsewhere</a>'
    )
    (tmp_path / "other.html").write_text('<h2 id="here">Here</h2>')
    (tmp_path / "index.md").write_text("")
    (tmp_path / "llms.txt").write_text("[a](index.md) [b](gone.md)")
    assert sorted(broken_links(tmp_path)) == [
        "index.html: an image has no alternative text: other.html",
        "index.html: no such anchor: other.html#there",
        "index.html: no such file: none.html",
        "llms.txt: no such file: gone.md",
        "other.html: the Markdown version is missing",
    ]


def test_a_name_that_nothing_describes_is_found_in_the_reference():
    source = '''
T = TypeVar("T")

class Fault:
    """What goes wrong.

    Attributes:
        delay: seconds.
    """

    delay: float
    status: int
    code: int
    """The code."""

    def apply(self):
        pass

class FaultOptions(TypedDict):
    """A fault as keywords; see `Fault` for what each means."""

    delay: float
'''
    package = griffe.visit("faults", Path("faults.py"), source)
    package.docstring = griffe.Docstring("Faults.")
    found = undocumented_names(["::: faults\n", "::: replicatekit.compat.run\n"], {"faults": package}.__getitem__)
    assert sorted(found) == ["faults.Fault.apply", "faults.Fault.status"]
