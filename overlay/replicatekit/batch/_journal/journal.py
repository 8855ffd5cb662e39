"""The journal of a batch: its parts, over one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.deliveries import Deliveries
from replicatekit.batch._journal.files import Files
from replicatekit.batch._journal.items import Items
from replicatekit.batch._journal.rate import Rate
from replicatekit.batch._journal.rows import Rows
from replicatekit.batch._journal.settings import Settings
from replicatekit.batch._journal.workers import Workers

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database


class Journal:
    """The parts of a journal. A step calls their methods, inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.settings = Settings(database)
        self.items = Items(database)
        self.workers = Workers(database)
        self.rate = Rate(database)
        self.files = Files(database)
        self.deliveries = Deliveries(database)
        self.rows = Rows(database)


resolvable(__name__)
