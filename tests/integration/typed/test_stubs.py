"""Generated modules: whatever a schema holds, they pass the type checkers and the linter, import, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkers import by_mypy, by_pyright
from support.schemas import TEXT, document, odd_document, real_models, ref

from replicatekit import Client, errors
from replicatekit.typed import add_stubs, check_stubs, list_stubs, update_stubs
from replicatekit.typed.__main__ import main
from replicatekit.typed.compare import broken_arguments
from replicatekit.typed.render import StubSource, function_name, render_stub

HERE = Path(sys.executable).parent


class Published:
    """A model with a schema of somebody's, which gives back what it got."""

    def __init__(self, schema):
        self.openapi_schema = schema

    def run(self, job):
        return json.dumps(job.input)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REPLICATEKIT_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def models(sandbox, monkeypatch):
    @sandbox.model("acme/render-3d")
    def render(prompt: str, steps: int = 4) -> str:
        return f"{prompt} {steps}"

    for name, value in sandbox.environment().items() if callable(sandbox.environment) else sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return sandbox


@pytest.fixture
def client(models):
    with Client(models.token, base_url=models.base_url) as client:
        yield client


def source(schema, model="acme/odd", version="a" * 64):
    return render_stub(StubSource(model, version, version is not None, schema))


def run(*command, cwd):
    environment = {**os.environ, "MYPYPATH": "", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


# The checkers

ODD_MODELS = ("acme/print", "acme/list", "acme/3d-gen", "acme/class", "acme/l", "acme/-", "acme/async_x", "acme/Any")
ODD_OUTPUTS = (
    {"type": "null"},
    {"$ref": "#/components/schemas/Nowhere"},
    {"anyOf": [TEXT, {"type": "null"}]},
    {"enum": ["a", "b", 3, None]},
    {"type": "array", "items": {"type": "array", "items": {"type": "string", "format": "uri"}}},
    {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}},
    {"type": "object", "properties": {"": {"type": "string", "format": "uri"}, "a": TEXT}},
    {"type": "object", "properties": {"a": ref("Output")}, "required": ["a"]},
    {"type": "array", "items": TEXT, "x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"},
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a module for each schema that there is."""
    folder = tmp_path_factory.mktemp("project")
    package = folder / "replicate_models"
    package.mkdir()
    (package / "__init__.py").write_text("")
    schemas = [(model["model"], model["openapi_schema"]) for model in real_models()]
    schemas += [(name, odd_document()) for name in ODD_MODELS]
    schemas += [(f"acme/output-{number}", document({}, (), output)) for number, output in enumerate(ODD_OUTPUTS)]
    schemas += [("acme/open", {"components": {"schemas": {"Input": {}}}})]
    for name, schema in schemas:
        (package / f"{function_name(name)}.py").write_text(source(schema, name), "utf-8")
    return folder


@pytest.mark.slow
def test_pyright_strict_finds_nothing(project):
    assert by_pyright(project) == []


@pytest.mark.slow
def test_mypy_strict_finds_nothing(project):
    assert by_mypy(project, "replicate_models") == []


def test_ruff_finds_nothing_and_would_change_nothing_but_long_lines(project):
    checked = run(HERE / "ruff", "check", "--isolated", "--target-version", "py311", "replicate_models", cwd=project)
    assert checked.returncode == 0, checked.stdout[-4000:]
    lines = run(
        HERE / "ruff", "format", "--isolated", "--check", "--line-length", "320", "replicate_models", cwd=project
    )
    assert "error" not in lines.stderr.lower()


def test_all_of_them_import_without_a_network_or_a_client(project):
    code = (
        "import sys, importlib, pathlib\n"
        "for path in sorted(pathlib.Path('replicate_models').glob('*.py')):\n"
        "    importlib.import_module(f'replicate_models.{path.stem}')\n"
        "assert not {'httpx', 'ssl', 'replicatekit.client', 'attrs', 'platformdirs'} & set(sys.modules), sys.modules\n"
    )
    done = run(sys.executable, "-c", code, cwd=project)
    assert done.returncode == 0, done.stderr[-4000:]


def test_an_editor_sees_names_types_and_choices(tmp_path):
    (tmp_path / "program.py").write_text(EDITED)
    shown = [line.partition(": ")[2].strip() for line in by_pyright(tmp_path)]
    assert 'Type of "painted(prompt="a llama", size="big", steps=2)" is "list[FileOutput]"' in shown
    assert 'No parameter named "promt"' in shown
    assert any("Literal['huge']" in line for line in shown)


EDITED = '''
from typing import Annotated, Literal

from replicatekit import FileOutput
from replicatekit.typed import Range, typed_model


@typed_model("acme/painter")
def painted(
    *,
    prompt: str,
    size: Literal["small", "big"] = "small",
    steps: Annotated[int, Range(1, 4)] = 2,
) -> list[FileOutput]:
    """Run acme/painter."""
    raise NotImplementedError


reveal_type(painted(prompt="a llama", size="big", steps=2))
painted(promt="a llama")
painted(prompt="a llama", size="huge")
'''


def test_the_same_schema_gives_the_same_module():
    assert source(odd_document()) == source(json.loads(json.dumps(odd_document())))


def test_a_secret_default_is_not_in_a_module():
    assert "hunter2" not in source(odd_document())


# In a project


def load(folder, name):
    scope = {"__name__": name}
    exec(compile((folder / f"{name}.py").read_text("utf-8"), name, "exec"), scope)
    return scope


def test_a_module_that_was_added_runs_its_model(client, tmp_path):
    (stub,) = add_stubs(client, ["acme/render-3d"], tmp_path / "models")
    assert (stub.name, stub.model) == ("render_3d", "acme/render-3d")
    render = load(stub.path.parent, stub.name)["render_3d"].with_options(client=client, timeout=30)
    assert render(prompt="a") == "a 4"
    assert render.create(prompt="a", steps=2).wait().output == "a 2"
    assert [result.output for result in render.map([{"prompt": "a"}, {"prompt": "b"}])] == ["a 4", "b 4"]
    assert list(render.iterate(prompt="a")) == ["a 4"]
    with pytest.raises(errors.InvalidInput, match="did you mean 'prompt'"):
        render(promt="a")
    with pytest.raises(errors.InvalidInput, match="did you mean 'prompt'"):
        list(render.stream(promt="a"))
    with pytest.raises(errors.InvalidInput):
        render.check(prompt=3)


def test_inputs_that_python_cannot_name_reach_the_model_by_their_own_names(client, models, tmp_path):
    models.add_model("acme/named", Published(document({"from": TEXT, "num-steps": {"type": "integer"}, "x": TEXT})))
    add_stubs(client, ["acme/named"], tmp_path)
    named = load(tmp_path, "named")["named"].with_options(client=client)
    assert json.loads(named(from_="a", num_steps=2, x=None)) == {"from": "a", "num-steps": 2}


def test_a_module_works_without_the_schema_of_its_version(client, models, tmp_path):
    add_stubs(client, ["sandbox/hello"], tmp_path)
    text = (tmp_path / "hello.py").read_text().replace(models.version("sandbox/hello"), "0" * 64)
    (tmp_path / "hello.py").write_text(text)
    hello = load(tmp_path, "hello")["hello"].with_options(client=client)
    with pytest.raises(errors.ReplicateError) as caught:
        hello(text="a")
    assert not isinstance(caught.value, errors.InvalidInput)


def test_models_of_the_same_name_get_modules_of_their_own(client, models, tmp_path):
    models.add_model("other/render-3d", Published(document({})))
    first = add_stubs(client, ["acme/render-3d", "other/render-3d"], tmp_path)
    again = add_stubs(client, ["other/render-3d", "acme/render-3d"], tmp_path)
    assert [stub.name for stub in first] == ["render_3d", "render_3d_by_other"]
    assert {(stub.name, stub.model) for stub in first} == {(stub.name, stub.model) for stub in again}


def test_a_file_of_the_users_own_is_not_replaced(client, tmp_path):
    (tmp_path / "render_3d.py").write_text("mine = 1\n")
    (stub,) = add_stubs(client, ["acme/render-3d"], tmp_path)
    assert stub.name == "render_3d_by_acme"
    assert (tmp_path / "render_3d.py").read_text() == "mine = 1\n"


def test_nothing_is_written_if_one_of_several_models_does_not_exist(client, tmp_path):
    with pytest.raises(errors.NotFoundError):
        add_stubs(client, ["acme/render-3d", "acme/nothing"], tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_check_tells_what_a_newer_version_breaks_and_update_writes_it(client, models, tmp_path):
    add_stubs(client, ["acme/render-3d"], tmp_path)
    assert check_stubs(client, tmp_path)[0].is_current

    @models.model("acme/render-3d")
    def render(text: str, steps: int = 4) -> int:
        return len(text) + steps

    before = (tmp_path / "render_3d.py").read_text()
    (change,) = check_stubs(client, tmp_path)
    assert change.breaks == ("prompt: removed", "text: new, and required", "output: was str, is int")
    assert change.latest == models.version("acme/render-3d")
    assert (tmp_path / "render_3d.py").read_text() == before
    assert update_stubs(client, tmp_path)[0].breaks == change.breaks
    assert check_stubs(client, tmp_path, ["render_3d"])[0].is_current
    assert list_stubs(tmp_path)[0].version == change.latest
    with pytest.raises(errors.InvalidArgument, match="there are: acme/render-3d"):
        check_stubs(client, tmp_path, ["acme/other"])


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ({"type": "integer"}, {"type": "number"}, []),
        ({"type": "number"}, {"type": "integer"}, ["a: was number, is integer"]),
        ({"maximum": 4, "type": "integer"}, {"maximum": 2, "type": "integer"}, ["a: the maximum is 2 now"]),
        ({"minimum": 4, "type": "integer"}, {"minimum": 2, "type": "integer"}, []),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, ["a: no longer accepts 'b'"]),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, []),
        (TEXT, {"enum": ["a"], "type": "string"}, ["a: accepts only some values now"]),
        (
            {"type": "array", "items": TEXT},
            {"type": "array", "items": {"type": "integer"}},
            ["a: its items were str, and are int"],
        ),
        (TEXT, {}, []),
        ({}, TEXT, ["a: accepts only string now"]),
    ],
)
def test_only_what_breaks_a_call_is_told(old, new, broken):
    assert broken_arguments(document({"a": old}), document({"a": new})) == broken


def test_the_command_adds_lists_checks_and_updates(models, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment = {**os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "replicatekit.typed", "add", "acme/render-3d", "sandbox/hello"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    version = models.version("acme/render-3d")
    assert done.stdout.splitlines()[0] == f"{Path('replicate_models', 'render_3d.py')}: acme/render-3d {version}"
    assert main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_command_says_what_is_wrong_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    assert main(["--folder", "\0", "list"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
