"""The package itself: what an import costs, who knows of it, and which name a module and a function share."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from replicatekit import ReplicateError, compat
from replicatekit.compat import exceptions

OVERLAY = Path(compat.__file__).resolve().parents[1]
OTHERS = sorted(path for path in OVERLAY.rglob("*.py") if "compat" not in path.parts)


def run(code):
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def imports_of_compat(module):
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if "compat" in name.split("."))


def test_no_other_module_knows_of_it():
    assert len(OTHERS) > 30
    assert {str(path): list(imports_of_compat(path)) for path in OTHERS if any(imports_of_compat(path))} == {}


def test_importing_it_loads_no_dependency():
    loaded = run("from replicatekit import compat as replicate; import sys; print(*sys.modules)").split()
    assert "replicatekit.compat" in loaded
    assert not {"httpx", "attrs", "anyio", "pydantic", "asyncio", "replicatekit.compat.client"} & set(loaded)


@pytest.mark.parametrize("name", ["run", "stream", "hardware"])
@pytest.mark.parametrize(
    "load", ["import replicatekit.compat.{0}", "from replicatekit.compat.{0} import __name__ as _", ""]
)
def test_a_function_keeps_its_name_although_a_module_has_it_too(name, load):
    code = f"""
import sys, types
{load.format(name)}
from replicatekit import compat
before = compat.{name}
import replicatekit.compat.{name}
assert compat.{name} is before and not isinstance(before, types.ModuleType), before
assert isinstance(sys.modules["replicatekit.compat.{name}"], types.ModuleType)
"""
    run(code)


def test_submodules_are_there_without_being_imported():
    names = "compat.exceptions.ModelError.__name__, compat.helpers.FileOutput.__name__"
    assert run(f"from replicatekit import compat; print({names})") == "ModelError FileOutput"


def test_the_client_of_the_module_is_made_once():
    assert compat.default_client is compat.default_client
    assert compat.models._client is compat.default_client
    assert compat.accounts._client is compat.default_client


def test_a_name_that_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = compat.nothing


def test_every_name_that_is_listed_is_there():
    assert [name for name in dir(compat) if not hasattr(compat, name)] == []


def test_one_base_catches_the_errors_of_both():
    assert issubclass(exceptions.ReplicateException, ReplicateError)


def test_a_star_brings_the_functions_and_not_the_modules_of_their_names():
    shown = "type(run).__name__, type(hardware).__name__, exceptions.ModelError.__name__"
    assert run(f"from replicatekit.compat import *; print({shown})") == "method HardwareNamespace ModelError"


def test_everything_public_is_listed_and_documented():
    for name in compat.__all__:
        value = getattr(compat, name)
        assert (value.__doc__ or "").strip(), name


def test_the_version_is_where_the_older_client_has_it():
    from replicatekit.compat import __about__, client

    assert client.__version__ == __about__.__version__
