"""Find the environments of other programs that tests use: Cog, the official clients, API checkers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("REPLICATEKIT_PEERS") or ROOT / ".peers")


def peer(name: str, made_by: str = "make peers") -> Path:
    """Return the folder of a peer's environment; skip the test if it does not exist."""
    folder = PEERS / name
    if not (folder / ".ready").is_file():
        pytest.skip(f"needs {name}: run `{made_by}`")
    return folder


def peer_python(name: str) -> Path:
    """Return the Python of a peer's environment."""
    return peer(name) / "bin" / "python"
