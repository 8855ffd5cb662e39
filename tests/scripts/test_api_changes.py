"""The report as it is asked for on the command line: Markdown, JSON, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from small_documents import CORRECTIONS, OK, holding, json_body, one_operation, operation, root
from support.forked_programs import forked_programs

from api_changes import Exit, main
from pipeline.project import Project
from report.change import Side

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "api_changes.py"
TEXT = {"type": "string"}
FIELDS = {"properties": {"name": TEXT}}


TWICE = root({f"/{name}": {"get": operation(operationId=name)} for name in ("a.b.get", "a_b.get")})


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    shutil.copytree(ROOT / "spec", project.spec)
    project.corrections.write_text(CORRECTIONS)
    return project


@pytest.fixture
def report(project, capsys, monkeypatch):
    """Run the command on two documents: the exit code and what it printed."""

    monkeypatch.chdir(project.root)

    def run(old, new, *options):
        for name, document in (("old.json", old), ("new.json", new)):
            text = document if isinstance(document, str) else json.dumps(document)
            (project.root / name).write_text(text)
        code = main(["old.json", "new.json", *options], project)
        printed = capsys.readouterr()
        return code, printed.err if code is Exit.ERROR else printed.out

    return run


def test_nothing_changed_is_said_in_a_line(report):
    code, text = report(one_operation(), one_operation(), "--no-package")
    assert code is Exit.HARMLESS
    assert (
        text
        == """\
# The API from `old.json` to `new.json`

Nothing changed.

The generated packages were not compared.
"""
    )


def test_what_breaks_comes_first_and_what_is_harmless_last_and_each_change_is_one_row(report):
    old = one_operation(parameters=[{"name": "sort-by", "in": "query", "schema": TEXT}], responses={"200": OK})
    new = one_operation(responses={"200": {**OK, **json_body(TEXT)}, "201": OK})
    code, text = report(old, new)
    assert code is Exit.BREAKING
    assert text.endswith("""\
**1 change breaks callers.** 1 to review. 1 harmless.

## Breaks callers

| on the wire | in Python | what changed |
|---|---|---|
| `POST /things` query parameter `sort-by` | `things.create(sort_by)` | removed. \
Requests that send it may be rejected. |

## Harmless, but needs review

| on the wire | in Python | what changed |
|---|---|---|
| `POST /things` response `201` | `things.create` | new: without a body. Code that accepts only known statuses \
should accept this one. |

## Harmless

