from __future__ import annotations

import json
from pathlib import Path

import pytest

from replicatekit._input_fields import InputField, input_fields

MODELS = Path(__file__).parents[3] / "shared" / "models"


def schema(properties, required=(), **components):
    model_input = {"type": "object", "properties": properties, "required": list(required)}
    return {"components": {"schemas": {"Input": model_input, **components}}}


def field(node, **components):
    (only,) = input_fields(schema({"a": node}, **components))
    return only


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_field_says_all_that_the_schema_does():
    node = {
        "type": "integer",
        "title": "Steps",
        "description": "How long it takes",
        "default": 50,
        "minimum": 1,
        "maximum": 500,
        "x-order": 3,
    }
    assert input_fields(schema({"steps": node}, required=["steps"])) == (
        InputField(
            name="steps",
            type="integer",
            item_type=None,
            required=True,
            has_default=True,
            default=50,
            enum=(),
            minimum=1,
            maximum=500,
            description="How long it takes",
            is_file=False,
            is_secret=False,
            nullable=False,
        ),
    )


def test_fields_come_in_their_order_and_those_without_one_last_as_they_stand():
    given = {"d": {}, "c": {"x-order": 2}, "b": {"x-order": 0}, "e": {"x-order": "1"}, "a": {"x-order": 1}}
    assert [one.name for one in input_fields(schema(given))] == ["b", "a", "c", "d", "e"]


def test_choices_are_found_behind_references():
    one = field(
        {"allOf": [ref("width")], "default": 256, "description": "ours"}, width={"enum": [128, 256], "type": "integer"}
    )
    assert (one.type, one.enum, one.default, one.description) == ("integer", (128, 256), 256, "ours")
    assert field({"enum": ["a", 1]}).type == "string | integer"


def test_the_outer_word_goes_before_the_inner_one():
    inner = {"type": "string", "description": "inner", "default": "x", "minimum": 1}
    one = field({"description": "outer", "allOf": [ref("A")], "default": None}, A=inner)
    assert (one.description, one.default, one.has_default, one.minimum) == ("outer", None, True, 1)


@pytest.mark.parametrize(
    ("node", "type_", "item_type"),
    [
        ({"type": "string"}, "string", None),
        ({"type": ["integer", "null"]}, "integer", None),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "integer | string", None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer", None),
        ({"type": "array", "items": {"type": "number"}}, "array", "number"),
        ({"type": "array"}, "array", "any"),
        ({"items": {"type": "string"}}, "array", "string"),
        ({"properties": {}}, "object", None),
        ({}, "any", None),
        ({"enum": [True, None]}, "boolean", None),
    ],
)
def test_types_are_named(node, type_, item_type):
    one = field(node)
    assert (one.type, one.item_type) == (type_, item_type)


@pytest.mark.parametrize(
    ("node", "is_file"),
    [
        ({"type": "string", "format": "uri"}, True),
        ({"type": "array", "items": {"type": "string", "format": "uri"}}, True),
        ({"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}, True),
        ({"allOf": [{"$ref": "#/components/schemas/Path"}]}, True),
        ({"type": "string"}, False),
        ({"type": "string", "format": "password"}, False),
    ],
)
def test_files_are_known(node, is_file):
    assert field(node, Path={"type": "string", "format": "uri"}).is_file is is_file


def test_secrets_are_known():
    assert field({"type": "string", "format": "password"}).is_secret
    assert field({"type": "string", "x-cog-secret": True}).is_secret
    assert not field({"type": "string"}).is_secret


def test_what_may_be_null_is_known():
    assert field({"type": "string", "nullable": True}).nullable
    assert field({"type": ["string", "null"]}).nullable
    assert field({"anyOf": [{"type": "string"}, {"type": "null"}]}).nullable
    assert not field({"type": "string"}).nullable


def test_what_holds_for_one_alternative_only_is_not_said_of_all():
    one = field({"anyOf": [{"enum": ["auto"], "type": "string"}, {"type": "integer", "minimum": 3}]})
    assert (one.enum, one.minimum, one.type) == ((), None, "string | integer")
    optional = field({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]})
    assert (optional.minimum, optional.nullable) == (3, True)


def test_inputs_of_trainings_have_another_name():
    document = {"components": {"schemas": {"TrainingInput": {"properties": {"data": {"type": "string"}}}}}}
    assert [one.name for one in input_fields(document, "TrainingInput")] == ["data"]
    assert input_fields(document) == ()


def test_the_input_itself_may_be_a_reference():
    document = {
        "components": {
            "schemas": {"Input": {"allOf": [ref("Real")]}, "Real": {"properties": {"a": {}}, "required": ["a"]}}
        }
    }
    (one,) = input_fields(document)
    assert (one.name, one.required) == ("a", True)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        3,
        {"components": 3},
        {"components": {"schemas": {"Input": []}}},
        {"components": {"schemas": {"Input": {"properties": [], "required": 3}}}},
        {"components": {"schemas": {"Input": {"$ref": "#/components/schemas/Input"}}}},
        schema({"a": None, "b": 3, "c": "x", 4: {}}),
        schema({"a": {"$ref": "#/components/schemas/Input/properties/a"}}),
        schema({"a": {"enum": 3, "minimum": "1", "maximum": True, "description": [], "x-order": {}, "type": {}}}),
        schema({"a": {"enum": [[], {}], "minimum": float("nan"), "maximum": 10**400, "x-order": 10**400}}),
        schema({"a": {"anyOf": 3, "items": [], "format": []}, "b": {"anyOf": [None, 3]}}),
        schema({"a": {"type": "array", "items": {"$ref": "#/components/schemas/Input/properties/a"}}}),
        {"components": {"schemas": {"Input": {"properties": {"a": {}}, "required": [[], {}, None, "a"]}}}},
    ],
)
def test_no_schema_makes_it_raise(document):
    assert isinstance(input_fields(document), tuple)


@pytest.mark.skipif(not MODELS.is_dir(), reason="the schemas of real models are not here")
def test_all_inputs_of_real_models_are_read():
    files = set()
    count = 0
    for path in sorted(MODELS.glob("*.json")):
        document = json.loads(path.read_text())["openapi_schema"]
        fields = input_fields(document)
        given = document["components"]["schemas"]["Input"]["properties"]
        assert {one.name for one in fields} == set(given)
        assert [given[one.name]["x-order"] for one in fields] == sorted(node["x-order"] for node in given.values())
        for one in fields:
            assert one.type in {"string", "integer", "number", "boolean"}
            assert one.has_default == ("default" in given[one.name])
            assert (one.required) == (one.name in document["components"]["schemas"]["Input"].get("required", []))
            if one.enum and one.has_default:
                assert one.default in one.enum
        count += len(fields)
        files |= {f"{path.stem}.{one.name}" for one in fields if one.is_file}
    assert count > 100
    assert files == {
        "isaacgv--vec2.audio",
        "laion-ai--erlich.init_image",
        "laion-ai--erlich.mask",
        "meta--ic_gan.image",
        "nateraw--jina-embeddings-v2-base-en.path",
        "pschaldenbrand--style-clip-draw.style_image",
        "stability-ai--sdxl.image",
        "stability-ai--sdxl.mask",
    }
