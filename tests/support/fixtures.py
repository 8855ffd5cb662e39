"""Fixtures: a sandbox for the tests of a module, and sync and async clients."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from replicatekit import AsyncFileOutput, FileOutput, _default_client
from replicatekit.sandbox import Sandbox
from support.coverage import of_children
from support.file_server import FileServer, without_delays
from support.ways import Way, opened, ways_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(speed=20) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The module's sandbox, reset."""
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
def _measure_programs() -> None:
    """Measure the coverage of Python programs that tests start."""
    os.environ.update(of_children())


@pytest.fixture(autouse=True)
def _close_default_clients() -> Iterator[None]:
    """Close the default client after each test, because it depends on the test's environment."""
    yield
    for kind, client in _default_client._clients.items():
        if not kind.__name__.startswith("Async"):
            client.close()
    _default_client._clients.clear()


@pytest.fixture
def file_of(way: Way) -> Callable[[str], Any]:
    """Create an output file for a URL, with a client without retry delays."""
    # Loading certificates takes time, and TLS is not used.
    client = without_delays(way.client(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False))
    kind = FileOutput if way.portal is None else AsyncFileOutput
    return lambda url: way.wrap(kind(url, getattr(client, "thing", client)))


@pytest.fixture
def serve() -> Iterator[Callable[..., FileServer]]:
    """Start a server that responds with these shapes, one after another."""
    with ExitStack() as stack:
        yield lambda *shapes: stack.enter_context(FileServer(*shapes).running())
