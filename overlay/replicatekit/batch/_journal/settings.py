"""What a journal is for, and what is known of its model: read or decided once, for all workers."""

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
        """Check that the journal is for this model, and return the model; a new journal is for it from now on.

        Raises:
            InvalidArgument: The journal is for another model, or is new and no model was given.
        """
        kept = self.get("reference") if reference is None else self.keep("reference", reference)
        if kept is None:
            raise InvalidArgument("a new journal needs the model that it is for: Batch(journal, 'owner/name')")
        if reference is not None and reference != kept:
            raise InvalidArgument(f"the journal is for {kept}, not for {reference}: use another journal")
        return kept

    def get(self, name: str) -> str | None:
        """A setting; None if nobody has written it."""
        rows = self._database.rows("SELECT value FROM settings WHERE name = :name", name=name)
        return rows[0][0] if rows else None

    def keep(self, name: str, value: str) -> str:
        """Write a setting unless it is there, and return the one that counts."""
        self._database.change(
            "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING", name=name, value=value
        )
        return self.get(name) or value


resolvable(__name__)
