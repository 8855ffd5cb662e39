"""Cog predictors as functions and as generated modules, in both generations of Cog."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkers import by_mypy, by_pyright

from replicatekit import errors
from replicatekit.typed import add_stubs

pytestmark = pytest.mark.cog

PREDICTORS = ("files", "stream", "structured", "text")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REPLICATEKIT_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_a_predictor_is_a_function_that_refuses_what_it_does_not_take(cog, client, predictor):
    function = client.use(cog.name(predictor))
    assert inspect.signature(function).parameters
    assert function.version == cog.version(predictor)
    with pytest.raises(errors.InvalidInput, match="there is no such input"):
        function(no_such_input=1)


def test_a_predictor_runs_as_a_function(cog, client):
    function = client.use(cog.name("text"))
    values = {field.name: field.default for field in function.inputs if field.shows_default}
    values |= {field.name: "a" for field in function.inputs if field.required and field.types == ("string",)}
    assert isinstance(function(**values), str)


@pytest.mark.slow
def test_their_modules_pass_the_type_checkers(cog, client, tmp_path):
    add_stubs(client, [cog.name(predictor) for predictor in PREDICTORS], tmp_path / "replicate_models")
    assert by_pyright(tmp_path) == []
    assert by_mypy(tmp_path, "replicate_models") == []
    command = [Path(sys.executable).with_name("ruff"), "check", "--isolated", "replicate_models"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-3000:]
