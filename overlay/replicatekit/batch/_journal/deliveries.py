"""Webhook deliveries that no worker has read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit.batch._journal.database import Database


class Deliveries:
    """The deliveries, each until the worker that waits for it has read it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, prediction_id: str, body: str) -> None:
        """Keep a delivery; one that arrives again changes nothing."""
        self._database.change(
            "INSERT INTO deliveries (prediction_id, body) VALUES (:id, :body) ON CONFLICT DO NOTHING",
            id=prediction_id,
            body=body,
        )

    def take(self, prediction_ids: Iterable[str]) -> dict[str, str]:
        """The deliveries of these predictions, which are not kept any longer."""
        narrowed, given = self._database.among("prediction_id", prediction_ids)
        statement = f"DELETE FROM deliveries WHERE TRUE{narrowed} RETURNING prediction_id, body"
        return {row[0]: row[1] for row in self._database.rows(statement, **given)}

    def clear(self) -> None:
        """Remove what nobody waits for any longer: deliveries that came late, or are of another batch."""
        self._database.change("DELETE FROM deliveries")


resolvable(__name__)
