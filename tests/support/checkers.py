"""Run type checkers, once for as many files as possible: each run first reads this package."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [str(ROOT / name) for name in ("overlay", "generated") if (ROOT / name).is_dir()]
MYPY_CACHE = ROOT / ".mypy_cache" / "tests"


def by_pyright(folder: Path, **settings: Any) -> list[str]:
    """Return pyright's findings in strict mode for all files of a folder, with file and line."""
    pytest.importorskip("pyright")
    settings = {"extraPaths": PACKAGES, "pythonVersion": "3.11", "typeCheckingMode": "strict", **settings}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(process.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(folder.rglob("*.py")))
    found = report["generalDiagnostics"]
    return [f"{Path(each['file']).name}:{each['range']['start']['line'] + 1}: {each['message']}" for each in found]


def by_mypy(folder: Path, *targets: str) -> list[str]:
    """Return mypy's findings in strict mode for files and packages of a folder, and for the generated package.

    Concurrent runs wait for each other, so that the first one fills the cache.
    """
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--no-error-summary", *targets]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(PACKAGES), "MYPY_CACHE_DIR": str(MYPY_CACHE)}
    MYPY_CACHE.mkdir(parents=True, exist_ok=True)
    with (MYPY_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    assert process.returncode in (0, 1), process.stderr
    reported = (*targets, "replicatekit_api/")
    return [line for line in process.stdout.splitlines() if any(part in line.partition(":")[0] for part in reported)]
