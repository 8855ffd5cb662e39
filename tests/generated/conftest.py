"""A server that records requests, and clients for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from calling import TOKEN
from recording_server import Recorder, recording

from replicatekit_api import AuthenticatedClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_recorder() -> Iterator[Recorder]:
    with recording() as running:
        yield running


@pytest.fixture
def recorder(running_recorder: Recorder) -> Recorder:
    """The session's server, reset."""
    running_recorder.__init__(running_recorder.address)
    return running_recorder


@pytest.fixture
def client(recorder: Recorder) -> Iterator[AuthenticatedClient]:
    # Loading certificates takes time, and TLS is not used.
    with AuthenticatedClient(recorder.base_url, token=TOKEN, timeout=20, verify=False) as each:
        yield each
