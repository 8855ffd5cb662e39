"""Who may import whom, read from the sources."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
GENERATED = sorted((HOUSE / "generated").rglob("*.py"))
OVERLAY = sorted((HOUSE / "overlay").rglob("*.py"))


def imported(module: Path) -> list[str]:
    """Each name that a module imports, with the module that it is from."""
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def test_there_is_something_to_look_at():
    assert len(GENERATED) > 80
    assert len(OVERLAY) > 30


@pytest.mark.parametrize("module", GENERATED, ids=lambda path: path.name)
def test_the_generated_package_never_imports_the_overlay(module):
    assert not [name for name in imported(module) if name.split(".")[0] == "replicatekit"]


@pytest.mark.parametrize("module", OVERLAY, ids=lambda path: path.name)
def test_the_overlay_imports_public_names_of_the_generated_package_only(module):
    names = [name for name in imported(module) if name.split(".")[0] == "replicatekit_api"]
    assert not [name for name in names if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize("module", [path for path in OVERLAY if "sandbox" not in path.parts], ids=lambda p: p.name)
def test_the_client_does_not_need_the_sandbox(module):
    assert not [name for name in imported(module) if name.startswith("replicatekit.sandbox")]
