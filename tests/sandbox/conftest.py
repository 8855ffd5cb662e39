from __future__ import annotations

import httpx
import pytest
from sandbox_help import connect

from replicatekit.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running
    running.close()


@pytest.fixture
def http(sandbox):
    with connect(sandbox) as client:
        yield client


@pytest.fixture
def anyone():
    """An HTTP client without a token."""
    with httpx.Client(verify=False, trust_env=False, timeout=20) as client:
        yield client
