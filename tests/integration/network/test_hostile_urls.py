"""Where the API's answers lead elsewhere: nothing that is the API's alone ever arrives there."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from support.models import add_models

from replicatekit import errors

SECRET = "hidden-in-a-header"


@contextmanager
def stranger():
    """A server that is not the API's, and keeps every byte of the heads that it gets."""
    arrived: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self):
            arrived.append(f"{self.requestline}\n{self.headers}")
            body = b'{"id": "x", "status": "succeeded", "results": []}'
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_QUERY = do  # noqa: N815 (the names that the library calls)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models, headers={"x-mine": SECRET}, max_retries=0)


@pytest.fixture
def elsewhere():
    with stranger() as (url, arrived):
        yield url
        assert not [head for head in arrived if "authorization" in head.lower() or SECRET in head or "r8_" in head]


ID = "a" * 64
OPERATIONS = {
    "account.get": lambda c: c.account.get(),
    "collections.list": lambda c: c.collections.list(),
    "collections.get": lambda c: c.collections.get("a"),
    "deployments.list": lambda c: c.deployments.list(),
    "deployments.get": lambda c: c.deployments.get("a/b"),
    "deployments.create": lambda c: c.deployments.create(
        name="a", model="a/b", version=ID, hardware="cpu", min_instances=0, max_instances=1
    ),
    "deployments.update": lambda c: c.deployments.update("a/b", min_instances=1),
    "deployments.delete": lambda c: c.deployments.delete("a/b"),
    "deployments.predictions.create": lambda c: c.deployments.predictions.create("a/b", {}),
    "files.list": lambda c: c.files.list(),
    "files.get": lambda c: c.files.get("a"),
    "files.create": lambda c: c.files.create(b"a", filename="a"),
    "files.delete": lambda c: c.files.delete("a"),
    "hardware.list": lambda c: c.hardware.list(),
    "models.list": lambda c: c.models.list(),
    "models.search": lambda c: c.models.search("a"),
    "models.get": lambda c: c.models.get("a/b"),
    "models.create": lambda c: c.models.create(owner="a", name="b", visibility="private", hardware="cpu"),
    "models.update": lambda c: c.models.update("a/b", description="a"),
    "models.delete": lambda c: c.models.delete("a/b"),
    "models.readme.get": lambda c: c.models.readme.get("a/b"),
    "models.examples.list": lambda c: c.models.examples.list("a/b"),
    "models.predictions.create": lambda c: c.models.predictions.create("a/b", {}),
    "models.versions.list": lambda c: c.models.versions.list("a/b"),
    "models.versions.get": lambda c: c.models.versions.get("a/b", ID),
    "models.versions.delete": lambda c: c.models.versions.delete("a/b", ID),
    "predictions.list": lambda c: c.predictions.list(),
    "predictions.get": lambda c: c.predictions.get("a"),
    "predictions.create": lambda c: c.predictions.create(ID, {}),
    "predictions.cancel": lambda c: c.predictions.cancel("a"),
    "run": lambda c: c.run("a/b", {}),
    "search": lambda c: c.search("a"),
    "trainings.list": lambda c: c.trainings.list(),
    "trainings.get": lambda c: c.trainings.get("a"),
    "trainings.create": lambda c: c.trainings.create(model="a/b", version=ID, destination="a/c", input={}),
    "trainings.cancel": lambda c: c.trainings.cancel("a"),
    "webhooks.default.secret": lambda c: c.webhooks.default.secret(),
    "request": lambda c: c.request("GET", "/new/thing"),
    "request, a create": lambda c: c.request("POST", "/new/thing", json={}),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_operation_follows_a_redirect(client, models, elsewhere, operation):
    models.fail_next(times=None, redirect=elsewhere)
    with pytest.raises(errors.APIStatusError, match="redirects are not followed") as caught:
        OPERATIONS[operation](client)
    assert caught.value.status == 307
    assert elsewhere in str(caught.value)
    assert len(models.requests) == 1
    assert models.creates == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_not_even_a_redirect_within_the_api_is_followed_by_a_create(client, models, status):
    models.fail_next(times=None, redirect=models.base_url, status=status)
    with pytest.raises(errors.APIStatusError):
        client.run("acme/official", {"text": "a"})
    assert len(models.requests) == 1


def hostile(url):
    port = url.rpartition(":")[2]
    return [
        url,
        url + "/v1/predictions?cursor=a",
        f"http://api.replicate.com@127.0.0.1:{port}/v1/predictions?cursor=a",
        f"//127.0.0.1:{port}/v1/predictions?cursor=a",
        f"http:\\\\127.0.0.1:{port}\\v1\\predictions?cursor=a",
        f"http://localhost:{port}/v1/predictions?cursor=a",
        f"http://2130706433:{port}/v1/predictions?cursor=a",
    ]


@pytest.mark.parametrize("which", range(7))
@pytest.mark.parametrize("direction", ["next", "previous"])
def test_a_pages_url_that_leads_elsewhere_is_not_followed(client, models, elsewhere, which, direction):
    url = hostile(elsewhere)[which]
    body = {"results": [], "next": None, "previous": None, direction: url}
    models.fail_next(method="GET", path="/predictions", status=200, body=body)
    page = client.predictions.list()
    with pytest.raises((errors.ForbiddenURLError, errors.InvalidArgument)):
        page.next_page() if direction == "next" else page.previous_page()


@pytest.mark.parametrize("which", range(7))
def test_a_stream_that_leads_elsewhere_is_asked_for_without_the_token_or_not_at_all(client, models, elsewhere, which):
    prediction = client.predictions.create("acme/words", {"text": "a b", "pause": 0.1})
    said = prediction.to_dict()
    said["urls"]["stream"] = hostile(elsewhere)[which]
    said["urls"]["get"] = said["urls"]["cancel"] = elsewhere + "/v1/predictions/" + prediction.id
    models.fail_next(method="POST", path="/models/*", status=201, body=said)
    ended = client.predictions.run("acme/words", {"text": "a b"}, wait=False)
    # The stream is of no use; what it is now is asked of the API, whatever `urls` says.
    assert (ended.id, ended.output) == (prediction.id, ["a ", "b "])


def test_a_request_for_a_whole_url_elsewhere_goes_without_anything_of_the_clients(client, models, elsewhere):
    answer = client.request("GET", elsewhere + "/some/where", params={"a": "b"})
    assert answer.status_code == 200
    assert client.request("POST", elsewhere + "/some/where", json={"a": "b"}).status_code == 200


def test_nor_with_anything_of_an_http_client_that_was_given(way, models, elsewhere):
    kind = httpx.Client if way.portal is None else httpx.AsyncClient
    http = kind(
        headers={"Authorization": "Bearer r8_x"}, cookies={"a": SECRET}, params={"b": SECRET}, auth=("r8_", SECRET)
    )
    client = way.client(models, http_client=http)
    assert client.request("GET", elsewhere + "/some/where").status_code == 200
    way.call(http.close if way.portal is None else http.aclose)


def test_the_token_is_not_sent_in_the_clear(way):
    with pytest.raises(errors.InvalidArgument, match="base_url must use https"):
        way.client(token="r8_" + "x" * 37, base_url="http://api.replicate.com/v1")


def test_an_address_that_looks_like_loopback_is_none(way):
    for url in ("http://127.0.0.1.example.com/v1", "http://localhost.example.com/v1", "http://127.1/v1"):
        with pytest.raises(errors.InvalidArgument):
            way.client(token="r8_" + "x" * 37, base_url=url)


def test_the_stranger_would_have_seen_a_token():
    """The tests above would fail, if there was something to fail for."""
    with stranger() as (url, arrived):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer r8_x\r\nConnection: close\r\n\r\n")
            while line.recv(1000):
                pass
        assert "r8_x" in arrived[0]
