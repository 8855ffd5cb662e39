"""What a change to an operation means: its path, parameters, body, answers and security."""

from __future__ import annotations

import pytest
from small_documents import OK, changes, json_body, one_operation, operation, root, the_change

from report.change import Action, Kind, Verdict

BREAKING, ATTENTION, HARMLESS = Verdict.BREAKING, Verdict.ATTENTION, Verdict.HARMLESS
TEXT, COUNT = {"type": "string"}, {"type": "integer"}


def parameter(name="q", where="query", **more):
    return {"name": name, "in": where, "schema": TEXT, **more}


def with_parameter(**more):
    return one_operation(parameters=[parameter(**more)])


def answering(**answers):
    return one_operation(responses={status.removeprefix("s"): answer for status, answer in answers.items()})


def test_two_equal_documents_have_no_changes():
    assert changes(with_parameter(), with_parameter()) == ()


def test_prose_is_not_compared():
    new = one_operation(summary="Another word", description="for it", tags=["x"])
    assert changes(one_operation(), new) == ()


@pytest.mark.parametrize("method", ["get", "query"])
def test_a_new_operation_is_harmless_and_a_removed_one_breaks(method):
    without, having = one_operation(), root({"/things": {"post": operation(), method: operation()}})
    added, removed = the_change(without, having), the_change(having, without)
    assert (added.kind, added.action, added.verdict) == (Kind.OPERATION, Action.ADDED, HARMLESS)
    assert (removed.action, removed.verdict) == (Action.REMOVED, BREAKING)
    assert added.path == removed.path == f"{method.upper()} /things"


def test_another_operation_id_is_worth_a_look():
    change = the_change(one_operation(), one_operation(operationId="things.make"))
    assert (change.verdict, change.message) == (ATTENTION, "was named `things.create`, is now `things.make`")


def test_another_name_for_a_placeholder_is_the_same_path():
    old = one_operation("/things/{id}", parameters=[parameter("id", "path", required=True)])
    new = one_operation("/things/{thing_id}", parameters=[parameter("thing_id", "path", required=True)])
    change = the_change(old, new)
    assert (change.verdict, change.path, change.message) == (ATTENTION, "thing_id", "was named `id`")


def test_a_deprecated_operation_is_worth_a_look():
    assert the_change(one_operation(), one_operation(deprecated=True)).verdict is ATTENTION
    assert the_change(one_operation(deprecated=True), one_operation()).verdict is HARMLESS


@pytest.mark.parametrize(
    ("old", "new", "verdict", "message"),
    [
        (one_operation(), with_parameter(), HARMLESS, "new optional parameter: string"),
        (one_operation(), with_parameter(required=True), BREAKING, "new required parameter: string"),
        (with_parameter(), one_operation(), BREAKING, "removed"),
        (with_parameter(), with_parameter(required=True), BREAKING, "is now required"),
        (with_parameter(required=True), with_parameter(), HARMLESS, "is no longer required"),
        (
            with_parameter(),
            with_parameter(schema={"type": "integer"}),
            BREAKING,
            "was string, is now integer",
        ),
        (with_parameter(), with_parameter(explode=False), BREAKING, "explode was `null`, is now `false`"),
        (with_parameter(), with_parameter(deprecated=True), ATTENTION, "deprecated"),
        (
            with_parameter(schema={**TEXT, "enum": ["a", "b"]}),
            with_parameter(schema={**TEXT, "enum": ["a"]}),
            BREAKING,
            "value `b` removed",
        ),
    ],
)
def test_a_parameter_is_judged_as_part_of_a_request(old, new, verdict, message):
    change = the_change(old, new)
    assert (change.part, change.path, change.verdict) == ("query parameter", "q", verdict)
    assert change.message == message


def test_a_parameter_that_moves_is_one_removed_and_one_new():
    found = changes(with_parameter(), with_parameter(where="header"))
    assert [(change.part, change.action) for change in found] == [
        ("query parameter", Action.REMOVED),
        ("header parameter", Action.ADDED),
    ]


def test_parameters_of_a_path_and_of_the_components_count_as_the_operations_own():
    shared = root({"/things": {"post": operation(), "parameters": [parameter()]}})
    referred = one_operation(parameters=[{"$ref": "#/components/parameters/q"}])
    referred["components"] = {"parameters": {"q": parameter()}}
    assert changes(with_parameter(), shared) == ()
    assert changes(with_parameter(), referred) == ()


