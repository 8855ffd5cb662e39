"""What the sandbox remembers: JSON records and files in one SQLite database.

Without a path the database is SQLite's private temporary one: it is gone at the end, and what does not fit
its cache lies on disk, so memory stays flat however many predictions are made.
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
    """JSON as it is stored and sent; NaN and infinity are refused (ValueError)."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@attrs.frozen
class Row:
    """A record as it is stored: its place in the order of creation, its id, its JSON."""

    seq: int
    id: str
    body: str
    expires: float | None = None


@attrs.frozen
class Blob:
    """What is known of a stored file without its content."""

    id: str
    media_type: str
    etag: str
    size: int


class Store:
    """Records by kind and id, in the order in which they were made, and files.

    Every method may be called from any thread.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = RLock()
        self._database = sqlite3.connect(str(path or ""), check_same_thread=False, isolation_level=None)
        self._database.execute(f"PRAGMA journal_mode={'WAL' if path else 'MEMORY'}")
        self._database.execute(f"PRAGMA synchronous={'NORMAL' if path else 'OFF'}")
        self._database.execute("PRAGMA cache_size=-16000")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Closes the database; a temporary one is gone."""
        with self._lock:
            self._database.close()

    def clear(self, *kinds: str) -> None:
        """Forgets all records of these kinds."""
        with self._lock:
            self._database.executemany("DELETE FROM records WHERE kind = ?", [(kind,) for kind in kinds])

    def clear_blobs(self) -> None:
        """Forgets all files."""
        with self._lock:
            self._database.execute("DELETE FROM blobs")

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
        """Stores a record; one that is there keeps its place in the order."""
        with self._lock:
            self._database.execute(
                "INSERT INTO records (kind, id, parent, created, expires, body) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, expires = excluded.expires",
                (kind, key, parent, created or time.time(), expires, dumps(body)),
            )

    def row(self, kind: str, key: str) -> Row | None:
        """A record as it is stored, or None."""
        with self._lock:
            found = self._database.execute(
                "SELECT seq, id, body, expires FROM records WHERE kind = ? AND id = ?", (kind, key)
            ).fetchone()
        return Row(*found) if found else None

    def get(self, kind: str, key: str) -> Any:
        """A record's value, or None."""
        row = self.row(kind, key)
        return json.loads(row.body) if row else None

    def delete(self, kind: str, key: str) -> bool:
        """Removes a record and says whether there was one."""
        with self._lock:
            return self._database.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, key)).rowcount > 0

    def drop_expired(self, kind: str) -> None:
        """Removes the records of a kind whose time is over."""
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
        """Records of a kind in the order of creation; `where`: conditions on columns, with `values`."""
        conditions = ["kind = ?", *(() if parent is None else ("parent = ?",)), *where]
        arguments = [kind, *(() if parent is None else (parent,)), *values, limit]
        sql = (
            f"SELECT seq, id, body, expires FROM records WHERE {' AND '.join(conditions)} "  # noqa: S608 - our own words
            f"ORDER BY seq {'DESC' if descending else 'ASC'} LIMIT ?"
        )
        with self._lock:
            return [Row(*found) for found in self._database.execute(sql, arguments)]

    def values(self, kind: str, *, parent: str | None = None) -> list[Any]:
        """All values of a kind, the newest first."""
        return [json.loads(row.body) for row in self.rows(kind, parent=parent)]

    def count(self, kind: str, parent: str) -> int:
        """How many records of a kind belong to a parent."""
        with self._lock:
            return self._database.execute(
                "SELECT count(*) FROM records WHERE kind = ? AND parent = ?", (kind, parent)
            ).fetchone()[0]

    def put_blob(self, blob: Blob, content: bytes, *, expires: float) -> None:
        """Stores a file, and drops those whose time is over."""
        with self._lock:
            self._database.execute("DELETE FROM blobs WHERE expires < ?", (time.time(),))
            self._database.execute(
                "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
                (blob.id, blob.media_type, blob.etag, blob.size, expires, content),
            )

    def blob(self, key: str) -> Blob | None:
        """A file that is there and whose time is not over."""
        with self._lock:
            found = self._database.execute(
                "SELECT id, media_type, etag, size FROM blobs WHERE id = ? AND expires >= ?",
                (key, time.time()),
            ).fetchone()
        return Blob(*found) if found else None

    def delete_blob(self, key: str) -> None:
        """Removes a file."""
        with self._lock:
            self._database.execute("DELETE FROM blobs WHERE id = ?", (key,))

    def chunks(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a file from `start` up to `stop`, in pieces."""
        while start < stop:
            with self._lock:
                found = self._database.execute("SELECT rowid FROM blobs WHERE id = ?", (key,)).fetchone()
                if not found:
                    return
                with self._database.blobopen("blobs", "content", found[0], readonly=True) as blob:
                    piece = cast("bytes", blob[start : min(start + _CHUNK, stop)])
            yield piece
            start += len(piece)

    def content(self, key: str) -> bytes | None:
        """A whole file, or None."""
        blob = self.blob(key)
        return b"".join(self.chunks(key, 0, blob.size)) if blob else None
