"""The official client and ours, against the same sandbox."""

from __future__ import annotations

import os

import pytest
from differential_help import Official, make_sandbox
from peers import peer_python


@pytest.fixture(scope="session")
def running():
    python = peer_python("replicate-1.0.7")
    sandbox = make_sandbox()
    with sandbox:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        official = Official(python, {**environment, **sandbox.environment})
        yield sandbox, official
        official.close()
    sandbox.close()
