"""Pages of the reference that are written by hand name what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from replicatekit.batch import RowStatus
from replicatekit.batch._journal import schema
from replicatekit.cli._frame.exit_codes import ExitCode

pytestmark = pytest.mark.sources

HOUSE = Path(__file__).resolve().parents[2]
REFERENCE = HOUSE / "docs" / "reference"
OUR_VARIABLE = re.compile(r"[\"'](REPLICATE(?:KIT)?_[A-Z_]+)[\"']")


def words(page: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", page))


def test_the_journals_page_names_each_table_and_each_column_of_it():
    page = (REFERENCE / "journal.md").read_text("utf-8")
    named = words(page)
    for statement in schema.tables(serial="INTEGER", real="REAL", blob="BLOB"):
        if table := re.match(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*)\)", statement, re.DOTALL):
            columns = re.findall(r"^\s*([a-z_]+) ", table[2], re.MULTILINE)
            assert {table[1], *columns} <= named, table[1]
    assert f"version {schema.VERSION}" in page
    assert set(RowStatus.__args__) <= named


def test_the_page_of_variables_names_each_variable_that_the_package_reads():
    named = words((REFERENCE / "environment.md").read_text("utf-8"))
    sources = (HOUSE / "overlay").rglob("*.py")
    read = {name for source in sources for name in OUR_VARIABLE.findall(source.read_text("utf-8"))}
    assert len(read) > 3
    assert sorted(read - named) == []


def test_the_page_of_exit_codes_has_each_code():
    page = (REFERENCE / "environment.md").read_text("utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == {int(code) for code in ExitCode}
