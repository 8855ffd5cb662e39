"""The state of the sandbox: JSON records and files in one SQLite database.

Without a path it is a private temporary SQLite database, deleted at the end. What does not fit SQLite's cache is on
disk, so that memory stays flat however many predictions are created.
"""

from __future__ import annotations

import json
import sqlite3
import time
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS records_in_order ON records (kind, seq);
CREATE INDEX IF NOT EXISTS records_of_parent ON records (kind, parent, seq);
CREATE INDEX IF NOT EXISTS records_expiring ON records (kind, expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS blobs (
    id TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    expires REAL NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS blobs_expiring ON blobs (expires);
"""
_CHUNK = 256 * 1024


def dumps(value: Any) -> str:
    """Return JSON as it is stored and sent; raise ValueError for NaN and infinity."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _text(value: str) -> str:
    """Return a text that SQLite can store: lone surrogates, which JSON can contain, are escaped."""
    return value.encode("utf-8", "backslashreplace").decode()


@attrs.frozen
class Row:
    """A stored record: its place in the order of creation, its id, its JSON."""

    seq: int
    id: str
    body: str
    expires: float | None = None


@attrs.frozen
class Blob:
    """A stored file without its content."""

    id: str
    media_type: str
    etag: str
    size: int


def _open(path: str | Path | None) -> sqlite3.Connection:
    database = None
    try:
        database = sqlite3.connect(str(path or ""), check_same_thread=False, isolation_level=None)
        database.execute(f"PRAGMA journal_mode={'WAL' if path else 'MEMORY'}")
        database.execute(f"PRAGMA synchronous={'NORMAL' if path else 'OFF'}")
        database.execute("PRAGMA cache_size=-16000")
        database.executescript(_TABLES)
    except sqlite3.Error as error:
        if database is not None:
            database.close()
        raise OSError(f"the sandbox's state cannot be kept in {path}: {error}") from error
    return database


class Store:
    """Records by kind and id, in the order in which they were created, and files.

    Every method may be called from any thread.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = RLock()
        self._database = _open(path)

    def close(self) -> None:
        """Close the database; a temporary one is deleted."""
        with self._lock:
            self._database.close()

    def clear(self, *kinds: str) -> None:
        """Delete all records of these kinds."""
        with self._lock:
            self._database.executemany("DELETE FROM records WHERE kind = ?", [(kind,) for kind in kinds])

    def clear_blobs(self, *, before: float) -> None:
        """Delete the files that expire before a time."""
        with self._lock:
            self._database.execute("DELETE FROM blobs WHERE expires < ?", (before,))

    def put(
        self,
        kind: str,
        key: str,
        body: Any,
        *,
        parent: str = "",
        created: float = 0.0,
        expires: float | None = None,
    ) -> None:
        """Store a record; an existing one keeps its place in the order."""
        with self._lock:
            self._database.execute(
                "INSERT INTO records (kind, id, parent, created, expires, body) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, expires = excluded.expires",
                (kind, _text(key), _text(parent), created or time.time(), expires, dumps(body)),
            )

    def row(self, kind: str, key: str) -> Row | None:
        """Return a stored record, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT seq, id, body, expires FROM records WHERE kind = ? AND id = ?", (kind, _text(key))
            ).fetchone()
        return Row(*row) if row else None

    def get(self, kind: str, key: str) -> Any:
        """Return a record's value, or None."""
        row = self.row(kind, key)
        return json.loads(row.body) if row else None

    def delete(self, kind: str, key: str) -> bool:
        """Delete a record, and return whether it existed."""
        with self._lock:
            return (
                self._database.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, _text(key))).rowcount > 0
            )

    def drop_expired(self, kind: str) -> None:
        """Delete the expired records of a kind."""
        with self._lock:
            self._database.execute("DELETE FROM records WHERE kind = ? AND expires < ?", (kind, time.time()))

    def rows(
        self,
        kind: str,
        *,
        parent: str | None = None,
        where: tuple[str, ...] = (),
        values: tuple[Any, ...] = (),
        descending: bool = True,
        limit: int = -1,
    ) -> list[Row]:
        """Return records of a kind in the order of creation; `where`: conditions on columns, with `values`."""
        conditions = ["kind = ?", *(() if parent is None else ("parent = ?",)), *where]
        arguments = [kind, *(() if parent is None else (_text(parent),)), *values, limit]
        sql = (
            f"SELECT seq, id, body, expires FROM records WHERE {' AND '.join(conditions)} "  # noqa: S608 - our own words
            f"ORDER BY seq {'DESC' if descending else 'ASC'} LIMIT ?"
        )
        with self._lock:
            return [Row(*row) for row in self._database.execute(sql, arguments)]

    def values(self, kind: str, *, parent: str | None = None) -> list[Any]:
        """Return all values of a kind, the newest first."""
        return [json.loads(row.body) for row in self.rows(kind, parent=parent)]

    def count(self, kind: str, parent: str) -> int:
        """Count the records of a kind that belong to a parent."""
        with self._lock:
            result: int = self._database.execute(
                "SELECT count(*) FROM records WHERE kind = ? AND parent = ?", (kind, _text(parent))
            ).fetchone()[0]
            return result

    def put_blob(self, blob: Blob, content: bytes, *, expires: float) -> None:
        """Store a file, and delete the expired ones."""
        with self._lock:
            self._database.execute("DELETE FROM blobs WHERE expires < ?", (time.time(),))
            self._database.execute(
                "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
                (blob.id, _text(blob.media_type), blob.etag, blob.size, expires, content),
            )

    def blob(self, key: str) -> Blob | None:
        """Return a file that has not expired, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT id, media_type, etag, size FROM blobs WHERE id = ? AND expires >= ?",
                (_text(key), time.time()),
            ).fetchone()
        return Blob(*row) if row else None

    def delete_blob(self, key: str) -> None:
        """Delete a file."""
        with self._lock:
            self._database.execute("DELETE FROM blobs WHERE id = ?", (key,))

    def chunks(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of a file from `start` up to `stop`, in pieces."""
        while start < stop:
            with self._lock:
                row = self._database.execute("SELECT rowid FROM blobs WHERE id = ?", (key,)).fetchone()
                if not row:
                    return
                with self._database.blobopen("blobs", "content", row[0], readonly=True) as blob:
                    piece = cast("bytes", blob[start : min(start + _CHUNK, stop)])
            yield piece
            start += len(piece)

    def content(self, key: str) -> bytes | None:
        """Return the content of a file, or None."""
        blob = self.blob(key)
        return b"".join(self.chunks(key, 0, blob.size)) if blob else None
