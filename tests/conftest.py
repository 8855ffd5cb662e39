"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent

pytest_plugins = ["support.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(part in item.path.parts for part in ("scripts", "spec", "house")):
            item.add_marker(pytest.mark.sources)
