"""Servers that never come to an end, or say more than they should."""

from __future__ import annotations

import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress

import pytest
from support.file_server import bomb
from support.models import add_models

from replicatekit import errors

EACH_SENDER = True
EACH_ENGINE = True

CREATED = b'{"id": "p1", "status": "succeeded", "output": "mine"}'
FORGED = b'HTTP/1.1 201 Created\r\nContent-Length: 56\r\n\r\n{"id": "no", "status": "succeeded", "output": "forged!!"}'


@contextmanager
def talking(talk):
    """A server that hands each connection, and its index, to a function in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []
    over = threading.Event()

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=run, args=(connection, len(connections) - 1), daemon=True).start()

    def run(connection, index):
        with suppress(OSError), connection:
            talk(connection, index, over)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", connections
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def request_on(connection):
    """A whole request, or nothing at the end of the connection."""
    whole = b""
    while piece := connection.recv(65536):
        whole += piece
        head, end, body = whole.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if end and len(body) >= int(length[1] if length else 0):
            return whole
    return b""


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
DRIPS = {
    "a head that drips": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "hints without end": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a chunk extension that drips": (HEAD + b"\r\n5;", b"a"),
    "chunks that drip": (HEAD + b"\r\n", b"1\r\n{\r\n"),
    "trailers without end": (HEAD + b"\r\n2\r\n{}\r\n0\r\n", b"X-Trailer: a\r\n"),
    "nothing": (b"", b""),
}
CALLS = {
    "run": lambda client: client.run("acme/official", {"text": "a"}, timeout=0.6),
    "run without holding": lambda client: client.run("acme/official", {"text": "a"}, timeout=0.6, wait=False),
    "request": lambda client: client.request("GET", "/account", timeout=0.6),
    "stream": lambda client: list(client.stream("acme/official", {"text": "a"}, timeout=0.6)),
}


@contextmanager
def dripping(first, rest):
    """A server that says the first bytes, and then the rest again and again."""

    def talk(connection, index, over):
        connection.recv(65536)
        connection.sendall(first)
        while not over.wait(0.02):
            connection.sendall(rest)

    with talking(talk) as (url, connections):
        yield url
        for connection in connections:  # frees a call that did not end
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def outcome_of(call, client):
    """How a call ended: the error, or what it returned instead."""
    try:
        return call(client)
    except errors.ReplicateError as error:
        return error


def test_every_call_ends_at_its_deadline(way):
    # All at once, in threads of their own: each takes its time.
    with ExitStack() as servers, ThreadPoolExecutor(len(DRIPS) * len(CALLS)) as threads:
        running = {}
        for drip, (first, rest) in DRIPS.items():
            if way.name == "sync" and way.sender and drip in ("a head that drips", "hints without end"):
                continue  # httpx shows no connection of a sync client before the head has come
            url = servers.enter_context(dripping(first, rest))
            for name, call in CALLS.items():
                client = way.client(token="made-up", base_url=url)
                running[f"{name}: {drip}"] = threads.submit(outcome_of, call, client)
        # Three times as long as it takes on an idle machine.
        ended, _ = wait(running.values(), timeout=20)
        servers.close()
    assert [name for name, each in running.items() if each not in ended] == []
    assert {name: each.result() for name, each in running.items() if not isinstance(each.result(), Exception)} == {}


def test_a_stream_that_opens_slowly_ends_at_its_deadline(way, sandbox):
    models = add_models(sandbox)
    prediction = way.client(models).predictions.create("acme/slow", {"seconds": 30}, wait=False, stream=True)
    models.fail_next(method="GET", path="/streams/*", times=None, delay=20)
    with pytest.raises(errors.ReplicateError):
        list(prediction.stream(timeout=0.5))
    models.clear_faults()


SURPLUS = {
    "after a length": b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%b" % (len(CREATED), CREATED),
    "after chunks": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (len(CREATED), CREATED),
}


@pytest.mark.parametrize("whole", SURPLUS.values(), ids=SURPLUS)
def test_bytes_behind_an_answer_are_not_taken_for_the_next_one(way, whole):
    if way.sender is not None:
        pytest.skip("httpx reuses the connection: known of it, and the reason for the other sender")

    def talk(connection, index, over):
        while request_on(connection):
            connection.sendall(whole + (FORGED if index == 0 else b""))

    with talking(talk) as (url, connections):
        client = way.client(token="made-up", base_url=url)
        assert client.run("acme/official", {"text": "a"}) == "mine"
        assert client.run("acme/official", {"text": "a"}) == "mine"
        assert len(connections) == 2
        assert client.run("acme/official", {"text": "a"}) == "mine"
        assert len(connections) == 2


def test_an_answer_that_unpacks_to_far_more_than_was_sent_is_refused(way):
    if way.sender is not None:
        pytest.skip("httpx unpacks it")
    body = bomb(300)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)

    def talk(connection, index, over):
        connection.recv(65536)
        connection.sendall(head + body)

    with talking(talk) as (url, connections):
        with pytest.raises(errors.DecodingError, match=r"decompress to more than .* \(1 attempt"):
            way.client(token="made-up", base_url=url).account.get()
        assert len(connections) == 1
