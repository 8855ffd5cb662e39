"""What carries requests: few connections, nothing past who stands in between, and the same whatever is installed."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager, suppress
from unittest import mock

import anyio
import httpx
import pytest
import respx
import vcr
from support.models import add_models

from replicatekit import AsyncClient, Client, errors
from replicatekit import _transports as transports
from replicatekit.errors import InvalidArgument

EACH_SENDER = True
NAMED = {"id": "abc", "username": "acme"}
BODY = b'{"username": "acme", "github_url": null}'
needs_reqwest = pytest.mark.skipif(not transports._is_installed(), reason="pyreqwest is not installed")


@contextmanager
def saying(*answers, wait=0.0):
    """A server that says these words, one for each request, each on a connection of its own; and what it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve():
        for answer in answers:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                asked.append(request_on(line))
                line.sendall(answer)
                time.sleep(wait)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", asked
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def request_on(line):
    whole = b""
    while piece := line.recv(65536):
        whole += piece
        head, end, body = whole.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if end and len(body) >= int(length[1] if length else 0):
            break
    return whole


def answer(*headers, body=BODY, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Connection: close", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


# Few connections


@pytest.mark.parametrize("engine", ["httpx", "reqwest"])
def test_runs_at_once_open_no_more_connections_than_there_are_runs(engine):
    with counting() as (url, opened):

        async def main():
            async with AsyncClient(token="made-up", base_url=url, engine=engine) as client:
                for _ in range(3):
                    async with anyio.create_task_group() as tasks:
                        for _ in range(60):
                            tasks.start_soon(client.account.get)

        anyio.run(main)
        assert opened() <= 60


@pytest.mark.parametrize("engine", ["httpx", "reqwest"])
def test_threads_open_no_more_connections_than_there_are_threads(engine):
    with counting() as (url, opened), Client(token="made-up", base_url=url, engine=engine) as client:
        threads = [threading.Thread(target=lambda: [client.account.get() for _ in range(4)]) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert opened() <= 41


@contextmanager
def counting():
    """A server that keeps connections open, and how many there were."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    lines: list[socket.socket] = []

    def talk(line):
        head = b""
        while piece := receive(line):
            head += piece
            while b"\r\n\r\n" in head:
                head = head.partition(b"\r\n\r\n")[2]
                line.sendall(answer().replace(b"Connection: close\r\n", b""))

    def serve():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=talk, args=(line,), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", lambda: len(lines)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for line in lines:
            line.close()


def receive(line):
    try:
        return line.recv(65536)
    except OSError:
        return b""


# Answers


def test_a_packed_answer_is_unpacked(way):
    with saying(answer(b"Content-Encoding: gzip", body=gzip.compress(BODY))) as (url, _):
        assert way.client(token="made-up", base_url=url).account.get().username == "acme"


def test_an_answer_that_cannot_be_unpacked_is_an_error_of_ours(way):
    bad = answer(b"Content-Encoding: gzip", body=b"no gzip at all")
    with saying(bad) as (url, _), pytest.raises(errors.APIError):
        way.client(token="made-up", base_url=url, max_retries=0).account.get()


def test_a_header_that_is_no_text_loses_nothing_else(way):
    with saying(answer(b"X-Odd: \xff\xfe", b"X-Request-Id: one", b"Set-Cookie: a=1", b"Set-Cookie: b=2")) as (url, _):
        got = way.client(token="made-up", base_url=url).request("GET", "account")
        assert got.json()["username"] == "acme"
        assert got.headers["x-request-id"] == "one"
        assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_what_is_sent_is_the_same(way):
    with saying(answer(), answer()) as (url, asked):
        client = way.client(token="made-up", base_url=url, headers={"X-Own": "1"})
        client.request("POST", "things", json={"a": 1}, params={"q": "a b", "r": [1, 2]})
        client.request("POST", "things")
    head, _, body = asked[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    sent = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
    assert line in ("POST /v1/things?q=a%20b&r=1&r=2 HTTP/1.1", "POST /v1/things?q=a+b&r=1&r=2 HTTP/1.1")
    assert sent["authorization"] == "Bearer made-up"
    assert sent["host"] == url.split("/")[2]
    assert sent["x-own"] == "1"
    assert sent["content-length"] == "7"
    assert sent["accept"] == "*/*"
    assert "gzip" in sent["accept-encoding"]
    assert sent["user-agent"].startswith("replicatekit/")
    assert body == b'{"a":1}'
    assert b"content-length: 0" in asked[1].lower()


# Who stands in between


def test_a_test_that_answers_for_the_api_is_not_passed_by(way):
    with respx.mock(base_url="http://127.0.0.1:9/v1") as api:
        api.get("/account").respond(json=NAMED)
        client = way.client(token="made-up", base_url="http://127.0.0.1:9/v1", max_retries=0)
        assert client.account.get().username == "acme"


def test_a_recorder_hears_everything(way, sandbox, tmp_path):
    tape = tmp_path / "tape.yaml"
    with vcr.use_cassette(str(tape), filter_headers=["authorization"], record_mode="once"):
        name = way.client(sandbox).account.get().username
    assert "/v1/account" in tape.read_text()
    with vcr.use_cassette(str(tape), record_mode="none"):
        assert way.client(sandbox).account.get().username == name


@pytest.mark.parametrize("name", ["send", "_transport_for_url"])
def test_a_client_of_httpx_that_was_changed_is_used(way, sandbox, name):
    kind, calls = (httpx.AsyncClient if way.portal else httpx.Client), []
    method = getattr(kind, name)

    def changed(self, *arguments, **options):
        calls.append(name)
        return method(self, *arguments, **options)

    with mock.patch.object(kind, name, changed):
        assert way.client(sandbox).account.get().username
    assert calls


def test_hooks_are_called(way, sandbox):
    seen = []

    async def hear(request):
        seen.append(request.url.path)

    hook = hear if way.portal else lambda request: seen.append(request.url.path)
    assert way.client(sandbox, event_hooks={"request": [hook]}).account.get().username
    assert seen == ["/v1/account"]


# The engine


def test_an_engine_that_is_none_is_refused_by_name():
    with pytest.raises(InvalidArgument, match="httpx, reqwest, not 'curl'"):
        Client(token="made-up", engine="curl")


def test_the_environment_names_an_engine(monkeypatch, sandbox):
    monkeypatch.setenv("REPLICATEKIT_ENGINE", "steam")
    with pytest.raises(InvalidArgument, match="steam"):
        Client(token="made-up")
    monkeypatch.setenv("REPLICATEKIT_ENGINE", "httpx")
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        assert client.account.get().username
        assert type(client.api.get_httpx_client()._transport).__name__ == "Pools"


def test_an_engine_that_is_missing_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(transports, "_is_installed", lambda: False)
    with pytest.raises(InvalidArgument, match=r"pip install 'replicatekit\[fast\]'"):
        Client(token="made-up", engine="reqwest")
    with Client(token="made-up", base_url="http://127.0.0.1:9/v1") as client:
        assert type(client.api.get_httpx_client()._transport).__name__ == "Pools"


@needs_reqwest
def test_a_create_whose_connection_ends_before_the_answer_is_not_sent_again(way):
    with saying(b"", b"", answer()) as (url, asked):
        client = way.client(token="made-up", base_url=url)
        with pytest.raises(errors.OutcomeUnknownError):
            client.predictions.create("acme/official", {"text": "a"})
    assert len(asked) == 1


@needs_reqwest
def test_certificates_that_are_not_trusted_are_asked_about_once(way):
    trustme = pytest.importorskip("trustme")
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    met = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                met.append(1)
                try:
                    context.wrap_socket(line, server_side=True).close()
                except OSError:
                    line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            client = way.client(token="made-up", base_url=f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
            with pytest.raises(errors.APIConnectionError):
                client.account.get()
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
    assert len(met) == 1


def program(text, sandbox, **options):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)],
        env={**os.environ, **sandbox.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@needs_reqwest
def test_it_is_not_loaded_by_a_thread_that_ends(sandbox):
    """Whoever loads pyreqwest in such a thread has a process that crashes later."""
    done = program(
        """
        import threading
        from replicatekit import Client

        for _ in range(3):
            client = Client(engine="reqwest")
            for _ in range(2):
                thread = threading.Thread(target=lambda: print(client.account.get().username))
                thread.start()
                thread.join()
        """,
        sandbox,
    )
    output, errors_said = done.communicate(timeout=60)
    assert (done.returncode, len(output.split())) == (0, 6), errors_said


@needs_reqwest
def test_the_child_of_a_fork_goes_on_by_httpx(sandbox):
    done = program(
        """
        import os
        from replicatekit import Client

        client = Client(engine="reqwest")
        print(client.account.get().username, flush=True)
        child = os.fork()
        if not child:
            print(client.account.get().username, flush=True)
            os._exit(0)
        print(os.waitpid(child, 0)[1], client.account.get().username)
        """,
        sandbox,
    )
    output, said = done.communicate(timeout=60)
    assert output.split()[1:2] == output.split()[:1], said
    assert output.split()[2:] == ["0", output.split()[0]]


@needs_reqwest
def test_ctrl_c_ends_a_request_that_is_held(sandbox):
    add_models(sandbox)
    sandbox.settings.speed = 1
    try:
        held = program(
            """
            import time
            from replicatekit import Client

            client = Client(engine="reqwest")
            client.account.get()
            print("ready", flush=True)
            begun = time.monotonic()
            try:
                client.run("acme/slow", {"seconds": 40})
            except KeyboardInterrupt:
                print("interrupted", time.monotonic() - begun < 30, client.account.get().username != "")
            """,
            sandbox,
        )
        assert held.stdout is not None
        assert held.stdout.readline() == "ready\n"
        end = time.monotonic() + 20
        while not sandbox.creates and time.monotonic() < end:
            time.sleep(0.02)
        held.send_signal(signal.SIGINT)
        output, said = held.communicate(timeout=60)
        assert output == "interrupted True True\n", said
    finally:
        sandbox.settings.speed = 20
