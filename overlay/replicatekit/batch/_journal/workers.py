"""The workers of a journal: who is there, who has died, and what becomes of the items of the dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import Claim

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit.batch._journal.database import Database

__all__ = ["Workers"]

_CLAIM = "id, fingerprint, copy, input, status, attempts, prediction_id"


class Workers:
    """The workers and what each has claimed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, worker: str, host: str, process: str) -> None:
        """Note a worker, or that it is still there."""
        self._database.change(
            "INSERT INTO workers (id, host, process, seen_at) VALUES (:id, :host, :process, :now)"
            " ON CONFLICT (id) DO UPDATE SET seen_at = :now",
            id=worker,
            host=host,
            process=process,
            now=self._database.now(),
        )

    def leave(self, worker: str) -> None:
        """Note that a worker has ended in an orderly way: what it claimed and did not send is free again."""
        self._free(worker)
        left = self._database.rows("SELECT 1 FROM items WHERE worker = :worker LIMIT 1", worker=worker)
        if left:  # what it has sent is for the next one to take over
            self._database.change("UPDATE workers SET seen_at = 0 WHERE id = :id", id=worker)
        else:
            self._database.change("DELETE FROM workers WHERE id = :id", id=worker)

    def others(self, worker: str) -> list[tuple[str, str, str, float]]:
        """The other workers: id, host, process, and when each was last seen."""
        rows = self._database.rows("SELECT id, host, process, seen_at FROM workers WHERE id <> :id", id=worker)
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def take_over(self, worker: str, dead: str, seen_at: float) -> list[Claim]:
        """Take what a dead worker has sent; what it only claimed is free again. Empty if another one was faster."""
        gone = self._database.change("DELETE FROM workers WHERE id = :id AND seen_at = :seen", id=dead, seen=seen_at)
        if not gone:
            return []
        self._free(dead)
        return self._claims(
            f"UPDATE items SET worker = :worker WHERE worker = :dead RETURNING {_CLAIM}", worker=worker, dead=dead
        )

    def _free(self, worker: str) -> None:
        self._database.change(
            "UPDATE items SET status = 'pending', worker = NULL WHERE worker = :worker AND status = 'claimed'",
            worker=worker,
        )

    def claim(self, worker: str, count: int, only: Iterable[str] | None = None) -> list[Claim]:
        """Claim the next items: of these fingerprints alone, if they are given."""
        narrowed, given = ("", {}) if only is None else self._database.among("fingerprint", only)
        return self._claims(
            "UPDATE items SET status = 'claimed', worker = :worker WHERE id IN ("
            f"SELECT id FROM items WHERE status = 'pending' AND not_before <= :now{narrowed} ORDER BY id LIMIT :count"
            f" {self._database.locks_rows}) RETURNING {_CLAIM}",
            worker=worker,
            now=self._database.now(),
            count=count,
            **given,
        )

    def _claims(self, statement: str, **parameters: Any) -> list[Claim]:
        return sorted((Claim(*row) for row in self._database.rows(statement, **parameters)), key=lambda claim: claim.id)


resolvable(__name__)
