"""The inputs of a model, and their validation, with `jsonschema` as the judge."""

from __future__ import annotations

import copy
import random
from typing import Any

import jsonschema
import pytest
from support.schemas import FOLDER, SECRET, TEXT, document, odd_document, real_models, ref

from replicatekit._domain.input_schema import InputSchema
from replicatekit._inputs.json_values import path_of


def said(schema, values):
    return [(path_of(one.place), one.message) for one in InputSchema(schema).problems(values)]


def messages(node, value, **components):
    return [message for _, message in said(document({"a": node}, **components), {"a": value})]


# Reading


def test_inputs_come_in_their_order_and_those_without_one_last():
    given = {"d": {}, "c": {"x-order": 2}, "b": {"x-order": 0}, "e": {"x-order": "1"}, "a": {"x-order": 1}}
    assert [field.name for field in InputSchema(document(given)).fields] == ["b", "a", "c", "d", "e"]


def test_choices_and_limits_are_found_behind_references_and_the_outer_word_goes_first():
    node = {"description": "outer", "allOf": [ref("A")], "default": 2}
    field = InputSchema(document({"a": node}, A={"enum": [1, 2], "description": "inner", "minimum": 1})).fields[0]
    assert (field.description, field.enum, field.minimum, field.default) == ("outer", (1, 2), 1, 2)


def test_secrets_are_found_wherever_they_are():
    for node in (SECRET, {"type": "array", "items": SECRET}, {"anyOf": [SECRET, TEXT]}, {"properties": {"a": SECRET}}):
        assert InputSchema(document({"a": node})).fields[0].is_secret
    assert not InputSchema(document({"a": TEXT})).fields[0].is_secret


@pytest.mark.parametrize(
    "schema",
    [
        *(None, [], "x", 3, {"components": 3}),
        {"components": {"schemas": {"Input": []}}},
        {"components": {"schemas": {"Input": {"properties": [], "required": 3}}}},
        {"components": {"schemas": {"Input": ref("Input")}}},
        document({"a": None, "b": 3, "c": "x"}),
        document({"a": {"enum": 3, "minimum": "1", "maximum": True, "pattern": "(", "type": {}, "items": 3}}),
        document({"a": {"anyOf": 3, "oneOf": [None], "allOf": "x", "required": [[]], "properties": []}}),
        document({"a": {"enum": [[], {}], "minimum": float("nan"), "x-order": 10**400, "multipleOf": 0}}),
        odd_document(),
    ],
)
def test_nothing_in_a_schema_makes_it_raise(schema):
    read = InputSchema(schema)
    for value in (None, 1, "x", [1], {"a": {}}, True, 2.5):
        read.problems({"a": value, "b": value})


# What is wrong


def test_all_problems_are_told_each_with_its_path():
    items = {"type": "array", "items": {"type": "integer", "maximum": 4}}
    schema = document({"prompt": TEXT, "sizes": items, "steps": {"type": "integer"}}, ["prompt"])
    assert said(schema, {"promt": "x", "sizes": [1, 9, "2"], "steps": True}) == [
        ("input.promt", "there is no such input; did you mean 'prompt'?"),
        ("input.prompt", "is required"),
        ("input.sizes[1]", "9 is greater than the maximum, 4"),
        ("input.sizes[2]", "an integer is expected, not '2'"),
        ("input.steps", "an integer is expected, not True"),
    ]


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        (ref("A"), "bb", "'bb' is not one of 'bbb', 'ccc'; did you mean 'bbb'?"),
        ({"minimum": 1}, 0, "0 is less than the minimum, 1"),
        ({"exclusiveMaximum": True, "maximum": 1}, 1, "1 must be less than 1"),
        ({"exclusiveMinimum": 1}, 1, "1 must be greater than 1"),
        ({"type": "string", "maxLength": 2}, "abc", "has 3 characters, and the maximum is 2"),
        ({"type": "array", "minItems": 1}, [], "has 0 items, and the minimum is 1"),
        ({"anyOf": [{"type": "integer"}, TEXT]}, [], "an integer or text is expected, not a list"),
        ({"anyOf": [{"type": "integer", "minimum": 3}, TEXT]}, 1, "1 is less than the minimum, 3"),
        ({"pattern": "^a"}, "b", "'b' does not match the pattern '^a'"),
        ({"multipleOf": 8}, 12, "12 is not a multiple of 8"),
    ],
)
def test_a_message_says_what_is_wrong_with_which_value(node, value, message):
    assert messages(node, value, A={"enum": ["bbb", "ccc"], "type": "string"}) == [message]


