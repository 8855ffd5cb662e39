"""A journal's model and what is known of it: determined once, for all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database


class Settings:
    """The journal's settings, which are written once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reference_for(self, reference: str | None) -> str:
        """Check that the journal is for this model, and return the model. A new journal records it.

        Raises:
            InvalidArgument: The journal is for another model, or is new and `reference` is None.
        """
        stored = self.get("reference") if reference is None else self.keep("reference", reference)
        if stored is None:
            raise InvalidArgument("a new journal needs the model that it is for: Batch(journal, 'owner/name')")
        if reference is not None and reference != stored:
            raise InvalidArgument(f"the journal is for {stored}, not for {reference}: use another journal")
        return stored

    def get(self, name: str) -> str | None:
        """The value of a setting; None if it is not set."""
        rows = self._database.rows("SELECT value FROM settings WHERE name = :name", name=name)
        return rows[0][0] if rows else None

    def keep(self, name: str, value: str) -> str:
        """Write a setting unless it exists, and return the stored value."""
        self._database.change(
            "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING", name=name, value=value
        )
        return self.get(name) or value


resolvable(__name__)
