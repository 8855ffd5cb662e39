"""What things cost in requests: each number is what it has to be, and no more."""

from __future__ import annotations

import io

import pytest
from support.models import requests_to, shout, words

from replicatekit.sandbox import Sandbox


@pytest.fixture(scope="module")
def running_sandbox():
    # By the clock: a request that is held for a minute is answered by then on the slowest machine too.
    with Sandbox() as running:
        yield running


@pytest.fixture
def models(sandbox):
    sandbox.settings.held_status = "succeeded"
    sandbox.model("acme/official", official=True)(shout)
    sandbox.model("acme/words", official=True)(words)
    sandbox.model("acme/shout")(shout)
    sandbox.model("acme/talk")(words)
    yield sandbox
    sandbox.settings.held_status = "processing"


@pytest.fixture
def client(way, models):
    return way.client(models)


@pytest.fixture
def told(models):
    """Return the methods and paths of the requests since the last call, with ids as `*`."""

    known = 0

    def told():
        nonlocal known
        seen = requests_to(models)[known:]
        known += len(seen)
        return [f"{method} {generic(path)}" for method, path in seen]

    return told


def generic(path: str) -> str:
    parts = path.partition("?")[0].strip("/").split("/")
    return "/" + "/".join("*" if len(part) >= 20 else part for part in parts)


OFFICIAL = "POST /models/acme/official/predictions"
GIVEN = {"text": "a"}


def test_a_client_that_is_made_asks_for_nothing(client, told):
    client.with_options(timeout=5)
    assert told() == []


def test_an_official_model_is_one_request(client, told):
    assert client.run("acme/official", GIVEN) == "A"
    assert told() == [OFFICIAL]
    assert client.predictions.run("acme/official", GIVEN).output == "A"
    assert told() == [OFFICIAL]


def test_an_answer_that_was_let_go_before_it_said_the_end_is_looked_at_once(client, models, told):
    models.settings.held_status = "processing"
    assert client.run("acme/official", GIVEN) == "A"
    assert told() == [OFFICIAL, "GET /predictions/*"]


def test_a_model_that_runs_by_version_is_found_once(client, told):
    assert client.run("acme/shout", GIVEN) == "A"
    assert told() == ["POST /models/acme/shout/predictions", "GET /models/acme/shout", "POST /predictions"]
    assert client.run("acme/shout", GIVEN) == "A"
    assert told() == ["POST /predictions"]


def test_what_a_client_has_found_its_copies_know(client, told):
    client.run("acme/shout", GIVEN)
    told()
    assert client.with_options(timeout=30).run("acme/shout", GIVEN) == "A"
    assert told() == ["POST /predictions"]


def test_a_version_is_one_request(client, models, told):
    version = models.version("acme/shout")
    for ref in (f"acme/shout:{version}", version):
        assert client.run(ref, GIVEN) == "A"
        assert told() == ["POST /predictions"]


def test_a_list_whose_meaning_is_not_known_asks_for_the_schema_once(client, models, told):
    assert client.run("acme/words", {"text": "a b"}) == "a b "
    assert told() == ["POST /models/acme/words/predictions", "GET /models/acme/words"]
    assert client.run("acme/words", {"text": "a b"}) == "a b "
    assert told() == ["POST /models/acme/words/predictions"]
    ref = f"acme/talk:{models.version('acme/talk')}"
    assert client.run(ref, {"text": "a b"}) == "a b "
    assert told() == ["POST /predictions", "GET /models/acme/talk/versions/*"]
    assert client.run(ref, {"text": "a b"}) == "a b "
    assert told() == ["POST /predictions"]


def test_what_found_the_version_has_told_the_schema_too(client, told):
    assert client.run("acme/talk", {"text": "a b"}) == "a b "
    assert told() == ["POST /models/acme/talk/predictions", "GET /models/acme/talk", "POST /predictions"]


