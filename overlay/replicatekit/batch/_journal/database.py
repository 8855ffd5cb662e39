"""One connection to the journal's database, SQLite or PostgreSQL, that takes the same statements.

Statements name their parameters `:name`, and use only what both databases know: `INSERT ... ON CONFLICT`,
`UPDATE ... RETURNING`. A transaction is durable when `transaction()` has ended.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from replicatekit.batch._journal.schema import tables
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterable, Mapping

__all__ = ["Database", "open_database"]

_BUSY_SECONDS = 60.0
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")

Row = tuple[Any, ...]


class Database(Protocol):
    """One connection; used by one thread at a time."""

    locks_rows: str
    """What a `SELECT` inside an `UPDATE` says so that two workers never take the same row."""

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """Execute a statement and return its rows."""
        ...

    def change(self, statement: str, **parameters: Any) -> int:
        """Execute a statement and return how many rows it changed."""
        ...

    def change_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int:
        """Execute a statement for each of the parameters, and return how many rows all of them changed."""
        ...

    def transaction(self) -> Any:
        """A context manager: what is done inside is durable at its end, or undone when it raises."""
        ...

    def now(self) -> float:
        """Seconds since the epoch, by one clock for all workers."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def open_database(address: str | os.PathLike[str]) -> Database:
    """Connect to the journal, and create its tables if they are missing.

    Args:
        address: A file for SQLite, or the URL of a PostgreSQL database.

    Raises:
        InvalidArgument: The address is neither, the file cannot be opened, or the extra is missing.
    """
    text = str(address)
    scheme = urlsplit(text).scheme if "://" in text else ""
    if scheme in {"postgresql", "postgres"}:
        return _Postgres(text)
    if scheme not in {"", "sqlite"}:
        raise InvalidArgument(f"a journal must be a file or a postgresql:// URL, not a {scheme}:// URL")
    return _SQLite(text.removeprefix("sqlite:///"))


class _SQLite:
    """SQLite in write-ahead mode. `synchronous=FULL`: what is committed survives a power cut."""

    locks_rows = ""

    def __init__(self, path: str) -> None:
        if not path or path == ":memory:":
            raise InvalidArgument("a journal must be a file: one in memory does not survive the process")
        try:
            self._connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            where = Path(path).absolute()
            raise InvalidArgument(f"the journal {str(where)!r} cannot be opened: {error}") from None
        with self.transaction():
            for statement in tables(serial="INTEGER PRIMARY KEY", real="REAL", blob="BLOB"):
                self._connection.execute(statement)

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """See `Database`."""
        return self._connection.execute(statement, parameters).fetchall()

    def change(self, statement: str, **parameters: Any) -> int:
        """See `Database`."""
        return self._connection.execute(statement, parameters).rowcount

    def change_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int:
        """See `Database`."""
        return self._connection.executemany(statement, parameters).rowcount

    @contextmanager
    def transaction(self) -> Generator[None]:
        """See `Database`."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def now(self) -> float:
        """See `Database`: all workers are on this machine."""
        return time.time()

    def close(self) -> None:
        """See `Database`."""
        self._connection.close()


class _Postgres:
    """PostgreSQL by psycopg 3, which prepares statements that come again by itself."""

    locks_rows = "FOR UPDATE SKIP LOCKED"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise InvalidArgument("a journal in PostgreSQL needs psycopg: pip install 'replicatekit[batch]'") from None
        try:
            self._connection = psycopg.connect(url, autocommit=True)
        except psycopg.Error as error:
            where = urlsplit(url)
            place = f"{where.hostname or 'localhost'}:{where.port or 5432}{where.path}"
            raise InvalidArgument(f"the journal at {place} cannot be opened: {error}") from None
        with self.transaction():
            # Workers that start together would create the same tables: one after another.
            self._connection.execute("SELECT pg_advisory_xact_lock(727402)")
            serial = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
            for statement in tables(serial=serial, real="DOUBLE PRECISION", blob="BYTEA"):
                self.change(statement)
            (read,) = self.rows("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8")
            self._offset: float = read[0] - time.time()

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """See `Database`."""
        return self._connection.execute(_percent(statement), parameters).fetchall()

    def change(self, statement: str, **parameters: Any) -> int:
        """See `Database`."""
        return self._connection.execute(_percent(statement), parameters).rowcount

    def change_many(self, statement: str, parameters: Iterable[Mapping[str, Any]]) -> int:
        """See `Database`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_percent(statement), parameters)
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Generator[None]:
        """See `Database`."""
        with self._connection.transaction():
            yield

    def now(self) -> float:
        """See `Database`: by the server's clock, which was read once."""
        return time.time() + self._offset

    def close(self) -> None:
        """See `Database`."""
        self._connection.close()


@cache
def _percent(statement: str) -> Any:  # psycopg wants literal text, which this is made of
    """The statement with its parameters as psycopg names them."""
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))
