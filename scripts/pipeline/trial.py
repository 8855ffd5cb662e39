"""Try a newer document in a copy of the project: check the types of the overlay, and run it.

Pyright checks the copied overlay against the newly generated package, and `smoke_test.py` runs it against the sandbox.
The findings are lines of the overlay that need attention.
"""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
import tempfile
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from pipeline.project import Project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator

__all__ = ["Attention", "check_types", "smoke_test", "trial"]

_SMOKE_TEST = Path(__file__).resolve().parents[1] / "smoke_test.py"
_COPIED = ("overlay", "spec")
_CONSEQUENCE = "reportUnknown"


@attrs.frozen(order=True)
class Attention:
    """A line that is wrong with a newer document; 0 if only the file is known."""

    file: str
    line: int
    message: str

    @property
    def place(self) -> str:
        """The file, and the line if it is known."""
        return f"{self.file}:{self.line}" if self.line else self.file


@contextmanager
def trial(project: Project) -> Generator[Project, None, None]:
    """Copy the project without its generated package to a temporary folder on the same disk."""
    with tempfile.TemporaryDirectory(prefix=".update-", dir=project.root) as folder:
        for name in _COPIED:
            if (project.root / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(project.root / name, Path(folder, name), ignore=ignored)
        yield Project(Path(folder))


def check_types(copy: Project, original: Project) -> Callable[[], list[Attention]]:
    """Start pyright on the overlay of a copy; the returned function waits for the findings."""
    options = tomllib.loads((original.root / "pyproject.toml").read_text("utf-8"))["tool"]["pyright"]
    _link_libraries(copy.root / ".libraries" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages")
    options |= {"include": ["overlay"], "venvPath": ".", "venv": ".libraries"}
    process = _start_pyright(copy, options, copy.generated)

    def finish() -> list[Attention]:
        found = _diagnostics(process, copy)
        if not found or not original.generated.is_dir():
            return found
        # Leave out errors that the current package has as well.
        former = {
            (one.file, one.message) for one in _diagnostics(_start_pyright(copy, options, original.generated), copy)
        }
        return [one for one in found if (one.file, one.message) not in former]

    return finish


def _start_pyright(copy: Project, options: dict[str, Any], package: Path) -> subprocess.Popen[str]:
    paths = {"extraPaths": ["overlay", str(package)]}
    (copy.root / "pyrightconfig.json").write_text(json.dumps({**options, **paths}), "utf-8")
    return copy.start("-m", "pyright", "--outputjson", "--project", ".", **os.environ)


def _link_libraries(folder: Path) -> None:
    """Link this environment's libraries for pyright, but not the project itself.

    The `.pth` file of an editable install points to the original project, where pyright would find what the copy lacks.
    """
    folder.mkdir(parents=True)
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)


def _diagnostics(process: subprocess.Popen[str], copy: Project) -> list[Attention]:
    output, errors = process.communicate()
    try:
        found = cast("list[dict[str, Any]]", json.loads(output)["generalDiagnostics"])
    except (ValueError, KeyError):
        lines = (errors or output).strip().splitlines()
        return [Attention("pyright", 0, f"could not check the overlay: {lines[-1] if lines else 'no output'}")]
    wrong = [one for one in found if one["severity"] == "error"]
    # Errors about unknown types are consequences of other errors.
    causes = [one for one in wrong if not str(one.get("rule", "")).startswith(_CONSEQUENCE)] or wrong
    places: dict[tuple[str, int], Attention] = {}
    for one in causes:
        file = Path(one["file"]).resolve().relative_to(copy.root.resolve()).as_posix()
        line = int(one["range"]["start"]["line"]) + 1
        message = " ".join(str(one["message"]).split())
        places.setdefault((file, line), Attention(file, line, message))
    return sorted(places.values())


def smoke_test(copy: Project, _: Project) -> Callable[[], list[Attention]]:
    """Start the smoke test of a copy's overlay and sandbox; the returned function waits for the findings."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy.overlay), str(copy.generated)])}
    process = copy.start(str(_SMOKE_TEST), str(copy.root), **environment)
    return lambda: _failures(process)


def _failures(process: subprocess.Popen[str]) -> list[Attention]:
    output, errors = process.communicate()
    try:
        return [Attention(*one) for one in json.loads(output)]
    except (ValueError, TypeError):
        lines = errors.strip().splitlines()
        message = lines[-1] if lines else f"it exited with {process.returncode} and without output"
        return [Attention("scripts/smoke_test.py", 0, message)]
