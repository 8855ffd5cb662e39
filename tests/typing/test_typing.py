"""The types that users see, as pyright and mypy see them at their strictest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import PAGES, blocks_of

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
PACKAGES = [str(HOUSE / name) for name in ("overlay", "generated") if (HOUSE / name).is_dir()]


def by_pyright(folder: Path) -> list[str]:
    """What pyright reports of the files in a folder."""
    pytest.importorskip("pyright")
    settings = {
        "extraPaths": PACKAGES,
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(folder.glob("*.py")))
    found = report["generalDiagnostics"]
    return [f"{Path(each['file']).name}:{each['range']['start']['line'] + 1}: {each['message']}" for each in found]


def by_mypy(folder: Path) -> list[str]:
    """What mypy reports of the files in a folder."""
    pytest.importorskip("mypy")
    files = [path.name for path in folder.glob("*.py")]
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--no-error-summary", *files]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(PACKAGES)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return [line for line in done.stdout.splitlines() if line.partition(":")[0] in files]


CHECKERS = pytest.mark.parametrize("checker", [by_pyright, by_mypy])


@CHECKERS
def test_users_see_the_types_that_are_promised(checker, tmp_path):
    code = (HERE / "user_code.py").read_text("utf-8")
    if checker is by_mypy:  # by its names of the same faults
        code = re.sub(r"# pyright: ignore\[report(\w+)\]", "# type: ignore", code)
    (tmp_path / "user_code.py").write_text(code)
    assert checker(tmp_path) == []


@CHECKERS
@pytest.mark.sources
def test_the_blocks_of_the_pages_are_typed(checker, tmp_path):
    for page in PAGES:
        for block in blocks_of(page):
            if block.language == "python":
                (tmp_path / f"{page.parent.name}_{page.stem}_{block.line}.py".replace("-", "_")).write_text(block.code)
    assert checker(tmp_path) == []
