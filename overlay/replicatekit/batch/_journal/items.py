"""The items of a journal, and their creates: each method is one step in the caller's transaction.

An item goes `pending` -> `claimed` -> `sending` -> `running` -> `succeeded` or `failed`. It becomes `sending` before
the create leaves this machine, so that after a crash only these items can have predictions unknown to the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import Attempt, ClaimLost, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replicatekit.batch._items import EncodedInput
    from replicatekit.batch._journal.database import Database


class Items:
    """Changes the states of items and their attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, items: Iterable[EncodedInput], copies: int) -> int:
        """Add the items that are new, and return how many."""
        now = self._database.now()
        return self._database.change_many(
            "INSERT INTO items (fingerprint, copy, input, added_at) VALUES (:fingerprint, :copy, :input, :now)"
            " ON CONFLICT DO NOTHING",
            (
                {"fingerprint": item.fingerprint, "copy": copy, "input": item.text, "now": now}
                for item in items
                for copy in range(copies)
            ),
        )

    def sending(self, worker: str, item: int, sent: str, rate: int) -> int | None:
        """Record that a create is about to be sent, and return the number of the attempt.

        None if the rate has changed since the create's turn was reserved: it must not be sent now.

        Raises:
            ClaimLost: Another worker has the item.
        """
        if not self._database.rows("SELECT 1 FROM rate WHERE id = 1 AND version = :version", version=rate):
            return None
        changed = self._database.change(
            "UPDATE items SET status = 'sending', attempts = attempts + 1"
            " WHERE id = :id AND worker = :worker AND status = 'claimed'",
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost
        (row,) = self._database.rows(
            "INSERT INTO attempts (item, number, worker, sending_at, sent)"
            " SELECT CAST(:item AS BIGINT), COALESCE(MAX(number), 0) + 1, CAST(:worker AS TEXT),"
            " CAST(:now AS DOUBLE PRECISION), CAST(:sent AS TEXT) FROM attempts WHERE item = :item RETURNING number",
            item=item,
            worker=worker,
            now=self._database.now(),
            sent=sent,
        )
        number: int = row[0]
        return number

    def not_sent(self, worker: str, item: int, number: int) -> None:
        """Record that the create was not sent or not accepted: the item is `claimed` again."""
        self._database.change(
            "DELETE FROM attempts WHERE item = :item AND number = :number AND prediction_id IS NULL",
            item=item,
            number=number,
        )
        self._database.change(
            "UPDATE items SET status = 'claimed', attempts = attempts - 1"
            " WHERE id = :id AND worker = :worker AND status IN ('sending', 'unknown')",
            id=item,
            worker=worker,
        )

    def created(self, worker: str, item: int, number: int, prediction_id: str) -> bool:
        """Record the prediction that an attempt created. False if it belongs to another attempt.

        It is recorded even if another worker has taken the item over, and that worker finds it there.
        """
        changed = self._database.change(
            "UPDATE attempts SET prediction_id = :prediction, sent = NULL WHERE item = :item AND number = :number"
            " AND prediction_id IS NULL AND NOT EXISTS (SELECT 1 FROM attempts WHERE prediction_id = :prediction)",
            prediction=prediction_id,
            item=item,
            number=number,
        )
        if changed:
            self.running(worker, item, prediction_id)
        return changed > 0

    def running(self, worker: str, item: int, prediction_id: str) -> None:
        """Record the item's prediction, if this worker still has the item."""
        self._database.change(
            "UPDATE items SET status = 'running', prediction_id = :prediction"
            " WHERE id = :id AND worker = :worker AND status = 'sending'",
            prediction=prediction_id,
            id=item,
            worker=worker,
        )

    def finished(self, worker: str, item: int, outcome: Outcome) -> None:
        """Record the outcome of an item.

        Raises:
            ClaimLost: Another worker has the item.
        """
        changed = self._database.change(
            "UPDATE items SET status = :status, output = :output, error_kind = :kind, error = :error,"
            " predict_time = COALESCE(predict_time, 0) + :seconds, finished_at = :now, worker = NULL"
            " WHERE id = :id AND worker = :worker",
            status=outcome.status,
            output=outcome.output,
            kind=outcome.error_kind,
            error=outcome.error,
            seconds=outcome.predict_time or 0.0,
            now=self._database.now(),
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost

    def put_back(self, worker: str, item: int, seconds: float, outcome: Outcome | None = None) -> None:
        """Free an item for another attempt, after some seconds.

        Raises:
            ClaimLost: Another worker has the item.
        """
        changed = self._database.change(
            "UPDATE items SET status = 'pending', worker = NULL, prediction_id = NULL, not_before = :then,"
            " predict_time = COALESCE(predict_time, 0) + :spent, error_kind = :kind, error = :error"
            " WHERE id = :id AND worker = :worker",
            then=self._database.now() + seconds,
            spent=(outcome and outcome.predict_time) or 0.0,
            kind=outcome and outcome.error_kind,
            error=outcome and outcome.error,
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost

    def retry(self, kinds: Sequence[str]) -> int:
        """Free the items with these kinds of failure, and return how many."""
        condition, parameters = self._database.among("error_kind", kinds)
        return self._database.change(
            # After a failure of the API alone, the prediction is kept and read again: nothing is created.
            "UPDATE items SET status = 'pending', attempts = 0, not_before = 0,"
            " prediction_id = CASE WHEN error_kind = 'api' THEN prediction_id END,"
            " error_kind = NULL, error = NULL, finished_at = NULL"
            f" WHERE status IN ('failed', 'unknown'){condition}",
            **parameters,
        )

    # --- creates whose outcome is unknown

    def last_attempt(self, item: int) -> Attempt | None:
        """The last attempt of an item."""
        rows = self._database.rows(
            "SELECT number, sending_at, sent, prediction_id FROM attempts WHERE item = :item"
            " ORDER BY number DESC LIMIT 1",
            item=item,
        )
        return Attempt(*rows[0]) if rows else None

    def is_sent(self, worker: str, item: int) -> bool:
        """Whether the create of this worker's item may have reached the API."""
        statement = "SELECT 1 FROM items WHERE id = :id AND worker = :worker AND status IN ('sending', 'running')"
        return bool(self._database.rows(statement, id=item, worker=worker))

    def known(self, prediction_ids: Iterable[str]) -> set[str]:
        """Which of these predictions belong to an attempt."""
        condition, parameters = self._database.among("prediction_id", prediction_ids)
        rows = self._database.rows(f"SELECT prediction_id FROM attempts WHERE TRUE{condition}", **parameters)
        return {row[0] for row in rows}


resolvable(__name__)
