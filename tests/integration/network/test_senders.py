"""What puts requests on the wire: few connections, nothing past a mock or a recorder, the same through every sender."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from unittest import mock

import anyio
import httpcore
import httpx
import httpx2
import pytest
import respx
import vcr
from support.models import add_models

from replicatekit import AsyncClient, Client, errors

EACH_SENDER = True
EACH_ENGINE = True
NAMED = {"id": "abc", "username": "acme"}
BODY = b'{"username": "acme", "github_url": null}'


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


def test_runs_at_once_open_no_more_connections_than_there_are_runs():
    with counting() as (url, opened):

        async def main():
            async with AsyncClient(token="made-up", base_url=url) as client:
                for _ in range(3):
                    async with anyio.create_task_group() as tasks:
                        for _ in range(60):
                            tasks.start_soon(client.account.get)

        anyio.run(main)
        assert opened() <= 60


def test_threads_open_no_more_connections_than_there_are_threads():
    with counting() as (url, opened), Client(token="made-up", base_url=url) as client:
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
    if way.name == "trio" and way.sender:
        pytest.skip("trio warns of a generator that httpx leaves behind then")
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


@pytest.mark.parametrize("name", ["Client", "HTTPTransport", "httpcore"])
def test_what_a_tracer_replaced_for_httpx_is_used_for_a_client_that_was_used_before(way, sandbox, name):
    client = way.client(sandbox)
    assert client.account.get().username
    calls = []

    def counted(method):
        async def awaited(self, *arguments, **options):
            calls.append(1)
            return await method(self, *arguments, **options)

        def called(self, *arguments, **options):
            calls.append(1)
            return method(self, *arguments, **options)

        return awaited if way.portal else called

    prefix = "Async" if way.portal else ""
    kind = httpcore.AsyncConnectionPool if way.portal else httpcore.ConnectionPool
    method = "handle_async_request" if way.portal else "handle_request"
    if name != "httpcore":
        kind, method = getattr(httpx, prefix + name), "send" if name == "Client" else method
    with mock.patch.object(kind, method, counted(getattr(kind, method))):
        assert client.account.get().username
    assert calls == [1]
    assert client.account.get().username
    assert calls == [1]


def test_a_test_that_answers_in_place_of_httpx2_is_not_passed_by(way):
    if way.sender is not None:
        pytest.skip("the caller's client is used")

    def answered(self, request):
        return httpx2.Response(200, json=NAMED)

    async def answered_async(self, request):
        return answered(self, request)

    kind = httpx2.AsyncHTTPTransport if way.portal else httpx2.HTTPTransport
    name = "handle_async_request" if way.portal else "handle_request"
    client = way.client(token="made-up", base_url="http://127.0.0.1:9/v1", max_retries=0)
    with mock.patch.object(kind, name, answered_async if way.portal else answered):
        assert client.account.get().username == "acme"
    with pytest.raises(errors.APIConnectionError):
        client.account.get()


def test_objects_of_httpx2_are_taken_where_those_of_httpx_are(way, sandbox):
    if way.sender is not None:
        pytest.skip("the caller's client is used")
    add_models(sandbox)
    limits = httpx2.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=1)
    client = way.client(sandbox, timeout=httpx2.Timeout(5, connect=2), limits=limits)
    assert client.run("acme/official", {"text": "a"}) == "A"
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json={"username": request.url.path}))
    assert way.client(token="made-up", transport=transport).account.get().username == "/v1/account"


def test_a_client_of_httpx2_is_used(way, sandbox):
    if way.sender is not None:
        pytest.skip("one client of the caller's is enough")
    models = add_models(sandbox)
    seen = []

    async def hear(request):
        seen.append(request.url.path)

    hooks = {"request": [hear if way.portal else lambda request: seen.append(request.url.path)]}
    with other_client(way, event_hooks=hooks) as http:
        client = way.client(sandbox, http_client=http, max_retries=0)
        assert client.run("acme/official", {"text": "a"}) == "A"
        assert seen[0] == "/v1/models/acme/official/predictions"
        assert client.stream("acme/official", {"text": "a"}).text() == "A"
        models.fail_next(method="POST", cut="response", at=0)
        with pytest.raises(errors.OutcomeUnknownError):
            client.run("acme/official", {"text": "a"})
        with pytest.raises(errors.APIConnectionError) as caught:
            way.client(token="t", base_url="http://127.0.0.1:1/v1", http_client=http, max_retries=0).account.get()
        assert isinstance(caught.value.__cause__, httpx.ConnectError)


@contextmanager
def other_client(way, **options):
    if way.portal is None:
        with httpx2.Client(**options) as http:
            yield http
        return
    http = way.portal.call(lambda: httpx2.AsyncClient(**options))
    try:
        yield http
    finally:
        way.portal.call(http.aclose)


# Hooks


class OfTheCaller(OSError):
    pass


@pytest.mark.parametrize("place", ["request", "response"])
def test_what_the_callers_hook_raises_is_raised_as_it_is(way, sandbox, place):
    models = add_models(sandbox)
    error = OfTheCaller("mine")

    async def fail(_):
        raise error

    def fail_at_once(_):
        raise error

    client = way.client(sandbox, event_hooks={place: [fail if way.portal else fail_at_once]})
    with pytest.raises(OfTheCaller) as caught:
        client.run("acme/official", {"text": "a"})
    assert caught.value is error
    assert models.creates == (place == "response")


def test_a_hook_that_raises_for_a_status_leaves_the_answer_what_it_is(way, sandbox):
    models = add_models(sandbox)

    async def check(response):
        response.raise_for_status()

    client = way.client(sandbox, event_hooks={"response": [check if way.portal else lambda r: r.raise_for_status()]})
    with pytest.raises(errors.NotFoundError):
        client.predictions.get("nothing")
    assert client.run("sandbox/hello", {"text": "a"}) == "hello a"  # a community model: the first create is a 404
    models.fail_next(method="POST", status=422, body={"detail": "no"})
    with pytest.raises(errors.UnprocessableError):
        client.run("acme/official", {"text": "a"})


def test_hooks_are_called(way, sandbox):
    seen = []

    async def hear(request):
        seen.append(request.url.path)

    hook = hear if way.portal else lambda request: seen.append(request.url.path)
    assert way.client(sandbox, event_hooks={"request": [hook]}).account.get().username
    assert seen == ["/v1/account"]
