"""The workers of a journal: which are alive, and who takes over the items of dead ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import LONGEST_WAIT, Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replicatekit.batch._journal.database import Database

_LOOKS = 4  # at least, before a worker is considered dead
_CLAIM = "id, fingerprint, copy, input, status, attempts, prediction_id"


class Workers:
    """The workers and their claims."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watched: dict[tuple[str, float], float] = {}
        self._looked_at = 0.0

    def enter(self, worker: str, host: str, process: str) -> None:
        """Record a worker or its heartbeat."""
        self._database.read_clock()
        self._database.change(
            "INSERT INTO workers (id, host, process, seen_at) VALUES (:id, :host, :process, :now)"
            " ON CONFLICT (id) DO UPDATE SET seen_at = :now",
            id=worker,
            host=host,
            process=process,
            now=self._database.now(),
        )

    def leave(self, worker: str) -> None:
        """Record that a worker has ended in an orderly way, and free the items that it claimed and did not send."""
        self._free(worker)
        claims = self._database.rows("SELECT 1 FROM items WHERE worker = :worker LIMIT 1", worker=worker)
        if claims:  # the next worker takes over the items that it has sent
            self._database.change("UPDATE workers SET seen_at = 0 WHERE id = :id", id=worker)
        else:
            self._database.change("DELETE FROM workers WHERE id = :id", id=worker)

    def dead(self, worker: str, lease: float, has_ended: Callable[[str, str, str], bool]) -> list[tuple[str, float]]:
        """The other workers that have died, and their last heartbeats.

        A worker is dead if it has left, if its process has ended, or if its heartbeat has not changed
        while this process has watched it for `lease` seconds. Clocks are not compared: they jump, and after a machine
        was suspended all its heartbeats are old. Time in which this process was suspended does not count either.
        """
        rows = self._database.rows("SELECT id, host, process, seen_at FROM workers WHERE id <> :id", id=worker)
        now = time.monotonic()
        passed = min(now - self._looked_at, lease / _LOOKS)
        self._looked_at, before = now, self._watched
        self._watched = {(row[0], row[3]): before.get((row[0], row[3]), -passed) + passed for row in rows}
        return [
            (other, seen_at)
            for other, host, process, seen_at in rows
            if not seen_at or self._watched[other, seen_at] > lease or has_ended(other, host, process)
        ]

    def take_over(self, worker: str, dead: str, seen_at: float) -> list[Claim]:
        """Take over the items that a dead worker has sent; free the others. Empty if another worker was faster."""
        removed = self._database.change("DELETE FROM workers WHERE id = :id AND seen_at = :seen", id=dead, seen=seen_at)
        if not removed:
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
        """Claim the next items, among these fingerprints or all items."""
        condition, parameters = ("", {}) if only is None else self._database.among("fingerprint", only)
        return self._claims(
            "UPDATE items SET status = 'claimed', worker = :worker WHERE id IN ("
            "SELECT id FROM items WHERE status = 'pending' AND (not_before <= :now OR not_before > :latest)"
            f"{condition} ORDER BY id LIMIT :count {self._database.locks_rows}) RETURNING {_CLAIM}",
            worker=worker,
            now=(now := self._database.now()),
            latest=now + LONGEST_WAIT,
            count=count,
            **parameters,
        )

    def _claims(self, statement: str, **parameters: Any) -> list[Claim]:
        return sorted((Claim(*row) for row in self._database.rows(statement, **parameters)), key=lambda claim: claim.id)


resolvable(__name__)
