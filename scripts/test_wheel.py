"""Build the wheel, install it in an empty environment, and run the tests there with the sources out of reach.

The tests that need the sources (of scripts and of the document) are left to `make test`, and so are the long series of
faults: they are about what the code does, and this is about what the wheel holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent

_TESTS = ("unit", "integration", "support", "generated", "sandbox")
_SHORT = "not fault and not cut and not trio and not httpx"
_LONG = ("test_api_reading.py", "test_hostile_urls.py", "test_storms.py", "test_stream_faults.py", "test_waiting.py")


def _run(command: list[str], folder: Path, **variables: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run(command, cwd=folder, check=True, env={**environment, **variables})


def _pip(python: Path, folder: Path, *arguments: str) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--constraint", str(HOUSE / "constraints.txt")]
    _run([str(python), "-m", "pip", "install", *options, *arguments], folder)


def main() -> int:
    """Build, install, test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", name, str(HOUSE)], folder)
        wheel = next(folder.glob("replicatekit-*.whl"))
        venv.create(folder / "environment", with_pip=True)
        python = folder / "environment" / "bin" / "python"
        # First the wheel alone: what it needs, it must bring.
        _pip(python, folder, str(wheel))
        _run([str(python), "-c", _CORE_ALONE], folder)
        shutil.copy(HOUSE / "pyproject.toml", folder)
        _pip(python, folder, "pip")
        _pip(python, folder, "--group", "dev", f"{wheel}[all]")
        # What the API's document says is what the tests hold the package to.
        shutil.copytree(HOUSE / "spec", folder / "spec")
        for part in _TESTS:
            without = shutil.ignore_patterns("__pycache__", *_LONG)
            shutil.copytree(HOUSE / "tests" / part, folder / "tests" / part, ignore=without)
        for file in HOUSE.glob("tests/*.py"):
            shutil.copy(file, folder / "tests")
        _run([str(python), "-m", "pytest", "-m", "not sources", "-k", _SHORT, "tests"], folder)
    print("the wheel works without the sources")
    return 0


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
