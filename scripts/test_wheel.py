"""Build the wheel, install it in empty environments, and run the tests there without the sources.

- This Python: an import of the core without extras, then the tests with all extras.
- Every other supported Python of this machine: the unit tests, and those of running and streaming predictions.
- The lowest versions of dependencies that `pyproject.toml` allows: the same.

Tests that need the sources (of scripts and of the document) and long series of injected faults run in `make test` only:
this script checks what the wheel contains.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_TESTS = ("unit", "integration", "support", "generated", "sandbox")
_SELECTED = "not fault and not cut and not trio and not httpx and not crashes"
_LONG_TESTS = (
    "batch",
    "test_api_reading.py",
    "test_hostile_urls.py",
    "test_storms.py",
    "test_stream_faults.py",
    "test_waiting.py",
)
_SHORT_TESTS = ("tests/unit", "tests/integration/running/test_run.py", "tests/integration/streaming/test_stream.py")
_LOWEST = re.compile(r"([A-Za-z0-9_.-]+)(\[[^]]*\])?>=([0-9.]+)")
_PYTHON = re.compile(r"Python :: (3\.\d+)$")


def _run(command: list[str], folder: Path) -> None:
    excluded = ("PYTHONPATH", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if key not in excluded}
    subprocess.run(command, cwd=folder, check=True, env=environment)


def _pip(python: Path, folder: Path, *arguments: str) -> None:
    _run([str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *arguments], folder)


def _environment(interpreter: str, folder: Path) -> Path:
    """Create a virtual environment, and return its Python."""
    _run([interpreter, "-m", "venv", str(folder)], folder.parent)
    return folder / "bin" / "python"


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def other_pythons() -> list[str]:
    """Return the other supported Pythons of this machine: on the PATH, or installed by pyenv."""
    supported = [match[1] for each in _project()["classifiers"] if (match := _PYTHON.search(each))]
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    found: list[str] = []
    for version in supported:
        root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
        under_pyenv = sorted(root.glob(f"versions/{version}.*/bin/python"))
        interpreter = str(under_pyenv[-1]) if under_pyenv else shutil.which(f"python{version}")
        if version != here and interpreter:
            found.append(interpreter)
    return found


def lowest_versions() -> list[str]:
    """Return requirements for the lowest allowed versions of the dependencies and of the extra `sandbox`."""
    project = _project()
    requirements = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
    return [f"{match[1]}{match[2] or ''}=={match[3]}" for each in requirements if (match := _LOWEST.match(each))]


def _copy_tests(folder: Path) -> None:
    """Copy the tests and the files that they read."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    # The tests compare the package with the OpenAPI document.
    shutil.copytree(ROOT / "spec", folder / "spec")
    for part in _TESTS:
        ignore = shutil.ignore_patterns("__pycache__", *_LONG_TESTS)
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part, ignore=ignore)
    for file in ROOT.glob("tests/*.py"):
        shutil.copy(file, folder / "tests")


def _test_here(wheel: Path, folder: Path) -> None:
    python = _environment(sys.executable, folder / "environment")
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    # First without extras: the wheel must declare all that it needs.
    _pip(python, folder, *constraints, str(wheel))
    _run([str(python), "-c", _CORE_ALONE], folder)
    _pip(python, folder, *constraints, "pip")
    _pip(python, folder, *constraints, "--group", "dev", f"{wheel}[all]")
    _run([str(python), "-m", "pytest", "-m", "not sources", "-k", _SELECTED, "tests"], folder)


def _test_short(name: str, interpreter: str, wheel: Path, folder: Path, *requirements: str) -> None:
    print(f"the wheel on {name}", flush=True)
    python = _environment(interpreter, folder / f"environment {name}")
    _pip(python, folder, "--upgrade", "pip")
    _pip(python, folder, f"{wheel}[sandbox]", *_TEST_TOOLS, *requirements)
    _run([str(python), "-m", "pytest", "-m", "not sources", "-k", _SELECTED, *_SHORT_TESTS], folder)


def main() -> int:
    """Build, install and test the wheel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only-here", action="store_true", help="skip other Pythons and the lowest versions")
    only_here = parser.parse_args().only_here
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", name, str(ROOT)], folder)
        wheel = next(folder.glob("replicatekit-*.whl"))
        _copy_tests(folder)
        _test_here(wheel, folder)
        if not only_here:
            for interpreter in other_pythons():
                _test_short(Path(interpreter).parts[-3], interpreter, wheel, folder)
            _test_short("the lowest versions", sys.executable, wheel, folder, *lowest_versions())
    print("the wheel works without the sources")
    return 0


_TEST_TOOLS = (
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "trio",
    "trustme",
    "pillow",
    "numpy",
    "standardwebhooks",
    "pyyaml",
)
_CORE_ALONE = """
import replicatekit, replicatekit_api
from replicatekit_api.api.predictions import get
assert "site-packages" in replicatekit.__file__ and "site-packages" in replicatekit_api.__file__
client = replicatekit.Client(token="r8_none")
client.close()
for name in replicatekit.__all__:
    getattr(replicatekit, name)
"""

if __name__ == "__main__":
    sys.exit(main())
