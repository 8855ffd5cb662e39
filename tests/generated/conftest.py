"""A server that records what it is sent, and clients of it."""

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
    """The session's server, as new."""
    running_recorder.__init__(running_recorder.address)
    return running_recorder


@pytest.fixture
def client(recorder: Recorder) -> Iterator[AuthenticatedClient]:
    # Certificates take their time to load, and nothing here is encrypted.
    with AuthenticatedClient(recorder.base_url, token=TOKEN, timeout=20, verify=False) as each:
        yield each