| on the wire | in Python | what changed |
|---|---|---|
| `POST /things` response 200 | `things.create` | body now documented: string |
""")


def test_what_changes_alike_shares_a_row(report):
    def document(**more):
        return root({path: {"get": operation(operationId=path[1:], **more)} for path in ("/a", "/b")})

    parameters = [{"name": "q", "in": "query", "schema": TEXT}]
    code, text = report(document(), document(parameters=parameters), "--no-package")
    assert code is Exit.HARMLESS
    assert (
        "| `GET /a` query parameter `q`, `GET /b` query parameter `q` | `a.a(q)`, `b.b(q)` "
        "| new optional parameter: string |"
    ) in text


def test_a_schema_names_the_operations_that_reach_it(report):
    def document(**properties):
        reference = {"$ref": "#/components/schemas/Thing"}
        return holding(reference, Side.RESPONSE, Thing={"type": "object", "properties": properties})

    _, text = report(document(), document(**{"full-name": TEXT}), "--no-package")
    wire = "schema `Thing` in responses, used by `things.create`: `full-name`"
    assert f"| {wire} | `Thing.full_name` | new field: string |" in text


def test_names_that_leave_the_package_break_although_the_document_is_harmless(report):
    old, new = (
        holding({"$ref": f"#/components/schemas/{name}"}, Side.RESPONSE, **{name: {"type": "object", **FIELDS}})
        for name in ("Old", "New")
    )
    code, text = report(old, new)
    assert code is Exit.BREAKING
    assert "|  | `Old` | removed; probably now `New`. Code that uses it fails. |" in text
    assert report(old, new, "--no-package")[0] is Exit.HARMLESS


def test_json_has_every_change_with_its_verdict(report):
    old = one_operation(requestBody=json_body({**TEXT, "default": "a"}))
    new = one_operation(requestBody=json_body({**TEXT, "default": "b"}))
    code, text = report(old, new, "--json")
    value = json.loads(text)
    assert code is Exit.BREAKING
    assert value["counts"] == {"breaking": 1, "attention": 0, "unjudged": 0, "harmless": 0}
    assert (value["old"], value["new"], value["breaking"]) == ("old.json", "new.json", True)
    assert value["package_compared"] is True
    assert value["changes"] == [
        {
            "scope": "document",
            "kind": "default",
            "action": "changed",
            "verdict": "breaking",
            "subject": {"kind": "operation", "name": "things.create", "used_by": []},
            "side": "request",
            "part": "request body",
            "path": None,
            "python": "things.create(body)",
            "message": "default was `a`, is now `b`",
            "why": "a request without it now means something else",
            "before": "a",
            "after": "b",
        }
    ]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<html>", "it is a string, not an object"),
        ("[]", "it is a list, not an object"),
        ('{"openapi": "2.0", "paths": {"/a": {}}}', "openapi is '2.0'"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "duplicate key"),
        ('{"openapi": "3.1.0", "paths": NaN}', "NaN is not a JSON value"),
        (one_operation(requestBody={"$ref": "#/components/requestBodies/no"}), "points to nothing"),
        (one_operation(requestBody={"$ref": "other.json#/x"}), "points outside of the document"),
        (
            root({f"/{name}": {"get": operation(operationId=name)} for name in ("a.b.get", "a_b.get")}),
            "would both be api.a_b",
        ),
    ],
)
def test_a_document_that_can_not_be_used_is_an_error_in_one_line(report, document, words):
    code, text = report(one_operation(), document)
    assert code is Exit.ERROR
    assert words in text
    assert text.count("\n") == 1


def test_a_file_that_is_not_there_is_an_error_that_names_it(project, capsys):
    assert main([str(project.root / "gone.json"), "other.json"], project) is Exit.ERROR
    assert "gone.json" in capsys.readouterr().err


def test_a_revision_of_the_repository_can_be_named(project, capsys):
    def git(*arguments):
        who = ("-c", "user.name=A", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=project.root, check=True, capture_output=True)

    project.document.write_text(json.dumps(one_operation()))
    git("init", "-q")
    git("add", "spec")
    git("commit", "-q", "-m", "A document")
    project.document.write_text(json.dumps(one_operation(operationId="things.make")))
    assert main(["git:HEAD", str(project.document), "--no-package"], project) is Exit.HARMLESS
    printed = capsys.readouterr().out
    assert f"from `git:HEAD` to `{project.document}`" in printed
    assert "was named `things.create`" in printed
    assert main(["git:nowhere", str(project.document), "--no-package"], project) is Exit.ERROR
    assert "git has no spec/openapi.json at 'nowhere'" in capsys.readouterr().err


def test_run_as_a_program_its_exit_code_tells(tmp_path):
    for name, document in (("old", one_operation()), ("new", root({"/others": {"get": operation()}}))):
        (tmp_path / name).write_text(json.dumps(document))

    def code(*arguments):
        return forked.run([SCRIPT, *arguments], cwd=tmp_path, env=os.environ).returncode

    with forked_programs([SCRIPT.stem], env={**os.environ, "PYTHONPATH": str(SCRIPT.parent)}) as forked:
        assert code("old", "old", "--no-package") == 0
        assert code("old", "new", "--no-package") == 1
        assert code("old", "gone", "--no-package") == 2
        assert code("old") == 2
