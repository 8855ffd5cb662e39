"""Generate a package from a document, and import it under a unique name next to the real one."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

import generate as script

if TYPE_CHECKING:
    from types import ModuleType

_numbers = itertools.count()


def written(document: Any, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "document.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def made(document: Any, folder: Path) -> script.Made:
    return script.generate(written(document, folder), folder / "out")


def loaded(document: Any, folder: Path) -> ModuleType:
    """Generate and import a package. Its imports are relative, so its name does not matter."""
    package = made(document, folder).package
    name = f"package_{next(_numbers)}"
    package.rename(folder / name)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """Import all modules of a package; return them by their names in it."""
    folder = package.__path__[0]
    names = [".".join(path.relative_to(folder).with_suffix("").parts) for path in sorted(Path(folder).rglob("*.py"))]
    found = [name.removesuffix(".__init__") for name in names if name != "__init__"]
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in found}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@frozen
class Done:
    """The exit code and the output of the script."""

    returncode: object
    stdout: str
    stderr: str


Run = Callable[..., Done]
