"""Who may import whom, read from the sources."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
GENERATED = sorted((ROOT / "generated").rglob("*.py"))
OVERLAY = sorted((ROOT / "overlay").rglob("*.py"))


@cache
def imported(module: Path) -> list[str]:
    """Each name that a module imports, with the module that it is from."""
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def importers(modules: list[Path], matches: Callable[[str], bool]) -> list[str]:
    """Which of the modules import a name that matches, and the name."""
    return [f"{path.relative_to(ROOT)}: {name}" for path in modules for name in imported(path) if matches(name)]


def test_there_is_something_to_look_at():
    assert len(GENERATED) > 80
    assert len(OVERLAY) > 30


def test_the_generated_package_never_imports_the_overlay():
    assert importers(GENERATED, lambda name: name.split(".")[0] == "replicatekit") == []


def test_the_overlay_imports_public_names_of_the_generated_package_only():
    assert importers(OVERLAY, lambda name: name.startswith("replicatekit_api.") and "._" in name) == []


def test_the_client_does_not_need_the_sandbox():
    client = [path for path in OVERLAY if "sandbox" not in path.parts]
    assert importers(client, lambda name: name.startswith("replicatekit.sandbox")) == []
