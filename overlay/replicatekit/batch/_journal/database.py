"""One connection to the journal's database, with the same statements for SQLite and PostgreSQL.

Statements name their parameters `:name`, and use only what both databases know: `INSERT ... ON CONFLICT`,
`UPDATE ... RETURNING`. A transaction is durable when `transaction()` has ended.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value, path_of
from replicatekit.errors import InvalidArgument, JournalError

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterable, Mapping

Row = tuple[Any, ...]


class Deadlock(JournalError):
    """Two transactions waited for each other, and the database rolled this one back."""


class Database(ABC):
    """One connection; used by one thread at a time. The errors of the driver become `JournalError`."""

    name: str
    """The journal's name in errors."""
    locks_rows: str
    """The clause of a `SELECT` inside an `UPDATE` that keeps two workers from taking the same row."""
    _error: type[Exception]
    """The base class of the driver's errors."""
    _each_value: str
    """A `SELECT` that turns the JSON array in the parameter `:among` into rows."""

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """Execute a statement and return its rows.

        Raises:
            JournalError: The database failed.
        """
        with self._translated():
            rows: list[Row] = self._execute(statement, parameters).fetchall()
            return rows

    def change(self, statement: str, **parameters: Any) -> int:
        """Execute a statement and return how many rows it changed.

        Raises:
            JournalError: The database failed.
        """
        with self._translated():
            changed: int = self._execute(statement, parameters).rowcount
            return changed

    def change_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int:
        """Execute a statement for each of the parameters, and return how many rows all of them changed.

        Raises:
            JournalError: The database failed.
        """
        with self._translated():
            return self._execute_many(statement, parameters)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit durably at the end of the block, or roll back if it raises.

        Raises:
            JournalError: The database failed.
        """
        with self._translated(), self._transaction():
            yield

    def among(self, column: str, values: Iterable[str]) -> tuple[str, dict[str, Any]]:
        """An ` AND` condition that a column has one of these values, and its parameters."""
        return f" AND {column} IN ({self._each_value})", {"among": json.dumps(list(values))}

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except self._error as error:
            raise self._explained(error) from None

    @abstractmethod
    def now(self) -> float:
        """Seconds since the epoch, by one clock for all workers."""

    @abstractmethod
    def read_clock(self) -> None:
        """Read the clock that all workers share."""

    @abstractmethod
    def tables(self) -> set[str]:
        """The names of the existing tables."""

    @abstractmethod
    def create(self, statements: str) -> None:
        """Create tables. `{serial}`, `{real}` and `{blob}` are replaced by this database's names for these types."""

    @abstractmethod
    def set_modes(self) -> None:
        """Set how the database writes, outside a transaction."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def _execute(self, statement: str, parameters: Mapping[str, Any]) -> Any: ...

    @abstractmethod
    def _execute_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int: ...

    @abstractmethod
    def _transaction(self) -> Any: ...

    @abstractmethod
    def _explained(self, error: Any) -> JournalError: ...


def open_database(address: str | os.PathLike[str]) -> Database:
    """Connect to the journal's database.

    Args:
        address: A file for SQLite, or the URL of a PostgreSQL database.

    Raises:
        InvalidArgument: The address is neither, or the extra is missing.
        JournalError: The file cannot be opened, or the server cannot be reached.
    """
    text = address if isinstance(address, str) and "://" in address else str(path_of(address, "journal"))
    scheme = urlsplit(text).scheme if "://" in text else ""
    if scheme in {"postgresql", "postgres"}:
        from replicatekit.batch._journal.postgres import Postgres

        return Postgres(text)
    if scheme not in {"", "sqlite"}:
        raise InvalidArgument(
            f"journal must be a file or a postgresql:// URL, not a {format_value(scheme + '://')} URL"
        )
    from replicatekit.batch._journal.sqlite import SQLite

    return SQLite(text.removeprefix("sqlite:///"))


resolvable(__name__)
