"""What is public: the same for sync and async, all of it documented, and a place for every operation of the API."""

from __future__ import annotations

import inspect
import io
import os
import pkgutil
import re
import subprocess
import sys
from functools import cached_property
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

import pytest

import replicatekit
import replicatekit.resources
from replicatekit import AsyncClient, Client
from replicatekit.sandbox._api.validation import operations

# What has no underscore because other modules of this package use it.
INSIDE = {"bind", "bind_async", "first_page", "namespaces", "takes_options"}
# What gives what comes later by itself, and so is not awaited.
LAZY = ("AsyncPages", "AsyncIterator", "AsyncGenerator", "AsyncEventStream", "AsyncItemStream", "AsyncFileOutput")
# What only async iterators have, by Python's name for it.
ONLY_ASYNC = {"aclose"}
# What only sync code can be given: Python's own protocol of file objects.
ONLY_SYNC = {name for name in dir(io.BufferedReader) if not name.startswith("_")} - {"name", "read"}
# Where the two halves are not alike, and say so.
OWN_WORDS = {"FileOutput.open", "Client.use"}
# Operations whose last word is said by what comes before it.
PLACES = {"search": "search", "webhooks.default.secret.get": "webhooks.default.secret"}


def public_modules() -> list[Any]:
    found = [replicatekit]
    for package in (replicatekit, replicatekit.resources):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            name = module.name.rpartition(".")[2]
            if not name.startswith("_") and name not in ("resources", "sandbox", "cli", "compat", "typed", "batch"):
                found.append(import_module(module.name))
    return found


def public_names() -> dict[str, Any]:
    """Everything in an `__all__` that can have a docstring."""
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in public_modules()
        for name in module.__all__
        if inspect.isclass(getattr(module, name)) or inspect.isfunction(getattr(module, name))
    }


PUBLIC = public_names()
PAIRS = sorted(
    (name, f"{home}.Async{bare}")
    for name in PUBLIC
    for home, _, bare in [name.rpartition(".")]
    if f"{home}.Async{bare}" in PUBLIC and inspect.isclass(PUBLIC[name])
)
FUNCTIONS = sorted(name for name in PUBLIC if f"{name.rpartition('.')[0]}.async_{name.rpartition('.')[2]}" in PUBLIC)


def members(cls: type) -> dict[str, Any]:
    """The public members that this package gives a class, and not the generated one."""
    return {
        name: member
        for base in reversed(cls.__mro__)
        if base.__module__.startswith("replicatekit.")
        for name, member in vars(base).items()
        if not name.startswith("_")
    }


def shared(cls: type) -> dict[str, Any]:
    """The members that the async half has too."""
    is_file = hasattr(cls, "readinto")
    return {name: member for name, member in members(cls).items() if not (is_file and name in ONLY_SYNC)}


def function_of(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return getattr(member, "__func__", member)


def blocking(annotation: Any) -> str:
    """An annotation of the async half in the words of the sync half."""
    text = re.sub(r"\bAsync(?=[A-Z])", "", str(annotation).replace("AsyncPages", "Page"))
    return re.sub(r"\bGenerator\[(.+), None\]", r"Iterator[\1]", text)


def written(function: Any) -> list[tuple[str, Any, Any, str]]:
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default, blocking(each.annotation)) for each in parameters]


def returned(function: Any) -> str:
    return str(inspect.signature(function).return_annotation)


@pytest.mark.parametrize(("sync", "other"), PAIRS, ids=[name for name, _ in PAIRS])
def test_both_halves_have_the_same_names(sync, other):
    assert set(shared(PUBLIC[sync])) == set(members(PUBLIC[other])) - ONLY_ASYNC


@pytest.mark.parametrize(("sync", "other"), PAIRS, ids=[name for name, _ in PAIRS])
def test_both_halves_take_and_give_the_same(sync, other):
    theirs = members(PUBLIC[other])
    for name, member in shared(PUBLIC[sync]).items():
        function, twin = function_of(member), function_of(theirs[name])
        assert type(member) is type(theirs[name]), name
        if not inspect.isfunction(function):
            continue
        assert written(twin) == written(function), name
        assert blocking(returned(twin)) == blocking(returned(function)), name


@pytest.mark.parametrize(("sync", "other"), PAIRS, ids=[name for name, _ in PAIRS])
def test_what_asks_the_api_is_awaited_in_the_async_half(sync, other):
    theirs = members(PUBLIC[other])
    for name, member in shared(PUBLIC[sync]).items():
        twin = theirs[name]
        if twin is member or not inspect.isfunction(twin):
            continue
        lazy = returned(twin).startswith(LAZY) or inspect.isasyncgenfunction(twin)
        assert inspect.iscoroutinefunction(twin) is not lazy, name


