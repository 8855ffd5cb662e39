"""Schemas on disk: what cannot be read or written is as if it were not there."""

from __future__ import annotations

import time

import pytest

from replicatekit._session.disk_cache import SchemaDisk

VERSION = "a" * 64
URL = "https://api.replicate.com/v1"


@pytest.fixture
def disk(tmp_path):
    return SchemaDisk(URL, tmp_path / "cache")


def test_what_is_stored_is_found_by_another_process(disk, tmp_path):
    disk.store_version(VERSION, {"openapi_schema": {}})
    disk.store_model("acme/one", {"openapi_schema": {}})
    disk.store_model("acme/two", {"openapi_schema": {}})
    again = SchemaDisk(f"{URL}/", tmp_path / "cache")
    assert again.version(VERSION) == {"openapi_schema": {}}
    assert again.model("acme/one")["age"] < 3600
    assert again.models() == ["acme/one", "acme/two"]


def test_apis_share_no_records(disk, tmp_path):
    disk.store_version(VERSION, {"openapi_schema": {}})
    other = SchemaDisk("http://127.0.0.1:8000/v1", tmp_path / "cache")
    assert other.version(VERSION) is None
    assert other.models() == []


def test_only_an_id_that_can_mean_no_other_version_is_stored(disk):
    disk.store_version("hidden", {"openapi_schema": {}})
    assert disk.version("hidden") is None


def test_a_version_is_stored_once(disk):
    disk.store_version(VERSION, {"first": True})
    disk.store_version(VERSION, {"second": True})
    assert disk.version(VERSION) == {"first": True}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_missing(disk, tmp_path, content):
    disk.store_version(VERSION, {"openapi_schema": {}})
    (path,) = (tmp_path / "cache").rglob("*.json")
    path.write_bytes(content)
    assert disk.version(VERSION) is None


def test_a_record_of_another_model_or_from_the_future_is_not_fresh(disk, tmp_path, monkeypatch):
    disk.store_model("acme/one", {})
    (path,) = (tmp_path / "cache").rglob("*.json")
    path.rename(path.with_name("acme--other.json"))
    assert disk.model("acme/other") is None
    disk.store_model("acme/one", {})
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 100)
    assert disk.model("acme/one")["age"] == float("inf")


def test_where_nothing_can_be_written_nothing_is_stored_and_nothing_raised(tmp_path):
    (tmp_path / "cache").write_text("a file")
    disk = SchemaDisk(URL, tmp_path / "cache")
    disk.store_version(VERSION, {"openapi_schema": {}})
    disk.store_model("acme/one", {"openapi_schema": {}})
    assert (disk.version(VERSION), disk.model("acme/one"), disk.models()) == (None, None, [])


def test_a_schema_that_holds_itself_is_not_stored_and_leaves_no_file(disk, tmp_path):
    schema = {}
    schema["itself"] = schema
    disk.store_version(VERSION, {"openapi_schema": schema})
    assert disk.version(VERSION) is None
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
