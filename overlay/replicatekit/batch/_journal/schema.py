"""The journal's tables. Documented for readers in `docs/reference/journal.md`; a change raises `VERSION`."""

from __future__ import annotations

__all__ = ["VERSION", "tables"]

VERSION = 1

# {serial}, {real} and {blob} are the two databases' names for the same thing.
_TABLES = """
CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    id {serial},
    fingerprint TEXT NOT NULL,
    copy INTEGER NOT NULL DEFAULT 0,
    input TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before {real} NOT NULL DEFAULT 0,
    worker TEXT,
    prediction_id TEXT,
    output TEXT,
    error_kind TEXT,
    error TEXT,
    predict_time {real},
    added_at {real} NOT NULL,
    finished_at {real},
    UNIQUE (fingerprint, copy)
);
CREATE INDEX IF NOT EXISTS items_by_status ON items (status, id);
CREATE INDEX IF NOT EXISTS items_by_worker ON items (worker) WHERE worker IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempts (
    item BIGINT NOT NULL,
    number INTEGER NOT NULL,
    worker TEXT NOT NULL,
    sending_at {real} NOT NULL,
    sent TEXT,
    prediction_id TEXT UNIQUE,
    PRIMARY KEY (item, number)
);
CREATE TABLE IF NOT EXISTS workers (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    process TEXT NOT NULL,
    seen_at {real} NOT NULL
);
CREATE TABLE IF NOT EXISTS rate (
    id INTEGER PRIMARY KEY,
    gap {real} NOT NULL,
    next_at {real} NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS contents (
    digest TEXT PRIMARY KEY,
    content {blob} NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    prediction_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS uploads (
    digest TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    expires_at {real} NOT NULL
);
"""


def tables(*, serial: str, real: str, blob: str) -> list[str]:
    """The statements that create the journal's tables, with the database's names for three types."""
    return [text for part in _TABLES.format(serial=serial, real=real, blob=blob).split(";") if (text := part.strip())]
