"""The check of what is generated; and corrections that do not apply, or are none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from generating import Run, contents

import generate as script

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec" / "openapi.json"


def spoil(folder: Path, how: str) -> str:
    package = folder / "replicatekit_api"
    if how == "changed":
        path = package / "api" / "predictions" / "get.py"
        path.write_bytes(path.read_bytes() + b"\n")
    elif how == "missing":
        path = package / "py.typed"
        path.unlink()
    else:
        path = package / "models" / "own.py"
        path.write_text("by hand = True")
    return path.relative_to(folder).as_posix()


@pytest.mark.parametrize("how", ["changed", "missing", "orphaned"])
def test_the_check_fails_on_a_file_that_is_not_as_it_is_made(run: Run, copied: Path, how: str) -> None:
    name = spoil(copied, how)
    before = contents(copied)
    done = run("--check", "--output", copied)
    assert done.returncode == 1
    assert f"{how:<9} {name}\n1 differences" in done.stdout
    assert "make generate" in done.stdout
    assert contents(copied) == before, "a check writes nothing"


def test_the_check_names_every_difference(run: Run, copied: Path) -> None:
    names = {how: spoil(copied, how) for how in ("changed", "missing", "orphaned")}
    done = run("--check", "--output", copied)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:3] == sorted(
        (f"{how:<9} {name}" for how, name in names.items()), key=lambda x: x[10:]
    )


def test_the_check_passes_on_what_was_just_made_and_what_python_leaves_beside_it(run: Run, copied: Path) -> None:
    (copied / "replicatekit_api" / "__pycache__").mkdir()
    (copied / "replicatekit_api" / "__pycache__" / "client.cpython-311.pyc").write_bytes(b"")
    done = run("--check", "--output", copied)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_of_a_folder_that_is_not_there_misses_every_file(run: Run, tmp_path: Path) -> None:
    done = run("--check", "--output", tmp_path / "nowhere")
    assert done.returncode == 1
    assert done.stdout.count("missing   ") == len(contents(ROOT / "generated"))
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document, corrections and a package of our own, to spoil."""
    shutil.copytree(SPEC.parent, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(script, "SPEC", tmp_path / "openapi.json")
    monkeypatch.setattr(script, "OUTPUT", tmp_path / "generated")
    return tmp_path


def without(spec: Path, *steps: str) -> None:
    loaded_document = json.loads(spec.read_text("utf-8"))
    holder = loaded_document
    for step in steps[:-1]:
        holder = holder[step]
    del holder[steps[-1]]
    spec.write_text(json.dumps(loaded_document), "utf-8")


def test_a_correction_that_matches_nothing_is_an_error_for_our_own_document(run: Run, project: Path) -> None:
    without(project / "openapi.json", "components", "schemas", "schemas_model_response", "properties", "visibility")
    for arguments in ([], ["--check"], ["--spec", str(project / "openapi.json")]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "corrections that match nothing:" in done.stderr
        assert "nothing at $.components.schemas.schemas_model_response.properties.visibility" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (project / "generated").exists()


def test_a_rule_that_has_lost_its_field_is_an_error_too(run: Run, project: Path) -> None:
    path = project / "corrections.yaml"
    path.write_text(path.read_text("utf-8").replace("Hardware: [sku, name]", "Hardware: [sku, nickname]"), "utf-8")
    done = run()
    assert done.returncode == 2
    assert "rule responses-are-open: Hardware: no response has nickname" in done.stderr


def test_for_an_api_of_its_own_the_corrections_that_do_not_apply_are_counted(run: Run, tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Albums", "version": "1"},
        "paths": {"/albums": {"get": {"operationId": "albums.list", "responses": {"200": {"description": "OK"}}}}},
    }
    (tmp_path / "albums.json").write_text(json.dumps(document), "utf-8")
    words = ("--spec", tmp_path / "albums.json", "--output", tmp_path / "out")
    done = run(*words)
    assert done.returncode == 0, done.stderr
    [line] = done.stderr.splitlines()
    count = int(line.partition(" ")[0])
    assert line == f"{count} corrections match nothing; --verbose lists them"
    assert len(run(*words, "--verbose").stderr.splitlines()) == count


def test_for_another_document_what_does_not_apply_is_named_and_passed_over(
    run: Run, project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    shutil.copy(project / "openapi.json", other)
    without(other, "components", "schemas", "schemas_model_response", "properties", "visibility")
    done = run("--spec", other, "--output", tmp_path / "out")
    assert done.returncode == 0
    assert "matches nothing: action " in done.stderr
    assert "properties.visibility" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert " operations, " in done.stdout
    done = run("--check", "--spec", str(other), "--output", str(tmp_path / "out"))
    assert (done.returncode, done.stdout.splitlines()[0][:14]) == (0, "0 differences ")


@pytest.mark.parametrize(
    "correction", ["actions: [", "overlay: 1.1.0", "[]", "overlay: 1.1.0\nactions: [{target: $.x}]"]
)
def test_corrections_that_are_none_are_a_clear_error(run: Run, project: Path, correction: str) -> None:
    (project / "corrections.yaml").write_text(correction, "utf-8")
    done = run()
    assert done.returncode == 2
    assert "corrections.yaml" in done.stderr
    assert "Traceback" not in done.stderr
