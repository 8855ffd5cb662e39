from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from generating import Done, Run

import generate as script

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the script in this process."""

    def main(*arguments: str | Path) -> Done:
        try:
            code = script.main([*map(str, arguments)])
        except SystemExit as leaving:
            code = leaving.code
        return Done(code, *capfd.readouterr())

    return main


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=ignored))
