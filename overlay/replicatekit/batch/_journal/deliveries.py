"""Webhook deliveries that no worker has read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit.batch._journal.database import Database


class Deliveries:
    """Webhook deliveries, each kept until the worker that waits for it reads it."""

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
        """Remove and return the deliveries of these predictions."""
        condition, parameters = self._database.among("prediction_id", prediction_ids)
        statement = f"DELETE FROM deliveries WHERE TRUE{condition} RETURNING prediction_id, body"
        return {row[0]: row[1] for row in self._database.rows(statement, **parameters)}

    def clear(self) -> None:
        """Remove all deliveries: those left came late, or belong to another batch."""
        self._database.change("DELETE FROM deliveries")


resolvable(__name__)
