"""Importing is light: what is heavy comes when it is used; and it works on every Python that is promised."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import replicatekit_api
from replicatekit_api import api, models

if TYPE_CHECKING:
    from recording_server import Recorder

PACKAGE = Path(replicatekit_api.__file__).parent
HEAVY = [
    "httpx",
    "attrs",
    "attr",
    "json",
    "asyncio",
    "anyio",
    "trio",
    "ssl",
    "dateutil",
    "pydantic",
    "typing_extensions",
]


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads in a fresh interpreter, beyond those that it starts with."""
    code = f"import sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    # -S: an editable install may load more at the start, which is not the package's doing.
    paths = [str(PACKAGE.parent), *(path for path in sys.path if path.endswith("site-packages"))]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def heavy(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in HEAVY}


@pytest.mark.parametrize(
    "statement",
    [
        "import replicatekit_api",
        "from replicatekit_api import api, models",
        "import replicatekit_api; replicatekit_api.api.predictions; dir(replicatekit_api)",
        "from replicatekit_api.models import PredictionStatus",
    ],
)
def test_the_package_loads_nothing_heavy_and_no_model(statement: str) -> None:
    modules = loaded_by(statement)
    assert heavy(modules) == set()
    homes = {name.rpartition(".")[2] for name in modules if name.startswith("replicatekit_api.models.")}
    assert homes <= {"prediction_status"}


def test_an_endpoint_loads_no_http_client_and_no_other_endpoint_and_no_model() -> None:
    modules = loaded_by("from replicatekit_api.api.predictions import get")
    assert heavy(modules) & {"httpx", "ssl", "asyncio"} == set()
    assert {name for name in modules if name.startswith("replicatekit_api.api.")} == {
        "replicatekit_api.api.predictions",
        "replicatekit_api.api.predictions.get",
    }
    assert not {name for name in modules if name.startswith("replicatekit_api.models.")}


def test_a_model_loads_only_itself() -> None:
    modules = loaded_by("from replicatekit_api.models import Prediction")
    assert {name for name in modules if name.startswith("replicatekit_api.models.")} == {
        "replicatekit_api.models.prediction"
    }
    assert heavy(modules) & {"httpx", "ssl", "asyncio", "json"} == set()


def test_httpx_is_loaded_by_the_first_request_and_not_by_the_client() -> None:
    assert "httpx" not in loaded_by("from replicatekit_api import Client; Client('http://127.0.0.1')")
    assert "httpx" in loaded_by("from replicatekit_api import Client; Client('http://127.0.0.1').get_httpx_client()")


def test_every_public_name_can_be_imported_and_is_listed() -> None:
    nouns = [import_module(f"{api.__name__}.{noun}") for noun in api.__all__]
    for package in (replicatekit_api, models, api, *nouns):
        assert package.__all__ == sorted(package.__all__) or package is replicatekit_api
        assert set(package.__all__) <= set(dir(package))
        for name in package.__all__:
            value = getattr(package, name)
            assert value is vars(package)[name], "it is kept, so that it loads once"
            assert value.__doc__
        with pytest.raises(AttributeError, match="no_such_name"):
            package.no_such_name  # noqa: B018
        exec(f"from {package.__name__} import *", {})


def test_a_star_import_of_the_nouns_and_verbs_is_the_same_as_the_modules() -> None:
    from replicatekit_api.api.predictions import list as verb

    assert verb is import_module("replicatekit_api.api.predictions.list")
    assert replicatekit_api.api.predictions.list is verb


EVERYTHING = """
import asyncio, compileall, sys
assert compileall.compile_dir(sys.argv[1], quiet=1, force=True)
import replicatekit_api
from replicatekit_api import AuthenticatedClient, api, models
for name in models.__all__:
    assert getattr(models, name).__doc__
for noun in api.__all__:
    for verb in getattr(api, noun).__all__:
        assert getattr(getattr(api, noun), verb).sync.__doc__
assert repr(models.Prediction(id="a", status="failed").status) == "<PredictionStatus.FAILED: 'failed'>"
client = AuthenticatedClient(sys.argv[2], token="t", verify=False)
with client:
    assert api.predictions.get.sync("a", client=client).to_dict() == {"id": "a"}

async def work():
    async with client:
        assert (await api.predictions.get.asyncio("a", client=client)).id == "a"

asyncio.run(work())
"""


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_all_of_it_works_on_every_python_that_is_promised(version: str, tmp_path: Path, recorder: Recorder) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    if not found:
        pytest.skip(f"Python {version} is not here")
    recorder.says({"id": "a"})
    done = subprocess.run(
        [
            str(found[-1]),
            "-W",
            "error",
            "-X",
            f"pycache_prefix={tmp_path}",
            "-c",
            EVERYTHING,
            str(PACKAGE),
            recorder.base_url,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        # httpx and attrs are the same files for every Python.
        env={"PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), str(Path(httpx.__file__).parents[1])])},
    )
    assert (done.returncode, done.stderr) == (0, "")