@pytest.mark.parametrize(("sync", "other"), PAIRS, ids=[name for name, _ in PAIRS])
def test_both_halves_say_the_same_of_everything(sync, other):
    theirs = members(PUBLIC[other])
    for name, member in shared(PUBLIC[sync]).items():
        said = function_of(member).__doc__ if inspect.isfunction(function_of(member)) else member.__doc__
        assert said, name
        assert theirs[name].__doc__, name
        if f"{PUBLIC[sync].__name__}.{name}" not in OWN_WORDS:
            assert theirs[name].__doc__.replace("async for ", "for ") == said, name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_both_halves_take_the_same(name):
    home, _, bare = name.rpartition(".")
    assert written(PUBLIC[f"{home}.async_{bare}"]) == written(PUBLIC[name])


def test_there_are_pairs_to_compare():
    assert len(PAIRS) > 20
    assert ("replicatekit.client.Client", "replicatekit.client.AsyncClient") in PAIRS


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_a_docstring(name):
    assert (PUBLIC[name].__doc__ or "").strip()


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_what_is_not_in_all_is_private(module):
    own = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
        and not isinstance(value, (TypeVar, ParamSpec))
    }
    assert own - set(module.__all__) <= INSIDE
    assert module.__doc__


def place_of(operation: str, client: Any) -> Any:
    for step in PLACES.get(operation, operation).split("."):
        client = getattr(client, step, None)
    return client


def test_every_operation_of_the_document_has_a_place_on_the_clients():
    """A newer document may have operations that nobody has given a place yet: they are listed, and break nothing."""
    clients = [client(token="r8_none", base_url="http://127.0.0.1:1/v1") for client in (Client, AsyncClient)]
    known = {each.id: all(callable(place_of(each.id, client)) for client in clients) for each in operations()}
    assert sum(known.values()) > 30
    without = sorted(name for name, has_place in known.items() if not has_place)
    if without:
        pytest.xfail(f"operations without a place on the clients: {', '.join(without)}")


def run_alone(code):
    """The output of a program without a token."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REPLICATE")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


NAMESPACES = ("account", "collections", "deployments", "files", "hardware", "models", "predictions", "trainings")


@pytest.mark.parametrize(
    "code",
    [
        "from replicatekit import models, predictions, files",
        "from replicatekit import *; print(models, files)",
        "import replicatekit; assert all(hasattr(replicatekit, name) for name in dir(replicatekit))",
        "import inspect, replicatekit; inspect.getmembers(replicatekit); inspect.getmembers(replicatekit.models)",
        "import replicatekit; help(replicatekit)",
        "import replicatekit as r; repr(r.models); r.models.versions; r.deployments.predictions",
        "import replicatekit.webhooks as w, replicatekit; assert replicatekit.webhooks is w; replicatekit.search",
        "import copy, replicatekit; copy.copy(replicatekit.models)",
    ],
)
def test_the_module_and_its_namespaces_need_no_token_to_be_looked_at(code):
    run_alone(code)


def test_a_namespace_of_the_module_needs_a_token_at_its_first_request():
    out = run_alone(
        "import replicatekit\n"
        "try: replicatekit.models.get('acme/echo')\n"
        "except replicatekit.errors.MissingTokenError as error: print(error)\n"
    )
    assert "REPLICATE_API_TOKEN" in out


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_methods_of_the_modules_namespaces_can_be_patched(namespace):
    code = (
        "import replicatekit\n"
        "from unittest import mock\n"
        f"method = [name for name in dir(replicatekit.{namespace}) if name in ('get', 'list')][0]\n"
        f"with mock.patch('replicatekit.{namespace}.' + method) as patched:\n"
        f"    getattr(replicatekit.{namespace}, method)('x')\n"
        "patched.assert_called_once_with('x')\n"
    )
    run_alone(code)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_namespaces_are_on_the_module_too(namespace, sandbox, monkeypatch):
    from replicatekit import _default_client as _default

    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_default, "_clients", {})
    ours = getattr(replicatekit, namespace)
    assert namespace in dir(replicatekit)
    assert ours is getattr(replicatekit, namespace)
    assert type(ours) is type(getattr(replicatekit.default_client(), namespace))
    assert sandbox.base_url in repr(ours)
    replicatekit.default_client().close()


def test_dir_lists_what_is_public_and_no_more():
    assert dir(replicatekit) == sorted(replicatekit.__all__)