def test_a_secret_is_in_no_message():
    anywhere: list[tuple[dict[str, Any], Any]] = [
        (SECRET, "s3cret-token"),
        ({**SECRET, "enum": ["a"]}, "s3cret-token"),
        ({**SECRET, "pattern": "^x"}, "s3cret-token"),
        ({"type": "array", "items": SECRET}, ["s3cret-token"]),
        ({"type": "array", "items": SECRET}, {"a": "s3cret-token"}),
        ({"anyOf": [SECRET, {"type": "integer"}]}, "s3cret-token"),
        ({"type": "object", "properties": {"key": SECRET}}, {"key": "s3cret-token"}),
        ({"type": "integer", "format": "password"}, "s3cret-token"),
        ({"allOf": [ref("Token")]}, "s3cret-token"),
    ]
    for node, value in anywhere:
        found = messages(node, value, Token=SECRET)
        assert found
        assert "s3cret" not in str(found)
    assert "s3cret" not in str(said(document({"token": SECRET}), {"tokn": "s3cret-token"}))


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"type": "integer"}, 2.0),
        ({"type": "number"}, 2),
        ({"type": "integer", "maximum": 4, "default": 99}, 99),
        ({"allOf": [ref("A")], "default": "none of them"}, "none of them"),
        ({"allOf": [ref("A")], "nullable": True}, None),
        ({"anyOf": [], "type": "string"}, "x"),
        ({"type": "no such type"}, object),
        ({"$ref": "#/nowhere"}, 3),
        ({"type": "string", "format": "uri"}, "no URL at all"),
        ({"minimum": 3}, "text has no minimum"),
        ({"enum": [1]}, 1.0),
        ({}, {"any": ["thing"]}),
    ],
)
def test_what_a_schema_leaves_open_stays_open(node, value):
    assert messages(node, value, A={"enum": ["a"], "type": "string"}) == []


def test_a_model_that_names_no_inputs_takes_none_and_one_that_says_nothing_takes_all():
    assert said(document({}), {"a": 1}) == [("input.a", "there is no such input: this model takes none")]
    assert said({"components": {"schemas": {"Input": {}}}}, {"a": 1}) == []
    assert said(None, {"a": 1}) == []
    more = document({"a": TEXT})
    more["components"]["schemas"]["Input"]["additionalProperties"] = {"type": "integer"}
    assert said(more, {"b": 1}) == []
    assert said(more, {"b": "x"}) == [("input.b", "an integer is expected, not 'x'")]


def test_a_schema_that_contains_itself_is_checked_as_deep_as_the_value_goes():
    tree = {"type": "object", "properties": {"child": ref("Tree"), "size": {"type": "integer"}}}
    found = said(document({"tree": ref("Tree")}, Tree=tree), {"tree": {"child": {"child": {"size": "x"}}}})
    assert found == [("input.tree.child.child.size", "an integer is expected, not 'x'")]


# The judge


