"""Reading a journal: counts, and items in the order of adding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import StoredRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit.batch._journal.database import Database

_PAGE = 1000
_OPEN = "('pending', 'claimed', 'sending', 'running')"
_ROW = (
    "id, fingerprint, copy, input, status, attempts, prediction_id, output, error_kind, error,"
    " predict_time, finished_at"
)


class Rows:
    """Reads the items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """How many items there are in each status."""
        rows = self._database.rows("SELECT status, COUNT(*) FROM items GROUP BY status")
        return {row[0]: row[1] for row in rows}

    def failure_counts(self) -> dict[str, int]:
        """How many items failed with each kind of failure."""
        rows = self._database.rows(
            "SELECT error_kind, COUNT(*) FROM items WHERE status IN ('failed', 'unknown') GROUP BY error_kind"
        )
        return {row[0] or "unknown": row[1] for row in rows}

    def predict_time(self) -> float:
        """The seconds of compute of all items."""
        result: float = self._database.rows("SELECT COALESCE(SUM(predict_time), 0) FROM items")[0][0]
        return result

    def has_open(self, only: Iterable[str] | None = None) -> bool:
        """Whether any item has not ended, among these fingerprints or all items."""
        condition, parameters = ("", {}) if only is None else self._database.among("fingerprint", only)
        statement = f"SELECT 1 FROM items WHERE status IN {_OPEN}{condition} LIMIT 1"
        return bool(self._database.rows(statement, **parameters))

    def one(self, item: int) -> StoredRow:
        """One item."""
        (row,) = self._database.rows(f"SELECT {_ROW} FROM items WHERE id = :id", id=item)
        return StoredRow(*row)

    def page(self, after: int, status: str | None = None) -> list[StoredRow]:
        """The next items after the one with this id, in the order of adding."""
        condition, parameters = ("", {}) if status is None else (" AND status = :status", {"status": status})
        statement = f"SELECT {_ROW} FROM items WHERE id > :after{condition} ORDER BY id LIMIT {_PAGE}"
        rows = self._database.rows(statement, after=after, **parameters)
        return [StoredRow(*row) for row in rows]

    def first_copies(self, fingerprints: Iterable[str]) -> dict[str, StoredRow]:
        """The first repetition of each of these inputs, by its fingerprint."""
        condition, parameters = self._database.among("fingerprint", fingerprints)
        rows = self._database.rows(f"SELECT {_ROW} FROM items WHERE copy = 0{condition}", **parameters)
        return {row[1]: StoredRow(*row) for row in rows}


resolvable(__name__)
