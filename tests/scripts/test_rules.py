"""The general rules: what each changes in a document, what it leaves, and what it says when there is nothing to do."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from strange_documents import answer, document, get, json_of, parameter, ref

from pipeline import rules
from pipeline.errors import GenerationFailed

SPEC = Path(__file__).parents[2] / "spec"
CORRECTIONS = yaml.safe_load((SPEC / "corrections.yaml").read_text("utf-8"))
OURS = {rule["rule"]: rule for rule in CORRECTIONS["x-rules"]}


def applied(name: str, given: dict[str, Any], **parameters: Any) -> tuple[dict[str, Any], list[str]]:
    result = copy.deepcopy(given)
    return result, rules.apply(result, [{"rule": name, **parameters}])


def operation(**more: Any) -> dict[str, Any]:
    return document({"/x": {"get": {"responses": {"200": answer({"type": "object"})}, **more}}})


def the_operation(result: dict[str, Any]) -> dict[str, Any]:
    return result["paths"]["/x"]["get"]


@pytest.mark.parametrize(
    ("given", "tags", "verb"),
    [
        ({"operationId": "models.versions.list"}, ["models_versions"], "list"),
        ({"operationId": "account.get", "tags": ["Other"]}, ["account"], "get"),
        ({"operationId": "search"}, ["search"], "search"),
        ({"operationId": "search", "tags": ["Find"]}, ["Find"], "search"),
        ({}, None, None),
    ],
)
def test_a_dotted_id_is_a_noun_and_a_verb(given: dict[str, Any], tags: Any, verb: Any) -> None:
    result, said = applied("name-by-noun-and-verb", operation(**given))
    assert (the_operation(result).get("tags"), the_operation(result).get("operationId")) == (tags, verb)
    assert bool(said) == (tags in (None, ["Find"]))


NULLABLE = [
    ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ({"type": "string", "nullable": False}, {"type": "string", "nullable": False}),
    (
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    (
        {"allOf": [ref("A")], "nullable": True, "description": "d"},
        {"description": "d", "oneOf": [{"allOf": [ref("A")]}, {"type": "null"}]},
    ),
    ({**ref("A"), "nullable": True}, {"oneOf": [ref("A"), {"type": "null"}]}),
    ({"nullable": True}, {}),
]


@pytest.mark.parametrize(("schema", "expected"), NULLABLE, ids=range(len(NULLABLE)))
def test_nullable_becomes_a_type(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    result, said = applied("null-is-a-type", document({"/x": get({"type": "array", "items": schema})}))
    assert the_operation(result)["responses"]["200"]["content"]["application/json"]["schema"]["items"] == expected
    assert bool(said) == (expected == schema)


def test_a_field_that_is_called_nullable_is_a_field() -> None:
    schema = {"type": "object", "properties": {"nullable": {"type": "boolean"}, "type": {"type": "string"}}}
    given = document({"/x": get(schema)})
    assert applied("null-is-a-type", given) == (given, ["rule null-is-a-type: it matches nothing"])


def test_in_answers_only_what_is_certain_is_required_and_enums_are_open() -> None:
    thing = {
        "title": "Thing",
        "type": "object",
        "required": ["id", "name", "colour"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "colour": {"type": "string", "enum": ["red"], "description": "d"},
            "size": {"type": "integer", "enum": [1]},
            "inner": {"type": "object", "required": ["x"], "properties": {"x": {}}},
        },
    }
    given = document(
        {
            "/x": {
                "post": {
                    "requestBody": json_of(ref("Sent")),
                    "responses": {"200": answer({"type": "array", "items": ref("Thing")})},
                }
            }
        },
        {"Thing": thing, "Sent": copy.deepcopy(thing)},
    )
    result, said = applied("responses-are-open", given, certain={"*": ["id"], "Thing": ["name", "no"], "Other": ["a"]})
    got = result["components"]["schemas"]["Thing"]
    assert got["required"] == ["id", "name"]
    assert "additionalProperties" not in got
    assert got["properties"]["colour"] == {
        "description": "d",
        "anyOf": [thing["properties"]["colour"], {"type": "string"}],
    }
    assert got["properties"]["size"] == thing["properties"]["size"]
    assert got["properties"]["inner"] == {"type": "object", "properties": {"x": {}}}
    assert result["components"]["schemas"]["Sent"] == thing, "what is sent stays as strict as it was"
    assert said == [
        "rule responses-are-open: Thing: no response has no",
        "rule responses-are-open: Other: no response has a",
    ]


def test_answers_that_hold_each_other_are_opened_once() -> None:
    tree = {"type": "object", "required": ["up"], "properties": {"up": ref("Tree")}}
    result, _ = applied("responses-are-open", document({"/x": get(ref("Tree"))}, {"Tree": tree}), certain={})
    assert "required" not in result["components"]["schemas"]["Tree"]


PAGE = {"type": "object", "properties": {"next": {"type": "string"}, "results": {"type": "array", "items": {}}}}


def test_lists_take_a_cursor_unless_they_have_one() -> None:
    cursor = OURS["lists-take-a-cursor"]["parameter"]
    given = document(
        {
            "/a": get(ref("Page")),
            "/b": {**get(PAGE), "parameters": [parameter("cursor", "query")]},
            "/c": get({"type": "object"}),
            "/d": {"post": {"responses": {"200": answer(PAGE)}}},
            "/e": {"get": {"parameters": [parameter("cursor", "query")], "responses": {"200": answer(PAGE)}}},
        },
        {"Page": PAGE},
    )
    result, said = applied("lists-take-a-cursor", given, parameter=cursor)
    assert said == []
    assert {path: item.get("get", {}).get("parameters") for path, item in result["paths"].items()} == {
        "/a": [cursor],
        "/b": None,
        "/c": None,
        "/d": None,
        "/e": [parameter("cursor", "query")],
    }


PROBLEM = {"type": "object", "properties": {"title": {}, "detail": {}, "status": {}}}
PROBLEMS = {"application/problem+json": {"schema": ref("Problem")}}


def test_every_operation_may_be_refused_with_a_problem() -> None:
    own = {"type": "object", "properties": {"code": {"type": "integer"}}}
    given = document(
        {
            "/x": {
                "get": {
                    "responses": {
                        "200": answer({}),
                        "302": {"description": ""},
                        "404": answer({"type": "object", "properties": {"detail": {}}}),
                        "409": answer(own),
                        "410": answer({"type": "string"}),
                        "411": answer(ref("Own")),
                        "412": {"$ref": "#/components/responses/Gone"},
                        "5XX": answer({"type": "object"}),
                    }
                }
            },
            "/y": {"get": {"responses": {"default": answer(own)}}},
        },
        {"Problem": PROBLEM, "Own": own},
    )
    response = {"description": "No.", "content": PROBLEMS}
    result, said = applied("errors-are-problems", given, response=response)
    assert said == []
    responses = the_operation(result)["responses"]
    whole = {status for status, each in responses.items() if each.get("content") == PROBLEMS}
    assert whole == {"302", "404", "5XX", "default"}
    for status in ("200", "409", "410", "411", "412"):
        assert responses[status] == the_operation(given)["responses"][status]
    assert result["paths"]["/y"] == given["paths"]["/y"], "an own description of all refusals stays"


def test_without_the_problems_schema_nothing_is_said_of_refusals() -> None:
    given = operation()
    result, said = applied("errors-are-problems", given, response={"description": "No.", "content": PROBLEMS})
    assert result == given
    assert said == ["rule errors-are-problems: there is no #/components/schemas/Problem in the document"]


def test_a_body_of_which_nothing_is_said_is_required() -> None:
    given = document(
        {
            "/x": {
                "post": {"requestBody": json_of({}), "responses": {}},
                "put": {"requestBody": {**json_of({}), "required": False}, "responses": {}},
                "patch": {"requestBody": {"$ref": "#/components/requestBodies/B"}, "responses": {}},
            }
        }
    )
    result, said = applied("bodies-are-required", given)
    assert said == []
    bodies = {method: each["requestBody"] for method, each in result["paths"]["/x"].items()}
    assert [body.get("required") for body in bodies.values()] == [True, False, None]


@pytest.mark.parametrize(
    "name", ["name-by-noun-and-verb", "null-is-a-type", "lists-take-a-cursor", "bodies-are-required"]
)
def test_a_rule_that_finds_nothing_says_so(name: str) -> None:
    _, said = applied(name, operation(), **{key: value for key, value in OURS[name].items() if key == "parameter"})
    assert said == [f"rule {name}: it matches nothing"]


def test_a_rule_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(GenerationFailed, match="no rule 'answers-are-closed', only name-by-noun-and-verb, "):
        applied("answers-are-closed", operation())


def test_every_rule_is_used_and_gives_its_reason() -> None:
    assert set(OURS) == set(rules.RULES)
    assert all(len(rule["why"]) > 40 for rule in OURS.values())


def test_every_correction_gives_its_reason() -> None:
    for action in CORRECTIONS["actions"]:
        assert len(action["description"].strip()) >= len("Name."), action["target"]


def test_operations_are_found_by_their_paths_and_methods() -> None:
    given = document(
        {
            "/a": {"get": {"n": 1}, "query": {"n": 2}, "parameters": [], "summary": "s", "x-own": {}, "$ref": "r"},
            "/b": {"additionalOperations": {"COPY": {"n": 3}, "x-note": {}}, "description": "d", "servers": []},
        }
    )
    found = [(path, method, operation["n"]) for path, method, operation in rules.operations(given)]
    assert found == [("/a", "get", 1), ("/a", "query", 2), ("/b", "COPY", 3)]


def test_a_path_that_is_described_elsewhere_is_put_in_its_place() -> None:
    given = document(
        {"/a": {"$ref": "#/components/pathItems/A", "summary": "own"}},
        components={"pathItems": {"A": {"get": {"n": 1}, "summary": "theirs"}}},
    )
    rules.inline_path_items(given)
    assert given["paths"]["/a"] == {"get": {"n": 1}, "summary": "own"}


def test_only_what_the_corrections_refer_to_in_vain_is_loosened() -> None:
    original = document({"/a": get(ref("Theirs"))})
    corrected = copy.deepcopy(original)
    corrected["paths"]["/b"] = get({"type": "array", "items": ref("Ours")})
    assert rules.loosen(corrected, original) == ["there is no #/components/schemas/Ours to refer to"]
    assert corrected["paths"]["/b"] == get({"type": "array", "items": {}})
    assert corrected["paths"]["/a"] == get(ref("Theirs"))


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#/components/schemas/A", {"a": 1}),
        ("#/paths/~1x~0y", {"p": 1}),
        ("#/components/schemas/Alias", {"a": 1}),
        ("#/components/schemas/No", {}),
        ("#/openapi/x", {}),
        ("other.json#/x", {}),
    ],
)
def test_references_are_followed_within_the_document(reference: str, found: dict[str, Any]) -> None:
    given = document({"/x~y": {"p": 1}}, {"A": {"a": 1}, "Alias": ref("A")})
    assert rules.resolve(given, {"$ref": reference}) == found


def test_all_rules_apply_to_our_own_document() -> None:
    given = json.loads((SPEC / "openapi.json").read_text("utf-8"))
    said = rules.apply(given, [rule for rule in CORRECTIONS["x-rules"] if rule["rule"] != "responses-are-open"])
    assert [each for each in said if "errors-are" not in each] == [], "the Problem itself is one of the actions' making"
