"""Generating: the same bytes anywhere, nothing lost without a word, and nothing half done."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from generating import Run, contents, loaded, made, modules_of, written
from strange_documents import answer, document, get, parameter

import generate as script

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec" / "openapi.json"
HISTORY = ROOT.parent / "shared" / "api" / "history"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What our own document makes now."""
    folder = tmp_path_factory.mktemp("fresh")
    script.generate(SPEC, folder, strict=True)
    return folder


def test_the_package_in_the_repository_is_the_one_that_is_made(fresh: Path) -> None:
    assert list(script.differences(fresh, ROOT / "generated")) == []


ELSEWHERE = [
    {},
    {"PYTHONHASHSEED": "0", "LANG": "C", "LC_ALL": "C", "TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "12345", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0", "TZ": "UTC", "COLUMNS": "20"}
    | {"FORCE_COLOR": "1", "RUFF_CONFIG": "nowhere.toml", "RUFF_OUTPUT_FORMAT": "json"},
]


@pytest.mark.parametrize("environment", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_the_same_bytes_are_made_elsewhere(run: Run, fresh: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    elsewhere = tmp_path / "a folder with ruff's settings"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text('[tool.ruff]\nline-length = 40\n[tool.ruff.lint]\nselect = ["ALL"]\n')
    umask = os.umask(0o077 if environment else 0o002)
    try:
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "generate.py"), "--output", "out"],
            cwd=elsewhere,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.umask(umask)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(elsewhere / "out") == contents(fresh)


def test_it_says_what_it_made(run: Run, tmp_path: Path) -> None:
    done = run("--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(rf"{tmp_path}/replicatekit_api: \d+ operations, \d+ models\n", done.stdout)


def test_generating_again_replaces_all_that_was_there(run: Run, copied: Path) -> None:
    (copied / "replicatekit_api" / "orphan.py").write_text("")
    (copied / "replicatekit_api" / "client.py").write_text("")
    (copied / "README.md").unlink()
    (copied / "beside.txt").write_text("not ours")
    assert run("--output", copied).returncode == 0
    assert contents(copied) == {**contents(ROOT / "generated"), "beside.txt": b"not ours"}


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"openapi": "3.1.0"}', "\xff"])
def test_a_document_that_cannot_be_taken_leaves_the_folder_as_it_was(
    run: Run, copied: Path, tmp_path: Path, content: Any
) -> None:
    spec = tmp_path / "document.json"
    if content is not None:
        spec.write_bytes(content.encode("latin-1"))
    before = contents(copied)
    for more in ([], ["--check"]):
        done = run("--spec", spec, "--output", copied, *more)
        assert done.returncode == 2
        assert str(spec) in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert contents(copied) == before


def test_an_output_that_is_no_folder_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = run("--output", tmp_path / "file")
    assert done.returncode == 2
    assert "file cannot be written" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_wrong_options_are_told(run: Run, tmp_path: Path) -> None:
    assert run("--no-such-option").returncode == 2
    help_page = run("--help").stdout
    for word in ("--spec", "--output", "--check", "Exit codes"):
        assert word in help_page


def test_every_operation_has_its_module_and_every_module_its_operation(fresh: Path) -> None:
    described = json.loads(SPEC.read_text("utf-8"))
    ids = {operation["operationId"] for item in described["paths"].values() for operation in item.values()}
    nouns = {f"{'_'.join(each.split('.')[:-1]) or each}/{each.split('.')[-1]}.py" for each in ids}
    folder = fresh / "replicatekit_api" / "api"
    modules = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.py")}
    assert nouns == {name for name in modules if not name.endswith("__init__.py")}


def small(**paths: Any) -> dict[str, Any]:
    return document({f"/{name}": item for name, item in paths.items()})


OLD = small(things=get({"type": "object", "title": "Thing", "properties": {"size": {"type": "integer"}}}))


