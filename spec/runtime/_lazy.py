"""Module attributes that are imported on first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


class LazyModule:
    """A module that is imported when one of its attributes is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def names(
    owner: str, homes: Mapping[str, str], package: str | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Create the `__getattr__` and `__dir__` of a module.

    Args:
        owner: The name of the module.
        homes: For each name the module that defines it, or "" if the name is a module.
        package: The package with these modules; by default `owner` itself.
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {owner!r} has no attribute {name!r}")
        module = import_module(f".{homes[name] or name}", package or owner)
        value = getattr(module, name) if homes[name] else module
        setattr(sys.modules[owner], name, value)
        return value

    def known() -> list[str]:
        return sorted({*homes, *vars(sys.modules[owner])})

    return load, known
