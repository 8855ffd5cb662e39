"""Taking a newer document: it is taken whole or not at all."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from local_server import given, serving
from small_documents import OK, json_body, one_operation

from fetch_spec import Exit, main, put_in_place, written
from pipeline.revision import PACKAGE, Project

HOUSE = Path(__file__).resolve().parents[2]

# It writes one module that names the operations. A document says what it fails with, or that its check fails.
GENERATOR = """
import json, pathlib, sys
house = pathlib.Path(__file__).resolve().parents[1]
if "--check" in sys.argv:
    sys.exit(json.loads((house / "spec" / "openapi.json").read_text()).get("x-check"))
spec, output = (pathlib.Path(sys.argv[sys.argv.index(name) + 1]) for name in ("--spec", "--output"))
document = json.loads(spec.read_text())
package = output / "replicatekit_api"
package.mkdir(parents=True)
(package / "__init__.py").write_text("")
if "x-fail" in document:
    sys.exit(document["x-fail"])
names = [one["operationId"].replace(".", "_") for path in document["paths"].values() for one in path.values()]
(package / "api.py").write_text("".join(f"def {name}(): ...\\n" for name in names))
print("does not apply here: action 7", file=sys.stderr)
"""

OLD = one_operation()
NEW = one_operation(operationId="things.make", responses={"200": {**OK, **json_body({"type": "object"})}})


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path / "house")
    for folder in ("scripts", "spec", f"generated/{PACKAGE}"):
        (project.root / folder).mkdir(parents=True)
    (project.root / "scripts" / "generate.py").write_text(GENERATOR)
    project.document.write_text(written(OLD))
    (project.generated / "README.md").write_text("Made by a machine.\n")
    (project.generated / PACKAGE / "__init__.py").write_text("")
    (project.generated / PACKAGE / "api.py").write_text("def things_create(): ...\n")
    return project


def everything(project):
    """Every file of the project and what is in it."""
    files = (path for path in project.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in files}


def test_a_good_document_takes_the_place_of_the_old_one_with_its_package(project, capsys):
    with serving(("/openapi.json", given(NEW))) as (address, _):
        assert main(["--from", f"{address}/openapi.json"], project) is Exit.DONE
    assert project.document.read_text() == written(NEW)
    assert everything(project).keys() == {
        "scripts/generate.py",
        "spec/openapi.json",
        f"generated/{PACKAGE}/__init__.py",
        f"generated/{PACKAGE}/api.py",
    }
    assert (project.generated / PACKAGE / "api.py").read_text() == "def things_make(): ...\n"
    printed = capsys.readouterr()
    assert "- was called `things.create`, is now `things.make`." in printed.out
    assert "- `things_create`: removed. Code that uses it fails." in printed.out
    assert "does not apply here: action 7" in printed.err


def test_a_document_is_kept_with_two_spaces_and_its_own_order_of_keys(project, tmp_path):
    document = {**NEW, "x-first": "é"}
    (tmp_path / "other.json").write_text(json.dumps(document, indent=7), encoding="utf-8-sig")
    assert main(["--from", str(tmp_path / "other.json")], project) is Exit.DONE
    text = project.document.read_text(encoding="utf-8")
    assert text.startswith('{\n  "openapi": "3.1.0",\n  "info"')
    assert '"x-first": "é"' in text
    assert list(json.loads(text)) == list(document)


def test_the_document_that_is_there_already_changes_nothing(project, tmp_path, capsys):
    (tmp_path / "same.json").write_text(json.dumps(OLD))
    before = everything(project)
    assert main(["--from", str(tmp_path / "same.json")], project) is Exit.DONE
    assert everything(project) == before
    assert "already" in capsys.readouterr().out


def bad_ones():
    broken = one_operation(responses={"200": {**OK, **json_body({"type": "strng"})}})
    lost = one_operation(responses={"200": {**OK, **json_body({"$ref": "#/components/schemas/No"})}})
    return {
        "a missing page": ((404, {}, b"{}"), "answered with status 404"),
        "a page of HTML": ((200, {"Content-Type": "text/html"}, b"<!doctype html>"), "it is a text, not an object"),
        "no text at all": ((200, {}, b"\xff\xf0\x09"), "not text in UTF-8"),
        "an empty answer": ((200, {}, b""), "it is empty"),
        "half a document": ((200, {}, json.dumps(NEW).encode()[:-9]), "not JSON"),
        "other JSON": (given({"detail": "Moved."}), "it has no `openapi` key"),
        "a list": (given([NEW]), "it is a list, not an object"),
        "an older standard": (given({"swagger": "2.0", "paths": {}}), "it has no `openapi` key"),
        "a standard of tomorrow": (
            given({**NEW, "openapi": "3.9.0"}),
            "openapi is '3.9.0', but only 3.0, 3.1, 3.2 are known here",
        ),
        "no operation": (given({**NEW, "paths": {}}), "without paths"),
        "a type that is none": (given(broken), "'strng' is not one of"),
        "a reference to nothing": (given(lost), "leads to nothing in the document"),
        "no title": (given({**NEW, "info": {"version": "1"}}), "'title' is a required property"),
        "a document that can't be generated from": (given({**NEW, "x-fail": "no, thanks"}), "no, thanks"),
    }


@pytest.mark.parametrize("name", bad_ones())
def test_what_is_no_good_document_leaves_every_byte_as_it_was(project, capsys, name):
    answer, words = bad_ones()[name]
    before = everything(project)
    with serving(("/openapi.json", answer)) as (address, _):
        assert main(["--from", f"{address}/openapi.json"], project) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    said = capsys.readouterr().err
    assert said.startswith("fetch_spec: nothing was touched: ")
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("http://api.example.test/openapi.json", "only https is, or http on this machine"),
        ("ftp://127.0.0.1/openapi.json", "only https is, or http on this machine"),
        ("http://127.0.0.1:port/", "Invalid port"),
        ("gone.json", "can't read gone.json: No such file or directory"),
    ],
)
def test_a_source_that_can_not_be_read_leaves_every_byte_as_it_was(project, capsys, source, words):
    before = everything(project)
    assert main(["--from", source], project) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert words in capsys.readouterr().err


def test_a_refused_connection_leaves_every_byte_as_it_was(project, capsys):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    before = everything(project)
    assert main(["--from", f"http://127.0.0.1:{port}/"], project) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert f"can't fetch http://127.0.0.1:{port}/: " in capsys.readouterr().err


def test_a_connection_that_breaks_leaves_every_byte_as_it_was(project):
    status, headers, body = given(NEW)
    before = everything(project)
    with serving(("/", (status, {**headers, "Content-Length": str(len(body) + 9)}, body))) as (address, _):
        assert main(["--from", f"{address}/"], project) is Exit.NOTHING_TOUCHED
    assert everything(project) == before


def test_a_redirect_is_followed_where_it_stays_on_this_machine(project):
    with serving(("/new.json", given(NEW))) as (elsewhere, _):
        redirect = (302, {"Location": f"{elsewhere}/new.json"}, b"")
        with serving(("/", redirect)) as (address, _):
            assert main(["--from", f"{address}/"], project) is Exit.DONE
    assert project.document.read_text() == written(NEW)


@pytest.mark.parametrize("target", ["http://api.example.test/", "https://api.example.test/", "file:///etc/passwd"])
def test_a_redirect_to_another_host_is_not_followed(project, capsys, target):
    before = everything(project)
    with serving(("/", (301, {"Location": target}, b""))) as (address, asked):
        assert main(["--from", f"{address}/"], project) is Exit.NOTHING_TOUCHED
    assert asked == ["/"]
    assert everything(project) == before
    assert "only" in capsys.readouterr().err


def test_redirects_without_end_are_given_up(project, capsys):
    with serving(("/", (302, {"Location": "/"}, b""))) as (address, asked):
        assert main(["--from", f"{address}/"], project) is Exit.NOTHING_TOUCHED
    assert len(asked) == 6
    assert "redirects more than 5 times" in capsys.readouterr().err


@pytest.mark.parametrize("as_file", [True, False])
def test_a_document_without_end_is_given_up(project, tmp_path, capsys, monkeypatch, as_file):
    monkeypatch.setattr("pipeline.fetch.MOST_BYTES", 1000)
    long = {**NEW, "x-long": "-" * 1000}
    (tmp_path / "long.json").write_text(json.dumps(long))
    before = everything(project)
    with serving(("/", given(long))) as (address, _):
        source = str(tmp_path / "long.json") if as_file else f"{address}/"
        assert main(["--from", source], project) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert "1000 bytes" in capsys.readouterr().err


def test_a_check_that_fails_afterwards_is_told_by_another_exit_code(project, tmp_path, capsys):
    (tmp_path / "new.json").write_text(json.dumps({**NEW, "x-check": "changed   api.py"}))
    assert main(["--from", str(tmp_path / "new.json")], project) is Exit.CHECKS_FAILED
    assert "things.make" in project.document.read_text()
    assert "in place, but a check fails: scripts/generate.py" in capsys.readouterr().err


def test_checks_can_be_left_out(project, tmp_path):
    (tmp_path / "new.json").write_text(json.dumps({**NEW, "x-check": "changed   api.py"}))
    assert main(["--from", str(tmp_path / "new.json"), "--checks", "none"], project) is Exit.DONE


def test_tests_can_be_asked_for(project, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.root / "test_it.py").write_text("def test_it():\n    assert False, 'so it goes'\n")
    (project.root / "pytest.ini").write_text("[pytest]\naddopts = -q -p no:cacheprovider\n")
    (tmp_path / "new.json").write_text(json.dumps(NEW))
    assert main(["--from", str(tmp_path / "new.json"), "--checks", "all"], project) is Exit.CHECKS_FAILED
    assert "so it goes" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["document", "package"])
def test_a_replacement_that_fails_halfway_is_taken_back(project, tmp_path, missing):
    document, generated = tmp_path / "openapi.json", tmp_path / "generated"
    if missing == "document":
        generated.mkdir()
    else:
        document.write_text("{}")
    before = everything(project)
    with pytest.raises(FileNotFoundError):
        put_in_place(project, document, generated, tmp_path / "former")
    assert everything(project) == before


def test_a_present_document_that_is_broken_does_not_keep_a_new_one_out(project, tmp_path, capsys):
    project.document.write_text("<<<<<<< ours")
    (tmp_path / "new.json").write_text(json.dumps(NEW))
    assert main(["--from", str(tmp_path / "new.json")], project) is Exit.DONE
    assert project.document.read_text() == written(NEW)
    assert "no report" in capsys.readouterr().out


def test_the_real_generator_takes_a_new_field_into_the_package(tmp_path):
    """A copy of the house, a document with one field more, the command as `make update-spec` runs it."""
    house = tmp_path / "house"
    for folder in ("scripts", "spec", "generated"):
        shutil.copytree(HOUSE / folder, house / folder, ignore=shutil.ignore_patterns("__pycache__"))
    document = json.loads((house / "spec" / "openapi.json").read_text(encoding="utf-8"))
    schema = document["components"]["schemas"]["schemas_prediction_response"]
    schema["properties"]["mood"] = {"type": "string", "description": "How the model felt."}
    (tmp_path / "new.json").write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "scripts/fetch_spec.py", "--from", str(tmp_path / "new.json")],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "- `mood`: new field: string" in done.stdout
    assert "- `Prediction.mood`: new" in done.stdout
    assert "def mood(self)" in (house / "generated" / PACKAGE / "models" / "prediction.py").read_text()
    assert not list(house.glob(".update-*"))
