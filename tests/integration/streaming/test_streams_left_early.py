"""Streams that are left before their end, and streams that never begin: nothing is written to stderr, nothing hangs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

import pytest
from support.models import add_models
from support.stream_server import StreamServer

from replicatekit import errors

PROGRAM = """
    import sys
    from replicatekit import AsyncClient

    GIVEN = {"text": "a b c d e", "pause": 0.05}
    kept = []

    async def text_chunks(client):
        async for piece in client.stream("acme/words", GIVEN).text_chunks():
            break

    async def events(client):
        async for event in client.stream("acme/words", GIVEN):
            break

    async def items(client):
        async for item in client.iterate("acme/words", GIVEN):
            break

    async def a_stream_that_is_kept(client):
        kept.append(client.stream("acme/words", GIVEN))
        async for event in kept[0]:
            break

    async def an_error_that_is_kept(client):
        try:
            async for piece in client.stream("acme/words", GIVEN).text_chunks():
                raise KeyError
        except KeyError as error:
            kept.append(error)

    async def snapshots(client):
        prediction = await client.predictions.create("acme/words", GIVEN)
        async for snapshot in prediction.snapshots(poll_interval=0.02):
            break

    async def leave(function):
        async with AsyncClient() as client:
            await function(client)

    for function in (text_chunks, events, items, a_stream_that_is_kept, an_error_that_is_kept, snapshots):
        print(function.__name__, file=sys.stderr)
        if sys.argv[1] == "trio":
            import trio
            trio.run(leave, function)
        else:
            import asyncio
            asyncio.run(leave(function))
    print("all", file=sys.stderr)
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_is_left_early_leaves_nothing_on_stderr(sandbox, backend):
    models = add_models(sandbox)
    program = [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(PROGRAM), backend]
    done = subprocess.run(
        program, env={**os.environ, **models.environment}, capture_output=True, text=True, timeout=60, check=False
    )
    # The development mode reports steps of over 100 ms, which a busy machine makes of shorter ones.
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    told = ["text_chunks", "events", "items", "a_stream_that_is_kept", "an_error_that_is_kept", "snapshots", "all"]
    assert (done.returncode, lines) == (0, told)


COLLECTED_ELSEWHERE = """
    import gc, json, socket, sys, threading
    import anyio, anyio.to_thread
    from replicatekit import AsyncClient

    gc.disable()
    closed = threading.Semaphore(0)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def answer(line):
        with line:
            while True:
                head = b""
                while b"\\r\\n\\r\\n" not in head:
                    head += (got := line.recv(65536))
                    if not got:
                        return
                if b"/stream" in head.split(b"\\r\\n")[0]:
                    line.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\n")
                    line.sendall(b"event: output\\nid: 1:0\\ndata: a\\n\\n")
                    if not line.recv(1):
                        closed.release()
                    return
                run = {"id": "p", "status": "processing", "input": {}, "urls": {"stream": url + "/v1/stream"}}
                body = json.dumps(run).encode()
                line.sendall(b"HTTP/1.1 201 Created\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (len(body), body))

    def accept():
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    async def leave(client):
        async for event in client.stream("a/b", {}):
            break
        async for piece in client.stream("a/b", {}).text_chunks():
            break

    async def main():
        async with AsyncClient("made-up", base_url=url) as client:
            await leave(client)
            await anyio.to_thread.run_sync(anyio.run, anyio.to_thread.run_sync, gc.collect)
            for _ in range(2):
                if not await anyio.to_thread.run_sync(lambda: closed.acquire(timeout=20)):
                    sys.exit("a connection was left open")

    threading.Thread(target=accept, daemon=True).start()
    anyio.run(main, backend=sys.argv[1])
    listener.close()
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_that_is_collected_in_another_threads_loop_is_closed_in_its_own(backend):
    program = textwrap.dedent(COLLECTED_ELSEWHERE)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", program, backend],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    assert (done.returncode, lines) == (0, [])


@contextmanager
def silent_server():
    """The URL of a server that accepts connections and sends a byte of a response head now and then."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closing = threading.Event()

        def drip(line):
            with line:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 1000:
                    if closing.wait(0.05):
                        return
                    try:
                        line.sendall(bytes([byte]))
                    except OSError:
                        return

        def accept():
            while not closing.is_set():
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(line,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            closing.set()


@pytest.mark.parametrize("method", ["stream", "iterate", "run"])
def test_a_stream_that_opens_slowly_ends_at_the_deadline(way, method):
    with silent_server() as url, StreamServer(lambda *_: [], lambda _: {"status": "processing"}) as server:
        server.stream_url = f"{url}/stream"
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        started = time.monotonic()
        with pytest.raises(errors.WaitTimeout) as caught:
            list(getattr(client, method)("acme/llm", {}, wait=False, timeout=1))
        assert caught.value.prediction_id == "p1"
        assert time.monotonic() - started < 20  # by far less than the 45 s of a silent connection


@pytest.mark.parametrize("host", ["xn--api.example", "xn--", "a..example", "\u200d.example", "x" * 70 + ".example"])
def test_a_stream_url_whose_host_cannot_be_read_is_no_foreign_error(way, host):
    with StreamServer(lambda *_: [], lambda _: {"status": "succeeded", "output": ["a"]}) as server:
        server.stream_url = f"https://{host}/stream"
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert client.stream("acme/llm").text() == "a"
        assert client.run("acme/llm", {}, wait=False, raw=True) == ["a"]
        server.prediction = lambda _: {"status": "processing"}
        with pytest.raises(errors.StreamError) as caught:
            client.stream("acme/llm", require_stream=True).text()
        assert caught.value.prediction_id == "p1"
        assert isinstance(caught.value.__cause__, errors.ForbiddenURLError)
