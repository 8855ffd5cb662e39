"""A sandbox for the tests of a module, and each way to call."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from replicatekit import AsyncFileOutput, FileOutput, _default_client
from replicatekit.sandbox import Sandbox
from support.coverage import of_children
from support.file_server import FileServer, hasty
from support.ways import Way, opened, ways_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(speed=20) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The module's sandbox, as new."""
    running_sandbox.reset()
    return running_sandbox


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marks = metafunc.definition.iter_markers("parametrize")
    if "way" in metafunc.fixturenames and not any(mark.args[0] == "way" for mark in marks):
        each = {
            f"each_{what}": getattr(metafunc.module, f"EACH_{what.upper()}", False) for what in ("engine", "sender")
        }
        metafunc.parametrize("way", ways_for(metafunc.definition.originalname, **each), indirect=True)


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    with opened(request.param) as each:
        yield each


@pytest.fixture(scope="session", autouse=True)
def _programs_are_measured_too() -> None:
    """Where coverage is measured, it is in the Python programs that tests start."""
    os.environ.update(of_children())


@pytest.fixture(autouse=True)
def _no_default_client_is_left() -> Iterator[None]:
    """The client behind the module's functions is made for the environment of one test."""
    yield
    for kind, client in _default_client._clients.items():
        if not kind.__name__.startswith("Async"):
            client.close()
    _default_client._clients.clear()


@pytest.fixture
def file_of(way: Way) -> Callable[[str], Any]:
    """Makes an output file of a URL, by a client that does not wait between attempts."""
    # Certificates take time to load, and there is no TLS here.
    client = hasty(way.client(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False))
    kind = FileOutput if way.portal is None else AsyncFileOutput
    return lambda url: way.face(kind(url, getattr(client, "thing", client)))


@pytest.fixture
def serve() -> Iterator[Callable[..., FileServer]]:
    """Starts a server whose answers have these shapes, one after another."""
    with ExitStack() as stack:
        yield lambda *shapes: stack.enter_context(FileServer(*shapes).running())
