"""Taking a newer document: it is taken whole or not at all."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest
from local_server import given, serving
from small_documents import CORRECTIONS, OK, json_body, one_operation, operation, root

from fetch_spec import Exit, main, serialize
from pipeline.generation import generate
from pipeline.project import PACKAGE, Project
from pipeline.reading import read_file
from pipeline.trial import Attention

ROOT = Path(__file__).resolve().parents[2]

OLD = one_operation()
NEW = one_operation(operationId="things.make", responses={"200": {**OK, **json_body({"type": "object"})}})


SOURCE_PAGE = "| revision kept here | 2026-03-16 |\n| what is in it | little |\n| prose | ours |\n"


@pytest.fixture(scope="module")
def generated_project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("generated") / "project")
    shutil.copytree(ROOT / "spec", project.spec)
    project.document.write_text(serialize(OLD))
    project.corrections.write_text(CORRECTIONS)
    project.source_page.write_text(SOURCE_PAGE)
    generate(read_file(project.document), project.spec, project.generated)
    return project


@pytest.fixture
def project(generated_project, tmp_path):
    """A project of its own for each test."""
    return Project(Path(shutil.copytree(generated_project.root, tmp_path / "project")))


def run(project, *arguments, checks=()):
    return main(arguments, project, checks)


def attentive(*found):
    """A check that finds something."""
    return lambda _copy, _project: lambda: list(found)


def everything(project):
    """Every file of the project and what is in it."""
    files = (path for path in project.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in files}


def test_a_good_document_takes_the_place_of_the_old_one_with_its_package(project, capsys):
    with serving(("/openapi.json", given(NEW))) as (address, _):
        assert run(project, "--from", f"{address}/openapi.json") is Exit.DONE
    assert project.document.read_text() == serialize(NEW)
    made = (project.generated / PACKAGE / "api" / "things" / "make.py").read_text()
    assert "POST /things" in made
    assert not (project.generated / PACKAGE / "api" / "things" / "create.py").exists()
    assert not list(project.root.glob(".update-*"))
    printed = capsys.readouterr()
    assert "`things.create`, is now `things.make`" in printed.out
    assert printed.err == ""


def test_a_document_is_kept_with_two_spaces_and_its_own_order_of_keys(project, tmp_path):
    document = {**NEW, "x-first": "é"}
    (tmp_path / "other.json").write_text(json.dumps(document, indent=7), encoding="utf-8-sig")
    assert run(project, "--from", str(tmp_path / "other.json")) is Exit.DONE
    text = project.document.read_text(encoding="utf-8")
    assert text.startswith('{\n  "openapi": "3.1.0",\n  "info"')
    assert '"x-first": "é"' in text
    assert list(json.loads(text)) == list(document)


def test_the_document_that_is_there_already_changes_nothing(project, tmp_path, capsys):
    (tmp_path / "same.json").write_text(json.dumps(OLD))
    before = everything(project)
    assert run(project, "--from", str(tmp_path / "same.json")) is Exit.DONE
    assert everything(project) == before
    assert "up to date" in capsys.readouterr().out


def bad_ones():
    broken = one_operation(responses={"200": {**OK, **json_body({"type": "strng"})}})
    twice = root({f"/{name}": {"get": operation(operationId=name)} for name in ("a.b.get", "a_b.get")})
    lost = one_operation(responses={"200": {**OK, **json_body({"$ref": "#/components/schemas/No"})}})
    return {
        "a missing page": ((404, {}, b"{}"), "answered with status 404"),
        "a page of HTML": ((200, {"Content-Type": "text/html"}, b"<!doctype html>"), "it is a string, not an object"),
        "no text at all": ((200, {}, b"\xff\xf0\x09"), "not text in UTF-8"),
        "an empty answer": ((200, {}, b""), "it is empty"),
        "half a document": ((200, {}, json.dumps(NEW).encode()[:-9]), "not JSON"),
        "other JSON": (given({"detail": "Moved."}), "it has no `openapi` key"),
        "a list": (given([NEW]), "it is a list, not an object"),
        "an older standard": (given({"swagger": "2.0", "paths": {}}), "it has no `openapi` key"),
        "a standard of tomorrow": (
            given({**NEW, "openapi": "3.9.0"}),
            "openapi is '3.9.0', but only 3.0, 3.1, 3.2 are supported",
        ),
        "no operation": (given({**NEW, "paths": {}}), "without paths"),
        "a type that is none": (given(broken), "'strng' is not one of"),
        "a reference to nothing": (given(lost), "points to nothing in the document"),
        "no title": (given({**NEW, "info": {"version": "1"}}), "'title' is a required property"),
        "a document that can't be generated from": (given(twice), "would both be api.a_b.get"),
    }


@pytest.mark.parametrize("name", bad_ones())
def test_what_is_no_good_document_leaves_every_byte_as_it_was(project, capsys, name):
    answer, words = bad_ones()[name]
    before = everything(project)
    with serving(("/openapi.json", answer)) as (address, _):
        assert run(project, "--from", f"{address}/openapi.json") is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    said = capsys.readouterr().err
    assert said.startswith("fetch_spec: nothing was changed: ")
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("http://api.example.test/openapi.json", "only https is allowed, or http on this machine"),
        ("ftp://127.0.0.1/openapi.json", "only https is allowed, or http on this machine"),
        ("http://127.0.0.1:port/", "Invalid port"),
        ("gone.json", "can't read gone.json: No such file or directory"),
    ],
)
def test_a_source_that_can_not_be_read_leaves_every_byte_as_it_was(project, capsys, source, words):
    before = everything(project)
    assert run(project, "--from", source) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert words in capsys.readouterr().err


def test_a_refused_connection_leaves_every_byte_as_it_was(project, capsys):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    before = everything(project)
    assert run(project, "--from", f"http://127.0.0.1:{port}/") is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert f"can't fetch http://127.0.0.1:{port}/: " in capsys.readouterr().err


def test_a_connection_that_breaks_leaves_every_byte_as_it_was(project):
    status, headers, body = given(NEW)
    before = everything(project)
    with serving(("/", (status, {**headers, "Content-Length": str(len(body) + 9)}, body))) as (address, _):
        assert run(project, "--from", f"{address}/") is Exit.NOTHING_TOUCHED
    assert everything(project) == before


def test_a_redirect_is_followed_where_it_stays_on_this_machine(project):
    with serving(("/new.json", given(NEW))) as (elsewhere, _):
        redirect = (302, {"Location": f"{elsewhere}/new.json"}, b"")
        with serving(("/", redirect)) as (address, _):
            assert run(project, "--from", f"{address}/") is Exit.DONE
    assert project.document.read_text() == serialize(NEW)


@pytest.mark.parametrize("target", ["http://api.example.test/", "https://api.example.test/", "file:///etc/passwd"])
def test_a_redirect_to_another_host_is_not_followed(project, capsys, target):
    before = everything(project)
    with serving(("/", (301, {"Location": target}, b""))) as (address, asked):
        assert run(project, "--from", f"{address}/") is Exit.NOTHING_TOUCHED
    assert asked == ["/"]
    assert everything(project) == before
    assert "only" in capsys.readouterr().err


def test_redirects_without_end_are_given_up(project, capsys):
    with serving(("/", (302, {"Location": "/"}, b""))) as (address, asked):
        assert run(project, "--from", f"{address}/") is Exit.NOTHING_TOUCHED
    assert len(asked) == 6
    assert "redirects more than 5 times" in capsys.readouterr().err


@pytest.mark.parametrize("as_file", [True, False])
def test_a_document_without_end_is_given_up(project, tmp_path, capsys, monkeypatch, as_file):
    monkeypatch.setattr("pipeline.fetch.MAX_BYTES", 1000)
    long = {**NEW, "x-long": "-" * 1000}
    (tmp_path / "long.json").write_text(json.dumps(long))
    before = everything(project)
    with serving(("/", given(long))) as (address, _):
        source = str(tmp_path / "long.json") if as_file else f"{address}/"
        assert run(project, "--from", source) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    assert "1000 bytes" in capsys.readouterr().err


LINE = Attention("overlay/replicatekit/a.py", 7, "there is no such module")


def put(document, folder):
    folder.mkdir(exist_ok=True)
    path = folder / "new.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_line_that_needs_attention_keeps_a_document_out(project, tmp_path, capsys):
    before = everything(project)
    source = put(NEW, tmp_path)
    assert run(project, "--from", source, checks=[attentive(LINE)]) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    printed = capsys.readouterr()
    assert "- `overlay/replicatekit/a.py:7`: there is no such module" in printed.out
    assert printed.err == (
        "fetch_spec: Nothing was changed: 1 line needs attention (pass --keep to install it anyway).\n"
    )


def test_it_is_kept_where_that_is_asked_for_and_the_exit_code_still_says_that_there_is_work(project, tmp_path, capsys):
    assert run(project, "--keep", "--from", put(NEW, tmp_path), checks=[attentive(LINE)]) is Exit.NEEDS_WORK
    assert project.document.read_text() == serialize(NEW)
    assert (project.generated / PACKAGE / "api" / "things" / "make.py").is_file()
    assert "the lines above need attention" in capsys.readouterr().err


def test_the_checks_see_a_copy_with_the_new_document_and_its_package(project, tmp_path):
    seen = []

    def look(copy, original):
        seen.append((copy.document.read_text(), (copy.generated / PACKAGE / "api/things/make.py").is_file()))
        assert (copy.root != original.root, original.root) == (True, project.root)
        assert original.document.read_text() == serialize(OLD)
        return list

    assert run(project, "--from", put(NEW, tmp_path), checks=[look]) is Exit.DONE
    assert seen == [(serialize(NEW), True)]


def older(**more):
    return one_operation(parameters=[{"name": "q", "in": "query", "schema": {"type": "string"}}], **more)


@pytest.mark.parametrize(
    ("current", "newer", "name", "sign"),
    [
        (OLD, {**NEW, "openapi": "3.0.4"}, "new.json", "its OpenAPI is 3.0.4, the current one has 3.1.0"),
        (OLD, {**NEW, "info": {"title": "T", "version": "0.9"}}, "new.json", "its info.version is 0.9"),
        (older(), OLD, "new.json", "the current one contains all of it"),
        (
            root({"/things": {"post": operation()}, "/more": {"get": operation(operationId="things.more")}}),
            one_operation(operationId="things.make"),
            "new.json",
            "it lacks GET /more and has no new operation",
        ),
        (OLD, NEW, "2025-10-06.json", "it is from 2025-10-06, the current one from 2026-03-16"),
    ],
)
def test_an_older_revision_is_refused_unless_it_is_asked_for(project, tmp_path, capsys, current, newer, name, sign):
    project.document.write_text(serialize(current))
    before = everything(project)
    source = tmp_path / name
    source.write_text(json.dumps(newer))
    assert run(project, "--from", str(source)) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    printed = capsys.readouterr()
    assert sign in printed.out
    assert "it looks like an older revision (pass --allow-older to install it)" in printed.err
    assert run(project, "--allow-older", "--from", str(source)) is Exit.DONE


def test_the_day_on_which_a_server_says_that_it_was_changed_counts(project):
    status, headers, body = given(NEW)
    answer = (status, {**headers, "Last-Modified": "Mon, 06 Oct 2025 10:00:00 GMT"}, body)
    with serving(("/", answer)) as (address, _):
        assert run(project, "--from", f"{address}/") is Exit.NOTHING_TOUCHED
        assert run(project, "--allow-older", "--from", f"{address}/") is Exit.DONE
    assert "| revision kept here | 2025-10-06, `info.version` 1, OpenAPI 3.1.0 |" in project.source_page.read_text()


def test_the_source_page_says_what_is_in_the_new_document(project, tmp_path):
    assert run(project, "--from", put(NEW, tmp_path)) is Exit.DONE
    page = project.source_page.read_text()
    assert "| what is in it | 1 operations, 0 component schemas, 0 shared parameters |" in page
    assert "| prose | the publisher's |" in page


def with_action(project, action):
    project.corrections.write_text(CORRECTIONS.replace("x-rules:", f"  - {json.dumps(action)}\nx-rules:"))


def test_a_correction_that_matches_nothing_any_more_is_a_line_that_needs_attention(project, tmp_path, capsys):
    with_action(project, {"target": "$.paths['/things'].post.responses['404']", "update": {"x": 1}})
    assert run(project, "--from", put(NEW, tmp_path)) is Exit.NOTHING_TOUCHED
    assert "- `spec/corrections.yaml:8`: action 2 (no reason given): nothing at $.paths" in capsys.readouterr().out


def thing(**properties):
    answer = {"type": "object", "properties": {"id": {"type": "string"}, **properties}}
    return one_operation(responses={"200": {**OK, **json_body(answer)}})


MADE = {
    "target": "$.paths['/things'].post.responses['200'].content['application/json'].schema.properties",
    "description": "Real things have it.",
    "update": {"made": {"type": "string", "description": "When it was made."}},
}


def test_a_correction_that_changes_what_the_publisher_says_now_is_told_and_does_not_win(project, tmp_path, capsys):
    project.document.write_text(serialize(thing()))
    with_action(project, MADE)
    before = everything(project)
    assert run(project, "--from", put(thing(made={"type": "integer"}), tmp_path)) is Exit.NOTHING_TOUCHED
    assert everything(project) == before
    said = capsys.readouterr().out
    assert (
        '- `spec/corrections.yaml:8`: action 2 (Real things have it.): the published document now has "integer" at'
        in said
    )
    assert 'properties > made > type, the correction replaces it by "string"' in said


def test_a_correction_that_the_publisher_agrees_with_may_go(project, tmp_path, capsys):
    project.document.write_text(serialize(thing()))
    with_action(project, MADE)
    assert run(project, "--from", put(thing(made={"type": "string"}), tmp_path)) is Exit.DONE
    assert 'action 2 is no longer needed: the published document has "string" at' in capsys.readouterr().out


def test_a_correction_that_removes_what_the_publisher_changed_is_told(project, tmp_path, capsys):
    project.document.write_text(serialize(thing(made={"type": "object"})))
    with_action(project, {"target": f"{MADE['target']}.made", "remove": True})
    fuller = thing(made={"type": "object", "properties": {"by": {"type": "string"}}})
    assert run(project, "--from", put(fuller, tmp_path)) is Exit.NOTHING_TOUCHED
    assert "made > properties > by > type, the correction removes it" in capsys.readouterr().out


def test_a_correction_that_puts_a_component_in_the_place_of_the_same_fields_is_fine(project, tmp_path):
    project.document.write_text(serialize(thing()))
    place = "$.paths['/things'].post.responses['200'].content['application/json']"
    for action in (
        {"target": "$", "update": {"components": {"schemas": {"Thing": {}}}}},
        {"target": "$.components.schemas.Thing", "copy": f"{place}.schema"},
        {"target": f"{place}.schema", "remove": True},
        {"target": place, "update": {"schema": {"$ref": "#/components/schemas/Thing"}}},
    ):
        text = project.corrections.read_text()
        project.corrections.write_text(text.replace("x-rules:", f"  - {json.dumps(action)}\nx-rules:"))
    assert run(project, "--from", put(thing(made={"type": "integer"}), tmp_path)) is Exit.DONE


@pytest.mark.parametrize("missing", ["document", "generated", "source_page"])
def test_a_replacement_that_fails_halfway_is_taken_back(project, tmp_path, missing, monkeypatch):
    before = everything(project)
    rename = Path.rename

    def fail(path, target):
        if target == getattr(project, missing) and not path.name.startswith("former-"):
            raise OSError("the disk is full")
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        assert run(project, "--from", put(NEW, tmp_path)) is Exit.NOTHING_TOUCHED
    assert everything(project) == before


def test_a_present_document_that_is_broken_does_not_keep_a_new_one_out(project, tmp_path, capsys):
    project.document.write_text("<<<<<<< ours")
    (tmp_path / "new.json").write_text(json.dumps(NEW))
    assert run(project, "--from", str(tmp_path / "new.json")) is Exit.DONE
    assert project.document.read_text() == serialize(NEW)
    assert "There is no report" in capsys.readouterr().out
