"""What an import costs in modules; its time is in benchmarks, since no test is timed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}; {LOADED}"], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", ["replicatekit", "replicatekit_api"])
def test_importing_the_package_loads_no_dependency(package):
    mine = loaded_by(f"import {package}")
    heavy = {"httpx", "attrs", "attr", "anyio", "dateutil", "asyncio", "starlette", "uvicorn", "rich"}
    assert package in mine
    assert not mine & heavy


def test_every_name_loads_when_it_is_used():
    done = subprocess.run(
        [sys.executable, "-c", "import replicatekit as r\nfor name in r.__all__: assert getattr(r, name) is not None"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there_is_said_so():
    import replicatekit

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = replicatekit.nothing
