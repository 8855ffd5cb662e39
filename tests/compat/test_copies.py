"""Objects in Python's own machinery: copied, pickled, inspected."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
import typing

import httpx
import pytest

from replicatekit import compat
from replicatekit.compat._impl.session import blocking
from replicatekit.compat.client import Client
from replicatekit.compat.model import Model
from replicatekit.compat.version import Version
from replicatekit.sandbox import Sandbox

VERSION = {"id": "v1", "created_at": "2024-01-01T00:00:00Z", "cog_version": "0.9", "openapi_schema": {"a": [1]}}
MODEL = {"owner": "acme", "name": "shout", "latest_version": VERSION}


def serve(request: httpx.Request) -> httpx.Response:
    seen.append(request)
    return httpx.Response(200, json={**MODEL, "description": "new"})


seen: list[httpx.Request] = []


@pytest.fixture
def client():
    seen.clear()
    return Client("r8_secret", transport=httpx.MockTransport(serve))


def test_a_deep_copy_of_a_bound_object_is_equal_independent_and_bound(client):
    model = client.models.get("acme/shout")
    twin = copy.deepcopy(model)
    assert twin == model
    twin.latest_version.openapi_schema["a"].append(2)
    assert model.latest_version.openapi_schema == {"a": [1]}
    twin.reload()
    assert twin.description == "new"
    assert seen[-1].headers["authorization"] == "Bearer r8_secret"
    assert copy.deepcopy({"version": twin.latest_version})["version"].id == "v1"
    assert copy.copy(model) == model


def test_a_pickle_holds_no_token_and_uses_the_default_client_afterwards(client, monkeypatch):
    model = client.models.get("acme/shout")
    data = pickle.dumps(model)
    assert b"r8_secret" not in data
    twin = pickle.loads(data)
    assert twin == model
    assert isinstance(twin, Model)
    assert isinstance(twin.latest_version, Version)
    monkeypatch.setattr(compat, "default_client", client)
    twin.reload()
    assert twin.description == "new"


def test_a_page_is_copied_and_pickled(client):
    page = client.collections.list()
    assert pickle.loads(pickle.dumps(page)) == copy.deepcopy(page) == page


def test_a_client_is_copied_by_its_settings(client):
    client.wait_timeout = 5
    for twin in (copy.copy(client), copy.deepcopy(client)):
        assert twin.wait_timeout == 5
        twin.models.get("acme/shout")
        assert seen[-1].headers["authorization"] == "Bearer r8_secret"


def test_a_pickled_client_has_its_settings_and_the_token_of_the_environment(monkeypatch):
    with Sandbox() as sandbox:
        headers = {"Authorization": "Bearer r8_other", "x-a": "b"}
        client = Client("r8_secret", base_url=sandbox.base_url, headers=headers)
        client.poll_interval = 0.1
        data = pickle.dumps(client)
        assert b"r8_" not in data
        monkeypatch.setenv("REPLICATE_API_TOKEN", sandbox.token)
        twin = pickle.loads(data)
        assert twin.poll_interval == 0.1
        assert twin.accounts.current().username == "sandbox"
        assert sandbox.requests[-1].headers["x-a"] == "b"
        blocking(twin).session.api.close()


def test_what_is_not_there_is_an_attribute_error(client):
    model = client.models.get("acme/shout")
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'colour'"):
        _ = model.colour


def public_callables():
    for info in pkgutil.walk_packages(compat.__path__, "replicatekit.compat."):
        if "._" in info.name:
            continue
        importlib.import_module(info.name)
        module = importlib.sys.modules[info.name]
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", "") != info.name:
                continue
            yield from members(f"{info.name}.{name}", value)


def members(name, value):
    yield name, value
    if inspect.isclass(value):
        for inner, member in vars(value).items():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if inspect.isclass(function) and function.__module__ == value.__module__:
                yield from members(f"{name}.{inner}", function)
            elif inspect.isfunction(function) and (not inner.startswith("_") or inner == "__init__"):
                yield f"{name}.{inner}", function


def test_the_hints_of_every_public_name_resolve():
    found = dict(public_callables())
    assert len(found) > 200
    for name, value in found.items():
        if callable(value):
            try:
                typing.get_type_hints(value)
            except NameError as error:
                pytest.fail(f"{name}: {error}")


def test_every_public_name_has_a_docstring():
    inherited = {"__init__"}
    missing = [
        name
        for name, value in public_callables()
        if callable(value) and name.rpartition(".")[2] not in inherited and not value.__doc__
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("client", "Client RetryTransport ReplicateError"),
        ("collection", "Page Model"),
        ("deployment", "Prediction Page Account encode_json async_encode_json"),
        ("model", "Page Prediction Version Versions ModelVersionIdentifier encode_json async_encode_json"),
        ("prediction", "EventSource FileEncodingStrategy ModelError ReplicateError Page Version ServerSentEvent"),
        ("run", "Model ModelError Version Versions Prediction identifier make_schema_backwards_compatible"),
        ("stream", "ReplicateError identifier transform_output"),
        ("training", "Page Model Version ModelVersionIdentifier encode_json async_encode_json"),
        ("version", "Page"),
        ("helpers", "HAS_NUMPY base64_encode_file FileEncodingStrategy"),
        ("__about__", "version __version__"),
    ],
)
def test_what_the_older_modules_import_can_be_imported_from_them(module, names):
    importlib.import_module(f"replicatekit.compat.{module}")
    found = importlib.sys.modules[f"replicatekit.compat.{module}"]
    assert [name for name in names.split() if not hasattr(found, name)] == []