def modern(value: Any) -> Any:
    """OpenAPI's `nullable`, and Cog's empty `anyOf`, in the words of JSON Schema."""
    if isinstance(value, list):
        return [modern(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {key: modern(one) for key, one in value.items() if (key, one) != ("anyOf", [])}
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", None) is True else schema


def judge(schema: Any, *, is_open: bool) -> Any:
    components = copy.deepcopy(schema["components"])
    if not is_open:
        components["schemas"]["Input"]["additionalProperties"] = False
    return jsonschema.Draft202012Validator(modern({**ref("Input"), "components": components}))


TEXTS = ("", "a", "K_EULER", "http://x.y/z.png", "1", "x" * 300, "é✓", "\n")


def anything(chance: random.Random, depth: int = 0) -> Any:
    kinds: list[Any] = [
        chance.choice(TEXTS),
        chance.randint(-5, 600),
        chance.uniform(-2, 60),
        float(chance.randint(0, 9)),
    ]
    kinds += [chance.random() < 0.5, None]
    if depth < 2:
        kinds += [[anything(chance, depth + 1) for _ in range(chance.randint(0, 3))]]
        kinds += [{chance.choice("ab"): anything(chance, depth + 1) for _ in range(chance.randint(0, 2))}]
    return chance.choice(kinds)


def fitting(chance: random.Random, nodes: list[dict[str, Any]]) -> Any:
    """A value that the schema's own words lead to: often a good one, or one just beyond."""
    found: list[Any] = []
    for node in nodes:
        found += node.get("enum", [])
        for key in ("minimum", "maximum"):
            if key in node:
                found += [node[key], node[key] + 1, node[key] - 1, float(node[key])]
        found += [node["default"]] if "default" in node else []
        found += {"string": TEXTS, "integer": (1, 2, 3.0), "number": (1, 0.5), "boolean": (True, False)}.get(
            node.get("type"), ()
        )
        found += [[fitting(chance, [node["items"]])]] if isinstance(node.get("items"), dict) else []
    return chance.choice(found) if found else anything(chance)


def random_input(chance: random.Random, schema: InputSchema, *, good: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in schema.fields:
        if field.required or chance.random() < 0.4:
            is_led = chance.random() < (0.97 if good else 0.8)
            values[field.name] = fitting(chance, field.possible) if is_led else anything(chance)
    if not good and chance.random() < 0.3:
        values.pop(chance.choice([*values, ""]), None)
        values[chance.choice(["promt", "zzz"])] = 1
    return values


def disagreements(name: str, schema: Any, wanted: int = 500) -> tuple[dict[bool, int], list[Any]]:
    chance, read = random.Random(name), InputSchema(schema)
    known = judge(schema, is_open=read.is_open)
    seen = {True: 0, False: 0}
    wrong: list[Any] = []
    for _ in range(wanted * 40):
        values = random_input(chance, read, good=seen[True] < wanted and chance.random() < 0.7)
        fits = known.is_valid(values)
        if seen[fits] < wanted:
            seen[fits] += 1
            found = read.problems(values)
            if fits == bool(found):
                wrong.append((values, fits, found))
        if min(seen.values()) >= wanted:
            break
    return seen, wrong


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the schemas of real models are not here")
@pytest.mark.parametrize("model", real_models(), ids=lambda model: model["model"])
def test_real_schemas_accept_and_refuse_exactly_what_the_judge_does(model):
    seen, wrong = disagreements(model["model"], model["openapi_schema"], 100)
    assert wrong == []
    assert min(seen.values()) == 100


UNIONS = document(
    {
        "either": {"anyOf": [{"type": "integer", "minimum": 3}, TEXT, {"type": "null"}]},
        "one": {"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]},
        "choice": {"allOf": [ref("Choice")], "nullable": True},
        "list": {"type": "array", "items": ref("Choice"), "minItems": 1, "uniqueItems": True},
        "pair": {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
        "limits": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
        "text": {"type": "string", "minLength": 1, "maxLength": 7, "pattern": "^[a-zA-Z]"},
        "object": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        "closed": {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        "untyped": {"enum": [1, "a", None, True, [1]]},
        "never": {"not": {"type": "string"}},
    },
    ["either"],
    Choice={"enum": ["a", "K_EULER", "é✓"], "type": "string"},
)


def test_every_keyword_means_what_the_judge_says():
    seen, wrong = disagreements("unions", UNIONS, 400)
    assert wrong == []
    assert seen[False] == 400
    assert seen[True] > 50
