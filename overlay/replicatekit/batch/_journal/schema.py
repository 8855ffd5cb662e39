"""The journal's tables. Documented in `docs/reference/journal.md`; each change raises `VERSION`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database

VERSION = 2

# `Database.create` replaces {serial}, {real} and {blob} by the database's own type names.
_TABLES = {
    "settings": """
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
)""",
    "items": """
CREATE TABLE items (
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
CREATE INDEX items_by_status ON items (status, id);
CREATE INDEX items_by_worker ON items (worker) WHERE worker IS NOT NULL""",
    "attempts": """
CREATE TABLE attempts (
    item BIGINT NOT NULL,
    number INTEGER NOT NULL,
    worker TEXT NOT NULL,
    sending_at {real} NOT NULL,
    sent TEXT,
    prediction_id TEXT UNIQUE,
    PRIMARY KEY (item, number)
)""",
    "workers": """
CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    process TEXT NOT NULL,
    seen_at {real} NOT NULL
)""",
    "rate": """
CREATE TABLE rate (
    id INTEGER PRIMARY KEY,
    gap {real} NOT NULL,
    usual {real} NOT NULL,
    good {real},
    turns INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    next_at {real} NOT NULL,
    version INTEGER NOT NULL
)""",
    "files": """
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    digest TEXT NOT NULL
)""",
    "contents": """
CREATE TABLE contents (
    digest TEXT PRIMARY KEY,
    content {blob} NOT NULL
)""",
    "deliveries": """
CREATE TABLE deliveries (
    prediction_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
)""",
    "uploads": """
CREATE TABLE uploads (
    digest TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    expires_at {real} NOT NULL
)""",
}


def prepare(database: Database) -> None:
    """Create the journal's tables in an empty database, or check the existing ones.

    Raises:
        InvalidArgument: The database is something else, or a journal of a newer version.
    """
    with database.transaction():
        tables = database.tables()
        if not tables & _TABLES.keys():
            if tables and not database.locks_rows:  # a server's database may be shared; an SQLite file is not
                raise _foreign(database)
            database.create(";".join(_TABLES.values()))
            database.change("INSERT INTO settings (name, value) VALUES ('version', :value)", value=str(VERSION))
        elif (version := _version(database, tables)) < VERSION:
            database.change("DROP TABLE rate")  # a lost rate is learned again
            database.create(_TABLES["rate"])
            database.change("UPDATE settings SET value = :value WHERE name = 'version'", value=str(VERSION))
        elif version > VERSION:
            raise InvalidArgument(
                f"the journal {database.name} has version {version}, and this release reads versions up to {VERSION}:"
                " upgrade replicatekit"
            )


def _version(database: Database, tables: set[str]) -> int:
    if not _TABLES.keys() <= tables:
        raise _foreign(database)
    rows = database.rows("SELECT value FROM settings WHERE name = 'version'")
    if not rows or not str(rows[0][0]).isdecimal():
        raise _foreign(database)
    return int(rows[0][0])


def _foreign(database: Database) -> InvalidArgument:
    return InvalidArgument(
        f"the database {database.name} holds something other than a batch's journal: use another file or database"
    )


resolvable(__name__)
