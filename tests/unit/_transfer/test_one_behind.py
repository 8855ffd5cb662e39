"""Work on chunks in a thread, one chunk behind the caller."""

from __future__ import annotations

import threading

import pytest

from replicatekit._transfer.one_behind import one_behind

CHUNKS = [b"%d" % number for number in range(50)]


def test_every_chunk_is_worked_on_in_its_order_when_the_context_ends():
    done: list[bytes] = []
    with one_behind(done.append) as take:
        for at, chunk in enumerate(CHUNKS):
            take(chunk)
            assert len(done) >= at - 1
    assert done == CHUNKS


def test_a_single_chunk_needs_no_thread():
    threads: list[threading.Thread] = []
    with one_behind(lambda _: threads.append(threading.current_thread())) as take:
        take(b"a")
    assert threads == [threading.current_thread()]


def test_a_caller_who_gives_up_leaves_no_thread():
    threads: set[threading.Thread] = set()

    def send() -> None:
        with one_behind(lambda _: threads.add(threading.current_thread())) as take:
            for chunk in CHUNKS:
                take(chunk)
            raise ConnectionError("cut")

    with pytest.raises(ConnectionError, match="cut"):
        send()
    assert not [each for each in threads - {threading.current_thread()} if each.is_alive()]
