"""A journal in an SQLite file."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.database import Database
from replicatekit.errors import InvalidArgument, JournalError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

_BUSY_SECONDS = 60.0
_ATTEMPTS = 600
_ADVICE = {
    "SQLITE_FULL": "the disk is full: make room, and run the batch again; it continues",
    "SQLITE_READONLY": "the file or its folder is read-only: make it writable, or use another journal",
    "SQLITE_BUSY": f"another program has locked it for {_BUSY_SECONDS:.0f} s: end it, and run the batch again",
    "SQLITE_NOTADB": "the file is not an SQLite database: use another file",
    "SQLITE_CORRUPT": "the file is damaged: restore it from a backup, or save what `sqlite3 FILE .recover` can read",
    "SQLITE_CANTOPEN": "the file cannot be opened: check that the folder exists and may be written to",
    "SQLITE_IOERR": "the disk failed: check it, and run the batch again; it continues",
}


class SQLite(Database):
    """SQLite in write-ahead mode. With `synchronous=FULL`, committed data survives a power cut."""

    locks_rows = ""
    _error = sqlite3.Error
    _each_value = "SELECT value FROM json_each(:among)"

    def __init__(self, path: str) -> None:
        if not path or path == ":memory:":
            raise InvalidArgument("journal must be a file: one in memory does not survive the process")
        self.name = repr(str(Path(path).absolute()))
        with self._translated():
            self._connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self.rows("SELECT 1 FROM sqlite_master LIMIT 1")  # fails before any change if the file is not a database
        except BaseException:
            self.close()
            raise

    def now(self) -> float:
        """See `Database`: all workers are on this machine."""
        return time.time()

    def read_clock(self) -> None:
        """See `Database`: nothing to do, as `now` reads it each time."""

    def tables(self) -> set[str]:
        """See `Database`."""
        return {row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def create(self, statements: str) -> None:
        """See `Database`."""
        text = statements.format(serial="INTEGER PRIMARY KEY", real="REAL", blob="BLOB")
        for statement in text.split(";"):
            self.change(statement)

    def set_modes(self) -> None:
        """See `Database`."""
        self.rows("PRAGMA synchronous=FULL")
        for _ in range(_ATTEMPTS):  # SQLite's busy timeout does not apply to the lock that this takes
            with suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            time.sleep(_BUSY_SECONDS / _ATTEMPTS)
        self.rows("PRAGMA journal_mode=WAL")

    def close(self) -> None:
        """See `Database`."""
        self._connection.close()

    def _execute(self, statement: str, parameters: Mapping[str, Any]) -> Any:
        return self._connection.execute(statement, parameters)

    def _execute_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int:
        return self._connection.executemany(statement, parameters).rowcount

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # After some errors, such as a full disk, SQLite has already rolled back.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _explained(self, error: sqlite3.Error) -> JournalError:
        code = str(getattr(error, "sqlite_errorname", ""))
        advice = next((text for name, text in _ADVICE.items() if code.startswith(name)), "")
        return JournalError(f"the journal {self.name} failed: {error}{'; ' if advice else ''}{advice}")


resolvable(__name__)
