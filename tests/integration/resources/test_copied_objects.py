"""Copies and pickles of clients and of the objects that are bound to them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import httpx
import pytest
from support.models import add_models

import replicatekit
from replicatekit import AsyncClient, Client, errors
from replicatekit import _default_client as _default

COPIES = [copy.copy, copy.deepcopy]


@pytest.fixture
def models(sandbox, monkeypatch):
    """A sandbox that the environment names, and no default client yet."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_default, "_clients", {})
    yield add_models(sandbox)
    for client in _default._clients.values():
        if isinstance(client, Client):
            client.close()


def bare(thing: Any) -> Any:
    return getattr(thing, "thing", thing)


# Clients


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_a_client_has_its_settings_and_its_token(models, copied):
    client = Client(models.token, timeout=7, headers={"X-Team": "llamas"}, file_strategy="inline")
    with copied(client.with_options(max_retries=0, headers={"X-Other": "a"})) as other:
        assert other.base_url == client.base_url
        assert other.api.token == models.token
        assert other.api.timeout == 7
        assert {"X-Team", "X-Other"} <= set(other.api.headers)
        assert other._session.files.strategy == "inline"
        assert other.run("acme/official", {"text": "a"}) == "A"
    assert models.requests[-1].headers["x-team"] == "llamas"


def test_a_pickled_client_has_its_settings_and_never_its_token(models):
    with Client("r8_secret", timeout=7, headers={"X-Team": "llamas"}) as client:
        data = pickle.dumps(client)
    assert b"r8_secret" not in data
    with pickle.loads(data) as other:
        assert other.api.token == models.token
        assert (other.base_url, other.api.timeout) == (models.base_url, 7)
        assert other.run("acme/official", {"text": "a"}) == "A"


def test_an_unpickled_client_says_where_its_token_should_be(models, monkeypatch):
    data = pickle.dumps(AsyncClient())
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    with pytest.raises(errors.MissingTokenError, match="REPLICATE_API_TOKEN"):
        pickle.loads(data)


def test_a_client_with_an_http_client_of_its_own_is_not_pickled(models):
    with httpx.Client() as mine:
        client = Client(http_client=mine)
        with pytest.raises(errors.InvalidArgument, match="http_client"):
            pickle.dumps(client)
        assert copy.deepcopy(client).run("acme/official", {"text": "a"}) == "A"


@pytest.mark.parametrize("copied", [*COPIES, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_of_a_namespace_works(models, copied):
    with Client() as client:
        other = copied(client.models)
        assert other.get("sandbox/hello").id == "sandbox/hello"
        bare(other._owner).close()
        assert copied(replicatekit.models).get("sandbox/hello").id == "sandbox/hello"


# Objects


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_an_object_keeps_its_client(way, models, copied):
    client = way.client(models)
    prediction = client.predictions.create("acme/official", {"text": "a"}, wait=True)
    model = client.models.get("sandbox/hello")
    other = copied(bare(prediction))
    assert other == bare(prediction)
    assert way.call(other.reload).id == prediction.id
    assert copied(bare(model))._session is bare(model)._session
    version = copied(bare(model.latest_version))
    assert version.model == "sandbox/hello"
    assert way.call(version.run, {"text": "a"}) == model.run({"text": "a"})


def test_a_deep_copy_does_not_share_the_data(models):
    with Client() as client:
        prediction = client.predictions.create("acme/official", {"text": "a"}, wait=True)
        other = copy.deepcopy(prediction)
        other.to_dict()["input"]["text"] = "b"
        assert prediction.input == {"text": "a"}


def test_an_unpickled_object_uses_the_default_client(way, models):
    client = way.client(models)
    model = client.models.get("sandbox/hello")
    data = pickle.dumps([bare(model), bare(model.latest_version), bare(client.collections.get("built-in"))])
    assert models.token.encode() not in data
    other, version, collection = pickle.loads(data)
    assert way.call(other.reload).id == "sandbox/hello"
    assert version.model == "sandbox/hello"
    assert way.call(version.run, {"text": "a"})
    assert way.call(collection.models[0].reload).name
    [(kind, default)] = _default._clients.items()
    assert kind is (Client if way.name == "sync" else AsyncClient)
    way.call(default.close)


def first_of_two_pages(client, models):
    """A page of one prediction, and what the page after it has."""
    models.settings.page_size = 1
    for text in "ab":
        client.predictions.create("acme/official", {"text": text}, wait=True)
    page = client.predictions.list()
    return bare(page), page.next_page().to_dict()


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_a_page_keeps_its_client(way, models, copied):
    page, following = first_of_two_pages(way.client(models), models)
    other = copied(page)
    assert other[0]._session is page[0]._session
    assert way.call(other.next_page).to_dict() == following
    assert not _default._clients


def test_an_unpickled_page_uses_the_default_client(way, models):
    client = way.client(models)
    page, following = first_of_two_pages(client, models)
    data = pickle.dumps([page, bare(client.models.versions.list("sandbox/hello")), bare(client.files.list())])
    assert models.token.encode() not in data
    other, versions, files = pickle.loads(data)
    assert (other.to_dict(), other.results, len(files)) == (page.to_dict(), page.results, 0)
    assert versions[0].model == "sandbox/hello"
    assert not _default._clients
    assert way.call(other.next_page).to_dict() == following
    assert way.call(other[0].reload).id == page[0].id
    [(kind, default)] = _default._clients.items()
    assert kind is (Client if way.name == "sync" else AsyncClient)
    way.call(default.close)


def test_pydantic_models_that_hold_a_version_are_copied_deeply(models):
    """As langchain does with the objects that its wrappers hold."""
    pydantic = pytest.importorskip("pydantic")

    class Holder(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        held: Any

    with Client() as client:
        holder = Holder(held={"version": client.models.get("sandbox/hello").latest_version, "client": client})
        other = holder.model_copy(deep=True)
        assert other.held["version"].run({"text": "a"}) == holder.held["version"].run({"text": "a"})
        other.held["client"].close()


def test_an_object_is_unpickled_in_another_process(models, tmp_path):
    with Client() as client:
        (tmp_path / "prediction").write_bytes(pickle.dumps(client.predictions.create("acme/official", {"text": "a"})))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).wait().output)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "prediction")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "A", done.stderr