def newer() -> dict[str, Any]:
    result = copy.deepcopy(OLD)
    thing = result["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    thing["properties"]["colour"] = {"type": "string", "enum": ["red"]}
    result["paths"]["/things"]["query"] = {
        "operationId": "things.search",
        "responses": {"200": answer({"type": "string"})},
    }
    result["paths"]["/things/{id}"] = {
        "delete": {
            "operationId": "things.delete",
            "parameters": [parameter("id", "path")],
            "responses": {"204": answer()},
        }
    }
    return result


@pytest.mark.parametrize(
    ("revision", "verbs"), [(OLD, ["get"]), (newer(), ["delete", "get", "search"])], ids=["old", "new"]
)
def test_revisions_of_a_small_document_are_generated_and_imported(
    revision: dict[str, Any], verbs: list[str], tmp_path: Path
) -> None:
    package = loaded(revision, tmp_path)
    modules_of(package)
    assert package.api.things.__all__ == verbs
    assert package.models.Thing.from_dict({"size": 1, "colour": "blue"}).size == 1


def test_a_document_without_operations_makes_a_package_without_modules(tmp_path: Path) -> None:
    package = loaded(document({}), tmp_path)
    assert package.api.__all__ == []
    modules_of(package)


def test_a_spec_may_be_given_from_another_folder_and_by_a_relative_path(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(OLD, tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    done = run("--spec", "specs/document.json", "--output", "out")
    assert done.returncode == 0
    assert (tmp_path / "out" / "replicatekit_api" / "api" / "things" / "get.py").is_file()


def test_nothing_temporary_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        made(OLD, tmp_path)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["README.md", "replicatekit_api"]

    def fails(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("pipeline.generation.shutil.move", fails)
    before = contents(tmp_path / "out")
    with pytest.raises(script.Unusable, match=r"out cannot be written: the disk is full"):
        made(newer(), tmp_path)
    assert contents(tmp_path / "out") == before


revisions = sorted(HISTORY.glob("*.json")) if HISTORY.is_dir() else []
if not revisions:
    revisions = [pytest.param(None, marks=pytest.mark.skip(reason="the older revisions are not here"))]

IMPORT_ALL = """
import importlib, pathlib, sys
sys.path.insert(0, sys.argv[1])
import replicatekit_api
folder = pathlib.Path(replicatekit_api.__file__).parent
assert str(folder).startswith(sys.argv[1])
verbs = 0
for path in sorted(folder.rglob("*.py")):
    parts = path.relative_to(folder).with_suffix("").parts
    module = importlib.import_module(".".join(("replicatekit_api", *parts)).removesuffix(".__init__"))
    if parts[0] == "api" and len(parts) == 3 and parts[2] != "__init__":
        assert module.sync and module.asyncio and module.sync_detailed and module.asyncio_detailed
        verbs += 1
for name in replicatekit_api.models.__all__:
    getattr(replicatekit_api.models, name)
print(verbs)
"""


@pytest.mark.parametrize("revision", revisions, ids=lambda path: getattr(path, "stem", "none"))
def test_the_older_revisions_of_the_api_are_generated_and_imported(run: Run, revision: Path, tmp_path: Path) -> None:
    done = run("--spec", revision, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    described = json.loads(revision.read_text("utf-8"))["paths"]
    count = sum(len(item) for item in described.values())
    assert f": {count} operations" in done.stdout
    assert all("match" in line for line in done.stderr.splitlines())
    imported = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_ALL, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert (imported.stdout, imported.stderr) == (f"{count}\n", "")


def test_a_template_without_a_statement_is_a_module_that_is_copied() -> None:
    for template in (ROOT / "spec" / "templates").glob("*.jinja"):
        text = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
        assert "{%" in text or "{{" in text, template
    copied = {path.name for path in (ROOT / "spec" / "runtime").glob("*.py")}
    assert copied <= {path.name for path in (ROOT / "generated" / "replicatekit_api").glob("*.py")}
