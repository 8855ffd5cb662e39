"""Tests that people have written for the older client: with respx, with vcrpy, with transports of httpx."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from replicatekit import compat as replicate
from replicatekit.compat.exceptions import ReplicateError
from replicatekit.compat.helpers import FileOutput

ACCOUNT = {"type": "organization", "username": "acme", "name": "Acme", "github_url": None}
URLS = {"get": "https://api.replicate.com/v1/predictions/p1", "stream": "https://stream.replicate.com/v1/streams/p1"}
PREDICTION = {"id": "p1", "model": "a/b", "version": "v1", "status": "starting", "output": None, "urls": URLS}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def do(request):
    """Call a method, or its twin that is awaited."""

    def call(owner, name, *args, **kwargs):
        if not request.param:
            return getattr(owner, name)(*args, **kwargs)

        async def awaited():
            return await getattr(owner, f"async_{name}")(*args, **kwargs)

        return asyncio.run(awaited())

    return call


def client():
    made = replicate.Client(api_token="test-token")
    made.poll_interval = 0.001
    return made


@pytest.mark.parametrize("using", ["httpx", "httpcore"])
def test_respx_answers_in_place_of_the_network(do, using):
    respx = pytest.importorskip("respx")
    with respx.mock(base_url="https://api.replicate.com/v1", using=using) as router:
        told = router.get("/account", headers={"authorization": "Bearer test-token"})
        told.mock(return_value=httpx.Response(200, json=ACCOUNT))
        router.get("/predictions/p1").mock(return_value=httpx.Response(404, json={"detail": "Not found."}))
        assert do(client().accounts, "current").username == "acme"
        with pytest.raises(ReplicateError, match="detail: Not found"):
            do(client().predictions, "get", "p1")
        assert told.call_count == 1


def test_a_router_of_respx_is_a_transport(do):
    respx = pytest.importorskip("respx")
    router = respx.Router(base_url="https://api.replicate.com/v1")
    router.route(method="POST", path="/models/a/b/predictions").mock(return_value=httpx.Response(201, json=PREDICTION))
    ended = {**PREDICTION, "status": "succeeded", "output": ["https://replicate.delivery/x.txt"]}
    router.route(method="GET", path="/predictions/p1").mock(return_value=httpx.Response(200, json=ended))
    made = replicate.Client(api_token="test-token", transport=httpx.MockTransport(router.handler))
    made.poll_interval = 0.001
    assert [type(file) for file in do(made, "run", "a/b", {})] == [FileOutput]


def cassette(path, *interactions):
    """A recording, as vcrpy keeps it."""
    kept = [
        {
            "request": {"method": method, "uri": uri, "body": "", "headers": {}},
            "response": {"status": {"code": status, "message": "OK"}, "headers": headers, "body": {"string": body}},
        }
        for method, uri, status, headers, body in interactions
    ]
    path.write_text(json.dumps({"version": 1, "interactions": kept}), "utf-8")
    return str(path)


def test_what_vcr_has_recorded_is_played(do, tmp_path):
    vcr = pytest.importorskip("vcr")
    api, kind = "https://api.replicate.com/v1", {"content-type": ["application/json"], "ratelimit-remaining": ["599"]}
    version = {"id": "v1", "cog_version": "0.9.0", "created_at": "2023-01-01T00:00:00Z", "openapi_schema": {}}
    recorded = cassette(
        tmp_path / "run.json",
        ("POST", f"{api}/predictions", 201, kind, json.dumps(PREDICTION)),
        ("GET", f"{api}/models/a/b/versions/v1", 200, kind, json.dumps(version)),
        ("GET", f"{api}/predictions/p1", 200, kind, json.dumps({**PREDICTION, "status": "processing"})),
        ("GET", f"{api}/predictions/p1", 200, kind, json.dumps({**PREDICTION, "status": "succeeded", "output": "x"})),
    )
    with vcr.use_cassette(recorded, record_mode="none", serializer="json") as played:
        assert do(client(), "run", "a/b:v1", {"prompt": "y"}, wait=False) == "x"
        assert played.all_played


def test_a_stream_that_vcr_has_recorded_is_played(tmp_path):
    vcr = pytest.importorskip("vcr")
    events = "event: output\nid: 1:0\ndata: a\n\nevent: output\nid: 1:1\ndata: b\n\nevent: done\nid: 1:2\ndata: {}\n\n"
    recorded = cassette(
        tmp_path / "stream.json",
        ("POST", "https://api.replicate.com/v1/models/a/b/predictions", 201, {}, json.dumps(PREDICTION)),
        ("GET", URLS["stream"], 200, {"content-type": ["text/event-stream"]}, events),
    )
    with vcr.use_cassette(recorded, record_mode="none", serializer="json") as played:
        assert [str(event) for event in client().stream("a/b", input={})] == ["a", "b", ""]
        assert played.all_played


@pytest.mark.parametrize("etag", [None, '"d41d8cd98f00b204e9800998ecf8427e"'])
def test_a_file_without_a_network_is_asked_for_once(do, etag):
    asked = []

    def handle(request):
        asked.append(request)
        return httpx.Response(200, headers={"etag": etag} if etag else None, text="hello")

    made = replicate.Client(api_token="test-token", transport=httpx.MockTransport(handle))
    file = FileOutput("https://replicate.delivery/x.txt", made)
    assert file.read() == asyncio.run(file.aread()) == b"hello"
    assert len(asked) == 2
