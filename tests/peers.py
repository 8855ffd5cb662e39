"""Where the programs are that the tests meet: Cog, the official clients, the checkers of the API."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("REPLICATEKIT_PEERS") or HOUSE / ".peers")


def peer(name: str, made_by: str = "make peers") -> Path:
    """The folder of a peer's environment; the test is skipped where it is not there."""
    folder = PEERS / name
    if not (folder / ".ready").is_file():
        pytest.skip(f"needs {name}, which `{made_by}` makes")
    return folder


def peer_python(name: str) -> Path:
    """The Python of a peer's environment."""
    return peer(name) / "bin" / "python"