@pytest.mark.parametrize("options", [{"raw": True}, {"schema": "known"}])
def test_a_schema_that_is_not_wanted_is_not_asked_for(client, told, options):
    assert client.run("acme/words", {"text": "a b"}, **options) in (["a ", "b "], "a b ")
    assert told() == ["POST /models/acme/words/predictions"]


def test_a_model_that_was_fetched_is_run_by_what_it_told(client, told):
    model = client.models.get("acme/talk")
    assert told() == ["GET /models/acme/talk"]
    assert model.run({"text": "a b"}) == "a b "
    assert client.run(getattr(model, "thing", model), {"text": "a b"}) == "a b "
    assert model.latest_version.run({"text": "a b"}) == "a b "
    assert told() == ["POST /predictions"] * 3


def test_a_deployment_is_one_request(client, told):
    client.deployments.create("d", model="acme/shout", hardware="cpu", min_instances=0, max_instances=1)
    assert told() == ["GET /models/acme/shout", "POST /deployments"]
    owner = client.account.get().username
    told()
    assert client.run(deployment=f"{owner}/d", input=GIVEN) == "A"
    assert told() == [f"POST /deployments/{owner}/d/predictions"]


def test_a_stream_is_the_create_the_stream_and_a_look_at_the_end(client, told):
    assert client.stream("acme/words", {"text": "a b"}).text() == "a b "
    assert told() == ["POST /models/acme/words/predictions", "GET /streams/*", "GET /predictions/*"]


def test_what_streams_is_waited_for_by_its_stream_and_a_look_at_the_end(client, told):
    assert client.predictions.run("acme/words", {"text": "a b", "pause": 0.1}, wait=False).output == ["a ", "b "]
    assert told() == ["POST /models/acme/words/predictions", "GET /streams/*", "GET /predictions/*"]


def test_a_create_is_one_request_and_so_is_each_look(client, told):
    prediction = client.predictions.create("acme/official", GIVEN, wait=True)
    assert told() == [OFFICIAL]
    prediction.reload()
    assert told() == ["GET /predictions/*"]
    prediction.wait()
    assert [each.status for each in prediction.snapshots()] == ["succeeded"]
    assert prediction.result() == "A"
    assert told() == []


def test_a_list_is_a_request_for_each_page_that_is_reached(client, models, told):
    models.settings.page_size = 2
    try:
        for _ in range(5):
            client.predictions.create("acme/official", GIVEN, wait=True)
        told()
        assert len(client.predictions.list()) == 2
        assert told() == ["GET /predictions"]
        assert len(list(client.predictions.list())) == 5
        assert told() == ["GET /predictions"] * 3
        assert len(list(client.predictions.list().pages())) == 3
        assert told() == ["GET /predictions"] * 3
    finally:
        models.settings.page_size = 100


def test_a_search_is_one_request_and_what_it_finds_runs_as_if_it_was_fetched(way, client, told):
    found = client.search("shout")
    assert told() == ["GET /search"]
    model = next(each.model for each in found.models if each.model.name == "shout")
    assert way.wrap(model).run(GIVEN) == "A"
    assert told() == ["POST /predictions"]


def test_a_small_file_goes_inside_and_a_large_one_is_uploaded_once_for_one_run(client, models, told):
    @models.model("acme/size", official=True)
    def size(one: str, two: str = "") -> str:
        return f"{len(one)} {len(two)}"

    client.run("acme/size", {"one": b"small", "two": b"small"})
    assert told() == ["POST /models/acme/size/predictions"]
    large = io.BytesIO(b"x" * 300_000)
    client.run("acme/size", {"one": large, "two": large})
    assert told() == ["POST /files", "POST /models/acme/size/predictions"]


def test_the_secret_of_webhooks_is_asked_for_once(client, told):
    assert client.webhooks.secret() == client.webhooks.secret()
    assert told() == ["GET /webhooks/default/secret"]
