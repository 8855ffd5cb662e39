"""Cog models in a sandbox, with both supported versions of Cog; skipped if a version is not installed."""

from __future__ import annotations

import pytest
from cog_help import GENERATIONS, CogSandbox, connect
from peers import peer_python

from replicatekit import Client
from replicatekit.sandbox import Sandbox


@pytest.fixture(scope="session", params=GENERATIONS)
def running_cog(request):
    python = peer_python(request.param)
    sandbox = Sandbox(speed=20, builtin=False)
    with sandbox:
        yield CogSandbox(sandbox, python)
    sandbox.close()


@pytest.fixture
def cog(running_cog):
    """The four predictors in a sandbox that was reset."""
    running_cog.sandbox.reset()
    return running_cog


@pytest.fixture
def http(cog):
    with connect(cog.sandbox) as client:
        yield client


@pytest.fixture
def client(cog):
    with Client(token=cog.sandbox.token, base_url=cog.sandbox.base_url) as client:
        yield client
