"""The types that users see, as pyright sees them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]


def said_of(code, folder):
    """What pyright says of code as strictly as it can: each line that it does not agree with."""
    packages = [str(HOUSE / name) for name in ("overlay", "generated") if (HOUSE / name).is_dir()]
    settings = {
        "extraPaths": packages,
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    (folder / "user_code.py").write_text(code)
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in report["generalDiagnostics"]]


@pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not installed")
def test_users_see_the_types_that_are_promised(tmp_path):
    assert said_of((HERE / "user_code.py").read_text("utf-8"), tmp_path) == []
