"""Configuration of all tests."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = ["support.fixtures"]


# Tests neither read nor write the user's cache of schemas.
os.environ["REPLICATEKIT_CACHE_DIR"] = tempfile.mkdtemp(prefix="replicatekit-tests-")


def pytest_xdist_auto_num_workers() -> int:
    # Tests mostly wait for servers.
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect ten thousand tests without looking for garbage among them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["REPLICATEKIT_CACHE_DIR"], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(part in item.path.parts for part in ("scripts", "spec", "repository")):
            item.add_marker(pytest.mark.sources)
    items[:] = slow_ones_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def slow_ones_first(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Let each worker start with slow tests, so that none of them runs alone at the end."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    share = -(-len(others) // workers)
    parts = [slow[worker::workers] + others[worker * share : (worker + 1) * share] for worker in range(workers)]
    return [item for part in parts for item in part]
