"""What a change to a schema means, in what is sent and in what is answered."""

from __future__ import annotations

import pytest
from small_documents import changes, holding, schema_changes

from pipeline.document import DocumentError
from report.change import Kind, Side, Verdict

REQUEST, RESPONSE = Side.REQUEST, Side.RESPONSE
BREAKING, ATTENTION, HARMLESS = Verdict.BREAKING, Verdict.ATTENTION, Verdict.HARMLESS


def obj(*required: str, **properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


TEXT, COUNT = {"type": "string"}, {"type": "integer"}


def text(**more: object) -> dict[str, object]:
    return {**TEXT, **more}


def count(**more: object) -> dict[str, object]:
    return {**COUNT, **more}


@pytest.mark.parametrize(
    ("old", "new", "request_verdict", "response_verdict", "field", "message"),
    [
        (obj(), obj(a=TEXT), HARMLESS, HARMLESS, "a", "new"),
        (obj(), obj("a", a=TEXT), BREAKING, ATTENTION, "a", "new"),
        (obj(a=TEXT), obj(), BREAKING, BREAKING, "a", "field removed, was: string"),
        (obj(a=TEXT), obj("a", a=TEXT), BREAKING, ATTENTION, "a", "now"),
        (obj("a", a=TEXT), obj(a=TEXT), HARMLESS, BREAKING, "a", "no longer"),
        (obj(a=TEXT), obj(a=COUNT), BREAKING, BREAKING, "a", "was string, is now integer"),
        (obj(a=COUNT), obj(a={"type": "number"}), HARMLESS, BREAKING, "a", "was integer, is now number"),
        (obj(a={"type": "number"}), obj(a=COUNT), BREAKING, HARMLESS, "a", "was number, is now integer"),
        (obj(a=TEXT), obj(a={}), HARMLESS, BREAKING, "a", "was string, is now any value"),
        (obj(a={}), obj(a=TEXT), BREAKING, HARMLESS, "a", "was any value, is now string"),
        (obj(a=TEXT), obj(a=text(nullable=True)), HARMLESS, BREAKING, "a", "may now be null"),
        (obj(a={"type": ["string", "null"]}), obj(a=TEXT), BREAKING, HARMLESS, "a", "is no longer null"),
        (obj(a=TEXT), obj(a=text(format="uri")), BREAKING, HARMLESS, "a", "now of format `uri`"),
        (obj(a=text(format="uri")), obj(a=TEXT), HARMLESS, BREAKING, "a", "no longer of format `uri`"),
        (
            obj(a=text(format="date")),
            obj(a=text(format="date-time")),
            BREAKING,
            BREAKING,
            "a",
            "format was `date`, is now `date-time`",
        ),
        (
            obj(a=text(enum=["x"])),
            obj(a=text(enum=["x", "y"])),
            HARMLESS,
            ATTENTION,
            "a",
            "new value `y`",
        ),
        (
            obj(a=text(enum=["x", "y"])),
            obj(a=text(enum=["x"])),
            BREAKING,
            HARMLESS,
            "a",
            "value `y` removed",
        ),
        (obj(a=TEXT), obj(a=text(enum=["x"])), BREAKING, HARMLESS, "a", "now only these values: `x`"),
        (obj(a=text(enum=["x"])), obj(a=TEXT), HARMLESS, ATTENTION, "a", "now any value"),
        (
            obj(a=count(default=1)),
            obj(a=count(default=2)),
            BREAKING,
            HARMLESS,
            "a",
            "default was",
        ),
        (obj(a=COUNT), obj(a=count(default=2)), HARMLESS, HARMLESS, "a", "default `2` documented"),
        (obj(a=count(default=1)), obj(a=COUNT), ATTENTION, HARMLESS, "a", "default `1` no longer"),
        (obj(a=COUNT), obj(a=count(maximum=9)), BREAKING, HARMLESS, "a", "new limit maximum `9`"),
        (obj(a=count(maximum=9)), obj(a=COUNT), HARMLESS, ATTENTION, "a", "limit maximum `9` removed"),
        (obj(a=count(maximum=9)), obj(a=count(maximum=5)), BREAKING, HARMLESS, "a", "limit"),
        (obj(a=count(minimum=1)), obj(a=count(minimum=0)), HARMLESS, ATTENTION, "a", "limit"),
        (
            obj(a=text(pattern="a")),
            obj(a=text(pattern="b")),
            BREAKING,
            HARMLESS,
            "a",
            "limit pattern",
        ),
        (obj(a=TEXT), obj(a=text(deprecated=True)), ATTENTION, ATTENTION, "a", "deprecated"),
        (
            {"type": "object", "additionalProperties": False},
            {"type": "object"},
            HARMLESS,
            HARMLESS,
            "",
            "rejected before, allowed now",
        ),
        (
            {"type": "object"},
            {"type": "object", "additionalProperties": False},
            BREAKING,
            HARMLESS,
            "",
            "allowed before, rejected now",
        ),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": COUNT},
            BREAKING,
            BREAKING,
            "*",
            "was string, is now integer",
        ),
        (TEXT, {"oneOf": [TEXT, COUNT]}, HARMLESS, BREAKING, "", "was string, is now integer or string"),
        ({"oneOf": [TEXT, COUNT]}, TEXT, BREAKING, HARMLESS, "", "was integer or string, is now string"),
        (TEXT, {"oneOf": [TEXT, obj(a=TEXT)]}, HARMLESS, BREAKING, "", "now also allows object with `a`"),
        ({"oneOf": [TEXT, obj(a=TEXT)]}, TEXT, BREAKING, HARMLESS, "", "no longer allows object with `a`"),
        (
            {"oneOf": [TEXT, obj(a=TEXT)]},
            {"oneOf": [TEXT, obj(a=TEXT), text(enum=["x"])]},
            HARMLESS,
            HARMLESS,
            "",
            "now also allows string (`x`)",
        ),
        (
            obj(a=TEXT),
            {**obj(a=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            BREAKING,
            HARMLESS,
            "",
            "now must be one of",
        ),
        (
            {**obj(a=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            obj(a=TEXT),
            HARMLESS,
            BREAKING,
            "",
            "no longer must be one of several forms",
        ),
        (
            {"oneOf": [TEXT, obj(a=TEXT)]},
            {"oneOf": [TEXT, obj(a=TEXT), obj(b=TEXT)]},
            HARMLESS,
            BREAKING,
            "",
            "now also allows object with `b`",
        ),
        (
            {"oneOf": [TEXT, obj(a=TEXT)]},
            {"oneOf": [TEXT, obj(a=COUNT)]},
            BREAKING,
            BREAKING,
            "a",
            "was string, is now integer",
        ),
        ({"oneOf": [obj(a=TEXT), COUNT]}, {}, HARMLESS, BREAKING, "", "was one of: object with `a`, integer"),
    ],
)
def test_a_change_is_judged_by_who_writes_the_data(old, new, request_verdict, response_verdict, field, message):
    for side, verdict in ((REQUEST, request_verdict), (RESPONSE, response_verdict)):
        [(path, said, judged)] = schema_changes(old, new, side)
        assert (path, judged) == (field, verdict), side
        assert message in said


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (text(nullable=True), {"type": ["string", "null"]}),
        (text(nullable=True), {"oneOf": [TEXT, {"type": "null"}]}),
        (text(enum=["x", None]), text(enum=["x"], nullable=True)),
        ({**COUNT, "minimum": 0, "exclusiveMinimum": True}, count(exclusiveMinimum=0)),
        ({"const": "x"}, text(enum=["x"])),
        ({"properties": {"a": TEXT}}, obj(a=TEXT)),
        ({"oneOf": [TEXT, COUNT]}, {"type": ["integer", "string"]}),
        ({"oneOf": [TEXT, COUNT]}, {"anyOf": [COUNT, TEXT]}),
        ({"allOf": [obj(a=TEXT), obj("b", b=TEXT)]}, obj("b", a=TEXT, b=TEXT)),
        ({"type": "object"}, {"type": "object", "additionalProperties": True}),
        (text(format="string"), TEXT),
        ({**TEXT, "description": "old", "example": "x", "x-order": 1}, text(description="new")),
        (obj("a", "b", a=TEXT, b=TEXT), obj("b", "a", b=TEXT, a=TEXT)),
    ],
)
def test_another_spelling_of_the_same_is_no_change(old, new, side):
    assert schema_changes(old, new, side) == []
    assert schema_changes(new, old, side) == []


def test_fields_are_found_at_every_depth():
    def nested(inner):
        return obj(results={"type": "array", "items": obj(owner=obj(name=inner))})

    [(path, _, _)] = schema_changes(nested(TEXT), nested(COUNT), RESPONSE)
    assert path == "results[].owner.name"


def test_a_new_field_is_told_once_and_not_with_all_that_is_in_it():
    assert schema_changes(obj(), obj(a=obj("b", b=obj(c=TEXT))), RESPONSE) == [
        ("a", "new field: object with `b`", HARMLESS)
    ]


def test_what_only_the_server_writes_is_no_part_of_a_request():
    old, new = obj(a=TEXT), obj(a=TEXT, b=text(readOnly=True))
    assert schema_changes(old, new, REQUEST) == []
    assert [path for path, _, _ in schema_changes(old, new, RESPONSE)] == ["b"]


def referring(name: str, **components: object) -> dict[str, object]:
    return holding({"$ref": f"#/components/schemas/{name}"}, RESPONSE, **components)


def test_a_schema_that_moves_to_the_components_has_not_changed():
    found = changes(holding(obj(a=TEXT), RESPONSE), referring("Thing", Thing=obj(a=TEXT)))
    assert [(change.kind, change.path, change.message) for change in found] == [
        (Kind.SCHEMA, "Thing", "new: object with `a`")
    ]
    assert found[0].verdict is HARMLESS


def test_a_component_under_another_name_is_compared_with_the_one_before():
    found = changes(referring("Thing", Thing=obj(a=TEXT)), referring("Item", Item=obj(a=COUNT)))
    field, gone = found
    assert (field.subject.name, field.subject.detail, field.path) == ("Item", "was `Thing`", "a")
    assert (gone.path, gone.message) == ("Thing", "removed; replaced by `Item`")


def test_a_component_that_nothing_reaches_is_only_named():
    old = holding(TEXT, RESPONSE, Lonely=obj(a=TEXT))
    assert changes(old, holding(TEXT, RESPONSE, Lonely=obj(a=COUNT))) == ()
    [gone] = changes(old, holding(TEXT, RESPONSE))
    assert (gone.path, gone.message, gone.verdict) == ("Lonely", "removed", HARMLESS)


def test_a_component_is_told_once_with_every_operation_that_reaches_it():
    def document(status):
        document = referring("Page", Page=obj(items={"type": "array", "items": ref}), Thing=obj(status=status))
        one = {"operationId": "things.get", "responses": {"200": answer}}
        document["paths"]["/things/{id}"] = {"get": one}
        return document

    ref = {"$ref": "#/components/schemas/Thing"}
    answer = {"description": "", "content": {"application/json": {"schema": ref}}}
    [change] = changes(document(text(enum=["on"])), document(text(enum=["on", "off"])))
    assert (change.subject.name, change.path) == ("Thing", "status")
    assert change.subject.users == ("things.create", "things.get")


def test_schemas_that_hold_themselves_are_compared_to_the_end():
    tree = {"$ref": "#/components/schemas/Tree"}
    old = referring("Tree", Tree=obj(children={"type": "array", "items": tree}, a=TEXT))
    new = referring("Tree", Tree=obj(children={"type": "array", "items": tree}, a=COUNT))
    [change] = changes(old, new)
    assert change.path == "a"


def test_alternatives_and_all_else_that_changed_with_them_are_both_told():
    forms = {"oneOf": [TEXT, obj(a=TEXT)]}
    nullable = {"oneOf": [TEXT, obj(a=COUNT), {"type": "null"}]}
    assert [message for _, message, _ in schema_changes(forms, nullable, RESPONSE)] == [
        "may now be null",
        "was string, is now integer",
    ]
    typed = {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert [message for _, message, _ in schema_changes(typed, TEXT, RESPONSE)][1:] == ["was object, is now string"]


def test_alternatives_are_told_apart_by_what_they_refer_to():
    leaf, branch = obj(a=TEXT), obj(left={"$ref": "#/components/schemas/Branch"})
    one_of = {"oneOf": [{"$ref": "#/components/schemas/Leaf"}, {"$ref": "#/components/schemas/Branch"}]}
    old = holding(one_of, RESPONSE, Leaf=leaf, Branch=branch)
    assert changes(old, holding({"oneOf": one_of["oneOf"][::-1]}, RESPONSE, Leaf=leaf, Branch=branch)) == ()
    new = holding(one_of, RESPONSE, Leaf=obj(a=COUNT), Branch={**branch, "additionalProperties": False})
    assert [(change.subject.name, change.path) for change in changes(old, new)] == [("Leaf", "a"), ("Branch", "")]


def test_a_reference_to_nothing_is_an_error_that_names_it():
    with pytest.raises(DocumentError, match=r"#/components/schemas/Nothing.*points to nothing"):
        changes(referring("Nothing"), referring("Thing", Thing=obj(a=TEXT)))


def test_a_reference_in_a_circle_is_an_error():
    loop = referring("A", A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"})
    with pytest.raises(DocumentError, match="refers to itself"):
        changes(loop, referring("A", A=TEXT))
