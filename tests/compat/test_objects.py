"""The objects of the older client, and the ways to use it: what no program of both can show."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
import warnings

import httpx
import pytest
from served import STREAM, Server, json_response, prediction

from replicatekit.compat._impl.session import blocking
from replicatekit.compat.helpers import FileOutput
from replicatekit.compat.prediction import Prediction
from replicatekit.compat.version import Versions


def test_real_answers_leave_out_much():
    known = Prediction(id="p1", status="starting", brand_new="x")
    assert (known.output, known.urls, known.model) == (None, None, None)
    assert "brand_new" not in known.dict()


def test_models_in_collections_know_their_client():
    model = {"owner": "a", "name": "b", "latest_version": {"id": "v1"}}
    client = Server(
        json_response({"slug": "s", "models": [model]}), json_response({"results": [{"id": "v1"}]})
    ).client()
    found = client.collections.get("s")
    assert [version.id for version in found[0].versions.list()] == ["v1"]


def test_a_version_predicts_and_says_that_it_is_the_old_form():
    client = Server(
        json_response({"results": [{"id": "v1"}]}), json_response(prediction("succeeded", "x"), 201)
    ).client()
    version = Versions(client, "a/b").list()[0]
    with pytest.warns(DeprecationWarning, match="old form"):
        assert version.predict(text="y") == "x"


def test_objects_are_equal_by_value_and_to_their_dictionaries():
    known = Prediction(**prediction("succeeded", "x"))
    assert known == Prediction(**prediction("succeeded", "x")) == known.dict()
    assert known != Prediction(**prediction("failed", "x"))
    assert Prediction.parse_raw(known.json()) == known
    assert known.copy(update={"status": "failed"}).status == "failed"
    assert set(known.dict(include={"id"})) == {"id"}
    assert "logs" not in known.dict(exclude_none=True)


def test_a_file_of_an_output_can_be_an_input_by_its_url():
    server = Server(json_response(prediction("starting"), 201))
    client = server.client()
    client.predictions.create(version="v1", input={"image": FileOutput("https://x.example/a.png", client)})
    assert b'"https://x.example/a.png"' in server.requests[0].read()


def test_threads_that_meet_at_the_first_request_share_the_connections():
    client = Server(json_response({"username": "me"})).client()
    found = []
    threads = [threading.Thread(target=lambda: found.append(blocking(client).session.api)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(api) for api in found}) == 1


def test_nothing_of_it_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Server(json_response(prediction("succeeded", "x"), 201)).client().run("a/b", {}) == "x"


def test_values_of_numpy_and_unusual_files_can_be_inputs():
    numpy = pytest.importorskip("numpy")
    server = Server(json_response(prediction("starting"), 201))
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(b"hi")
        file.flush()
        given = {"a": numpy.int64(3), "b": numpy.array([1.5, 2]), "file": file}
        server.client().predictions.create(version="v1", input=given, file_encoding_strategy="base64")
    sent = json.loads(server.requests[0].read())["input"]
    assert sent == {"a": 3, "b": [1.5, 2.0], "file": "data:text/plain;base64,aGk="}


def test_it_runs_on_trio():
    trio = pytest.importorskip("trio")
    events = httpx.Response(
        200, headers=STREAM, content=b"event: output\nid: 1\ndata: a\n\nevent: done\nid: 2\ndata: {}\n\n"
    )
    client = Server(
        json_response(prediction("starting"), 201), events, json_response(prediction("succeeded", "x"), 201)
    ).client()

    async def main():
        seen = [str(event) async for event in await client.async_stream("a/b")]
        return [*seen, await client.async_run("a/b", {})]

    assert trio.run(main) == ["a", "", "x"]


def test_async_calls_of_several_loops_one_after_another():
    client = Server(json_response(prediction("succeeded", "x"), 201)).client()
    assert [asyncio.run(client.async_run("a/b", {})) for _ in range(3)] == ["x"] * 3


def test_leaving_a_stream_in_its_midst_is_no_error():
    server = Server(
        json_response(prediction("starting"), 201),
        httpx.Response(200, headers=STREAM, content=b"event: output\nid: 1\ndata: a\n\n" * 3),
    )
    events = server.client().stream("a/b")
    assert str(next(events)) == "a"
    events.close()
