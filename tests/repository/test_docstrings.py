"""Docstrings stand in the source: read by griffe without running anything, as editors and the documentation do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import griffe
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("overlay/replicatekit", "generated/replicatekit_api")

pytestmark = pytest.mark.sources


def public(owner: griffe.Module | griffe.Class) -> list[griffe.Object]:
    """Everything with a public name below a module or a class: modules, classes, functions, properties."""
    found: list[griffe.Object] = []
    for name, member in owner.members.items():
        if name.startswith("_") or member.is_alias or member.is_type_alias:
            continue
        if isinstance(member, griffe.Attribute) and "property" not in member.labels:
            continue
        found.append(member)
        if isinstance(member, (griffe.Module, griffe.Class)):
            found += public(member)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_a_docstring_in_the_source(package: str) -> None:
    path = ROOT / package
    names = public(griffe.load(path.name, search_paths=[str(path.parent)], resolve_aliases=False))
    assert len(names) > 300
    assert [each.path for each in names if each.docstring is None] == []


def test_docstrings_that_repeat_others_are_equal_to_them() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/copy_docstrings.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout
