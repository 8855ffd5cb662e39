"""Journals that cannot be used say which they are, what is wrong and what to do; nothing of others is changed."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import sys
import threading

import pytest
from support.postgres import postgres_url

from replicatekit import errors
from replicatekit.batch import Batch, _items, _processes
from replicatekit.batch._items import EncodedInput
from replicatekit.batch._journal.writer import JournalWriter


@pytest.fixture
def journal(client, tmp_path):
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add({"n": n} for n in range(200))
    return tmp_path / "journal.db"


def execute(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = [connection.execute(statement).fetchall() for statement in statements]
        connection.commit()
    return found


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (5, "must be a str"),
        (None, "must be a str"),
        ("a\0b", "must be a str"),
        (":memory:", "must be a file"),
        ("mysql://somewhere", "must be a file or a postgresql"),
        ("postgresql://user:se%zzcret@127.0.0.1/x", "cannot be read as a PostgreSQL URL"),
    ],
)
def test_what_is_no_journal_is_refused_before_anything_is_made(client, tmp_path, monkeypatch, address, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.InvalidArgument, match=message) as caught:
        Batch(address, "acme/double", client=client)
    assert "cret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_stays_as_it_is(client, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_bytes(b"not a database" * 100)
    with pytest.raises(errors.JournalError, match=r"notes.txt' failed: .*not an SQLite database: use another file"):
        Batch(other, "acme/double", client=client)
    assert other.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize("table", ["users", "items", "settings"])
def test_a_database_of_something_else_stays_as_it_is(client, tmp_path, table):
    other = tmp_path / "app.db"
    execute(other, f"CREATE TABLE {table} (id)")
    with pytest.raises(errors.InvalidArgument, match="something other than a batch's journal"):
        Batch(other, "acme/double", client=client)
    names, mode = execute(other, "SELECT name FROM sqlite_master", "PRAGMA journal_mode")
    assert (names, mode) == ([(table,)], [("delete",)])


def test_a_journal_of_a_newer_version_is_refused(client, journal):
    execute(journal, "UPDATE settings SET value = '99' WHERE name = 'version'")
    with pytest.raises(errors.InvalidArgument, match=r"version 99, .* upgrade replicatekit"):
        Batch(journal, client=client)


def test_a_journal_of_the_first_version_continues(client, journal):
    execute(
        journal,
        "UPDATE settings SET value = '1' WHERE name = 'version'",
        "DELETE FROM settings WHERE name = 'model'",
        "DROP TABLE rate",
        "CREATE TABLE rate (id INTEGER PRIMARY KEY, gap REAL, next_at REAL, version INTEGER)",
    )
    with Batch(journal, client=client) as batch:
        assert batch.run(creates_per_minute=None).succeeded == 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_inherits_a_batch_is_told_to_open_the_journal_itself(client, journal):
    def in_a_fork(work):
        """Whether the work raises what it should, in a process that is forked from this one."""
        pid = os.fork()
        if not pid:
            try:
                with pytest.raises(errors.InvalidArgument, match="opened in another process"):
                    work()
                os._exit(0)
            finally:
                os._exit(1)
        return os.waitpid(pid, 0)[1] == 0

    with Batch(journal, client=client) as batch:
        assert in_a_fork(batch.status)
        assert in_a_fork(lambda: batch.run(creates_per_minute=None))
        assert batch.status().total == 200


def test_others_can_write_while_the_files_of_inputs_are_read(client, journal, tmp_path, monkeypatch):
    (tmp_path / "large.bin").write_bytes(b"x")
    digest, written = _items.digest_of_file, []

    def write_meanwhile(path):
        with contextlib.closing(sqlite3.connect(journal, timeout=0)) as other, other:
            other.execute("UPDATE items SET not_before = 0")
            written.append(path)
        return digest(path)

    monkeypatch.setattr(_items, "digest_of_file", write_meanwhile)
    with Batch(journal, client=client) as batch:
        assert batch.add([{"n": 1000}, {"file": tmp_path / "large.bin"}, {"file": tmp_path / "large.bin"}]).added == 2
        assert batch.add([{"file": tmp_path / "large.bin"}]).known == 1
    assert written == [tmp_path / "large.bin"]


def test_no_signal_is_sent_where_none_is_harmless(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a signal was sent"))
    assert not _processes.has_ended("another", _processes.HOST, "1:1")


def test_a_damaged_journal_says_so(client, journal):
    content = bytearray(journal.read_bytes())
    content[8192:24576] = b"\xff" * 16384
    journal.write_bytes(content)
    with pytest.raises(errors.JournalError, match="the file is damaged"), Batch(journal, client=client) as batch:
        list(batch.results())


@pytest.mark.parametrize(
    ("pragma", "message"),
    [("max_page_count=1", "the disk is full: make room"), ("query_only=ON", "is read-only: make it writable")],
)
def test_a_journal_that_cannot_be_written_any_more_stops_the_batch_which_continues_later(
    sandbox, client, journal, pragma, message
):
    with Batch(journal, client=client) as batch:
        connection = batch._writer.journal.database._connection

        def spoil(row):
            batch._writer.call(connection.execute, f"PRAGMA {pragma}")

        with pytest.raises(errors.JournalError, match=message) as caught:
            batch.run(creates_per_minute=None, on_result=spoil)
        assert isinstance(caught.value, OSError)
        assert str(journal) in str(caught.value)
    with Batch(journal, client=client, settle=0.3) as batch:
        assert batch.run(creates_per_minute=None).status.succeeded == 200
    assert set(sandbox.count_creates().values()) == {1}


def test_a_journal_that_another_program_has_locked_is_named(client, journal, monkeypatch):
    monkeypatch.setattr("replicatekit.batch._journal.sqlite._BUSY_SECONDS", 0.2)
    with contextlib.closing(sqlite3.connect(journal)) as other, Batch(journal, client=client) as batch:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.JournalError, match="another program has locked it"):
            batch.status()
        other.rollback()
        assert batch.status().total == 200


def test_a_server_that_restarts_is_connected_to_again(sandbox, client):
    psycopg = pytest.importorskip("psycopg")
    with postgres_url() as url, Batch(url, "acme/double", client=client, settle=0.3) as batch:
        batch.add({"n": n} for n in range(100))
        ended = []

        def end_connections(row):
            if len(ended) < 3:
                ended.append(row)
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                    )

        with contextlib.suppress(errors.JournalError):  # in the middle of a transaction
            batch.run(creates_per_minute=None, on_result=end_connections)
        assert ended
        assert batch.run(creates_per_minute=None).status.succeeded == 100
    assert list(sandbox.count_creates().values()) == [1] * 100


def test_a_server_that_is_gone_is_named_and_what_to_do(client):
    with postgres_url() as url:
        with Batch(url, "acme/double", client=client) as batch:
            writer = batch._writer
            end = "SELECT pg_terminate_backend(pg_backend_pid())"
            with pytest.raises(errors.JournalError, match=r"at 127.0.0.1:\d+/postgres failed"):
                writer.call(writer.journal.database.rows, end)
            assert batch.status().total == 0
            writer.call(writer.journal.database.change, "DROP TABLE attempts")
        with pytest.raises(errors.InvalidArgument, match="something other"):
            Batch(url, client=client)
    with pytest.raises(errors.JournalError, match="check that the server runs"):
        Batch(url, client=client)


def test_a_server_that_is_cut_off_is_not_waited_for_longer_than_the_url_says_or_a_minute():
    with postgres_url() as url:
        for address, seconds in ((url, "20"), (f"{url}?connect_timeout=3", "3")):
            writer = JournalWriter(address)
            used = writer.journal.database._connection.info.get_parameters()
            writer.close()
            assert (used["connect_timeout"], used["tcp_user_timeout"]) == (seconds, "60000")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://tests@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        with pytest.raises(errors.JournalError, match="check that the server runs"):
            JournalWriter(address)


def test_workers_that_add_the_same_inputs_in_different_order_do_not_stop_each_other():
    first, second = (
        [EncodedInput("{}", f"{index:04}") for index in order] for order in (range(3000), range(2999, -1, -1))
    )
    with postgres_url() as url, contextlib.ExitStack() as stack:
        writers = [JournalWriter(url) for _ in range(2)]
        for writer in writers:
            stack.callback(writer.close)
        for _ in range(3):
            steps = [
                writer.submit(writer.journal.items.add, items, 1)
                for writer, items in zip(writers, (first, second), strict=True)
            ]
            assert sum(step.result() for step in steps) in {0, 3000}


def test_a_commit_whose_outcome_is_unknown_is_not_repeated(journal, client):
    with Batch(journal, client=client) as batch:
        writer = batch._writer
        entered = []

        def breaks():
            entered.append(1)
            raise errors.JournalError("the connection is gone")

        begun, blocker = threading.Event(), threading.Event()
        held = writer.submit(lambda: (begun.set(), blocker.wait()))
        begun.wait()  # the next two share a transaction
        steps = [writer.submit(breaks), writer.submit(entered.append, 2)]
        blocker.set()
        held.result()
        for step in steps:
            with pytest.raises(errors.JournalError, match="the connection is gone"):
                step.result()
        assert entered == [1]