@pytest.mark.parametrize(
    ("old", "new", "verdict", "message"),
    [
        (None, {**json_body(TEXT)}, HARMLESS, "new, optional: string"),
        (None, {**json_body(TEXT), "required": True}, BREAKING, "new, required: string"),
        (json_body(TEXT), None, BREAKING, "removed"),
        (json_body(TEXT), {**json_body(TEXT), "required": True}, BREAKING, "is now required"),
        ({**json_body(TEXT), "required": True}, json_body(TEXT), HARMLESS, "is no longer required"),
    ],
)
def test_a_request_body_is_judged_by_whether_calls_still_go_through(old, new, verdict, message):
    documents = [one_operation(**({"requestBody": body} if body else {})) for body in (old, new)]
    change = the_change(*documents)
    assert (change.part, change.verdict, change.message) == ("request body", verdict, message)


def test_media_types_of_a_request_may_be_added_but_not_removed():
    one = {"application/json": {"schema": TEXT}}
    both = {**one, "text/plain": {"schema": TEXT}}
    old, new = (one_operation(requestBody={"content": content}) for content in (one, both))
    assert the_change(old, new).verdict is HARMLESS
    assert (the_change(new, old).verdict, the_change(new, old).message) == (
        BREAKING,
        "no longer `text/plain`",
    )


def test_media_types_of_an_answer_that_are_added_are_worth_a_look():
    one = {"application/json": {"schema": TEXT}}
    both = {**one, "text/plain": {"schema": TEXT}}
    old, new = (answering(s200={**OK, "content": content}) for content in (one, both))
    assert (the_change(old, new).verdict, the_change(old, new).message) == (ATTENTION, "also `text/plain`")
    assert the_change(new, old).verdict is BREAKING


def test_a_body_that_comes_to_be_documented_is_harmless():
    change = the_change(answering(s200=OK), answering(s200={**OK, **json_body({"type": "object"})}))
    assert (change.verdict, change.message) == (HARMLESS, "body now documented: object")


@pytest.mark.parametrize(("status", "added", "removed"), [("201", ATTENTION, BREAKING), ("404", HARMLESS, HARMLESS)])
def test_statuses_of_success_matter_and_those_of_failure_do_not(status, added, removed):
    without, having = answering(s200=OK), answering(s200=OK, **{f"s{status}": OK})
    assert (the_change(without, having).path, the_change(without, having).verdict) == (status, added)
    assert the_change(having, without).verdict is removed


def test_a_header_of_an_answer_may_be_added_but_not_removed():
    without, having = answering(s200=OK), answering(s200={**OK, "headers": {"X-Left": {"schema": TEXT}}})
    counted = answering(s200={**OK, "headers": {"x-left": {"schema": {"type": "integer"}}}})
    assert the_change(without, having).verdict is HARMLESS
    assert the_change(having, without).verdict is BREAKING
    assert the_change(having, counted).message == "was string, is now integer"


@pytest.mark.parametrize(
    ("old", "new", "verdicts"),
    [
        ([], [{"token": []}], [BREAKING, HARMLESS]),
        ([{"token": []}], [], [HARMLESS]),
        ([{"token": []}], [{"token": []}, {"key": []}], [HARMLESS]),
        ([{"token": []}, {"key": []}], [{"token": []}], [BREAKING]),
        ([{"token": []}], [{"token": [], "key": []}], [BREAKING, HARMLESS]),
    ],
)
def test_credentials_that_are_no_longer_enough_break(old, new, verdicts):
    found = changes(one_operation(security=old), one_operation(security=new))
    assert [change.verdict for change in found] == verdicts


def test_security_of_the_whole_document_counts_where_an_operation_says_nothing():
    old, new = one_operation(), one_operation() | {"security": [{"token": []}]}
    assert [change.kind for change in changes(old, new)] == [Kind.SECURITY, Kind.SECURITY]
    assert changes(new, one_operation(security=[{"token": []}])) == ()


def test_a_server_that_is_no_longer_named_breaks():
    old, new = (one_operation() | {"servers": [{"url": url}]} for url in ("https://a.test", "https://b.test"))
    assert [(change.path, change.verdict) for change in changes(old, new)] == [
        ("https://a.test", BREAKING),
        ("https://b.test", HARMLESS),
    ]


def test_every_breaking_change_gives_its_reason():
    old = one_operation(parameters=[parameter()], requestBody=json_body(TEXT), security=[])
    new = one_operation(path="/things", responses={"201": OK}, security=[{"token": []}])
    for change in changes(old, new):
        assert change.why or change.verdict is not BREAKING, change
