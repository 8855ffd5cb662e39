"""Pages of the reference that are written by hand name what the code has."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from replicatekit.batch import Batch, RowStatus
from replicatekit.cli._frame.exit_codes import ExitCode

pytestmark = pytest.mark.sources

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
OUR_VARIABLE = re.compile(r"[\"'](REPLICATE(?:KIT)?_[A-Z_]+)[\"']")


def words(page: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)))


def test_the_journals_page_names_each_table_and_each_column_of_it(tmp_path: Path) -> None:
    page = (REFERENCE / "journal.md").read_text("utf-8")
    named = words(page)
    Batch(tmp_path / "journal.db", "acme/caption").close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        tables = [name for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if not table.startswith("sqlite_"):
                columns = {row[1] for row in journal.execute(f"PRAGMA table_info({table})")}
                assert sorted({table, *columns} - named) == [], table
        ((version,),) = journal.execute("SELECT value FROM settings WHERE name = 'version'")
    assert "items" in tables
    assert f"version {version}" in page
    assert set(get_args(RowStatus)) <= named


def test_the_page_of_variables_names_each_variable_that_the_package_reads():
    named = words((REFERENCE / "environment.md").read_text("utf-8"))
    sources = (ROOT / "overlay").rglob("*.py")
    read = {name for source in sources for name in OUR_VARIABLE.findall(source.read_text("utf-8"))}
    assert len(read) > 3
    assert sorted(read - named) == []


def test_the_page_of_exit_codes_has_each_code():
    page = (REFERENCE / "environment.md").read_text("utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == {int(code) for code in ExitCode}
