"""A table of pairs: each rule of the report, there and back, in requests and in answers."""

from __future__ import annotations

from copy import deepcopy

import pytest
from small_documents import OK, changes, holding, json_body, one_operation, operation, root

from report.change import Side, Verdict

LETTERS = {"B": Verdict.BREAKING, "A": Verdict.ATTENTION, "U": Verdict.UNJUDGED, "H": Verdict.HARMLESS}
ORDER = "-HUAB"

T, I, N = {"type": "string"}, {"type": "integer"}, {"type": "number"}  # noqa: E741 (a table is read by its columns)


def obj(*required, **properties):
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def text(**more):
    return {"type": "string", **more}


def nums(**more):
    return {"type": "integer", **more}


def items(**more):
    return {"type": "array", "items": T, **more}


# For each rule two schemas, and what it means to go from the first to the second and back:
# in a request and in an answer, there; in a request and in an answer, back.
SCHEMAS = {
    "a field": (obj(), obj(a=T), "HH", "BB"),
    "a required field": (obj(), obj("a", a=T), "BA", "BB"),
    "a field is required": (obj(a=T), obj("a", a=T), "BA", "HB"),
    "a nested field": (obj(o=obj()), obj(o=obj(a=T)), "HH", "BB"),
    "a nested field is required": (obj(o=obj(a=T)), obj(o=obj("a", a=T)), "BA", "HB"),
    "a field of items": ({"type": "array", "items": obj()}, {"type": "array", "items": obj(a=T)}, "HH", "BB"),
    "a field that is renamed": (obj(first=T), obj(initial=T), "BB", "BB"),
    "a type": (T, I, "BB", "BB"),
    "integers and numbers": (I, N, "HB", "BH"),
    "a type and any value": (T, {}, "HB", "BH"),
    "one type and two": (T, {"type": ["string", "integer"]}, "HB", "BH"),
    "null": (T, {"type": ["string", "null"]}, "HB", "BH"),
    "null as 3.0 says it": (T, text(nullable=True), "HB", "BH"),
    "null as one of several": (T, {"oneOf": [T, {"type": "null"}]}, "HB", "BH"),
    "the spellings of null": (text(nullable=True), {"type": ["string", "null"]}, "--", "--"),
    "null in an enum": (text(enum=["a"]), {"type": ["string", "null"], "enum": ["a", None]}, "HB", "BH"),
    "an enum's value": (text(enum=["a"]), text(enum=["a", "b"]), "HA", "BH"),
    "an enum": (T, text(enum=["a"]), "BH", "HA"),
    "the order of an enum": (text(enum=["a", "b"]), text(enum=["b", "a"]), "--", "--"),
    "a constant": (T, text(const="a"), "BH", "HA"),
    "another constant": (text(const="a"), text(const="b"), "BA", "BA"),
    "a constant and an enum of it": (text(const="a"), text(enum=["a"]), "--", "--"),
    "a format": (T, text(format="date"), "BH", "HB"),
    "another format": (text(format="date"), text(format="date-time"), "BB", "BB"),
    "a format that repeats the type": (T, text(format="string"), "--", "--"),
    "a default": (T, text(default="a"), "HH", "AH"),
    "another default": (text(default="a"), text(default="b"), "BH", "BH"),
    "maximum": (nums(maximum=9), nums(maximum=99), "HA", "BH"),
    "maximum at all": (nums(), nums(maximum=9), "BH", "HA"),
    "minimum": (nums(minimum=1), nums(minimum=0), "HA", "BH"),
    "exclusiveMaximum": (nums(exclusiveMaximum=9), nums(exclusiveMaximum=10), "HA", "BH"),
    "exclusiveMinimum": (nums(exclusiveMinimum=1), nums(exclusiveMinimum=0), "HA", "BH"),
    "exclusive as 3.0 says it": (nums(maximum=9, exclusiveMaximum=True), nums(exclusiveMaximum=9), "--", "--"),
    "multipleOf": (nums(), nums(multipleOf=2), "BH", "HA"),
    "maxLength": (text(maxLength=1), text(maxLength=2), "HA", "BH"),
    "minLength": (text(minLength=2), text(minLength=1), "HA", "BH"),
    "pattern": (T, text(pattern="^a"), "BH", "HA"),
    "another pattern": (text(pattern="^a"), text(pattern="^b"), "BH", "BH"),
    "maxItems": (items(maxItems=1), items(maxItems=2), "HA", "BH"),
    "minItems": (items(minItems=2), items(minItems=1), "HA", "BH"),
    "uniqueItems": (items(), items(uniqueItems=True), "BH", "HA"),
    "maxProperties": (obj() | {"maxProperties": 1}, obj() | {"maxProperties": 2}, "HA", "BH"),
    "minProperties": (obj() | {"minProperties": 2}, obj() | {"minProperties": 1}, "HA", "BH"),
    "the type of items": (items(), {"type": "array", "items": I}, "BB", "BB"),
    "the type of items, wider": ({"type": "array", "items": I}, {"type": "array", "items": N}, "HB", "BH"),
    "no further fields": (obj(a=T) | {"additionalProperties": False}, obj(a=T), "HH", "BH"),
    "fields of one kind": (obj() | {"additionalProperties": T}, obj() | {"additionalProperties": I}, "BB", "BB"),
    "an alternative": ({"oneOf": [T, obj(a=T)]}, {"oneOf": [T, obj(a=T), items()]}, "HB", "BH"),
    "alternatives that are types": ({"oneOf": [T, I]}, {"type": ["string", "integer"]}, "--", "--"),
    "anyOf and oneOf": ({"anyOf": [T, obj(a=T)]}, {"oneOf": [T, obj(a=T)]}, "--", "--"),
    "allOf and its sum": ({"allOf": [obj(a=T), obj(b=T)]}, obj(a=T, b=T), "--", "--"),
    "deprecated": (obj(a=T), obj(a=text(deprecated=True)), "AA", "HH"),
    "readOnly": (obj(a=T), obj(a=text(readOnly=True)), "B-", "H-"),
    "writeOnly": (obj(a=T), obj(a=text(writeOnly=True)), "-B", "-H"),
    "a description": (obj(a=T), obj(a=text(description="New words.", title="A", example="x")), "--", "--"),
    "an extension": (obj(a=T), obj(a=text(**{"x-internal": True})), "--", "--"),
    "if": (obj(a=T), obj(a=T) | {"if": {"required": ["a"]}, "then": {"maxProperties": 1}}, "UU", "UU"),
    "else": (obj() | {"if": {}, "else": {}}, obj() | {"if": {}, "else": T}, "UU", "UU"),
    "dependentRequired": (obj(a=T), obj(a=T) | {"dependentRequired": {"a": ["b"]}}, "UU", "UU"),
    "dependentSchemas": (obj(a=T), obj(a=T) | {"dependentSchemas": {"a": obj(b=T)}}, "UU", "UU"),
    "contains": (items(), items(contains={"const": "a"}), "UU", "UU"),
    "minContains": (items(contains=T), items(contains=T, minContains=2), "UU", "UU"),
    "prefixItems": (items(prefixItems=[T]), items(prefixItems=[I]), "UU", "UU"),
    "patternProperties": (obj(), obj() | {"patternProperties": {"^a": T}}, "UU", "UU"),
    "patternProperties called description": (
        obj() | {"patternProperties": {"description": T}}, obj() | {"patternProperties": {"description": I}}, "UU", "UU"
    ),
    "propertyNames": (obj(), obj() | {"propertyNames": {"maxLength": 3}}, "UU", "UU"),
    "unevaluatedProperties": (obj(), obj() | {"unevaluatedProperties": False}, "UU", "UU"),
    "unevaluatedItems": (items(), items(unevaluatedItems=False), "UU", "UU"),
    "contentMediaType": (T, text(contentMediaType="image/png"), "UU", "UU"),
    "contentEncoding": (text(contentEncoding="base64"), text(contentEncoding="base32"), "UU", "UU"),
    "contentSchema": (text(contentSchema=T), text(contentSchema=I), "UU", "UU"),
    "not": (T, text(**{"not": {"const": "a"}}), "UU", "UU"),
    "a discriminator": (
        obj(k=T) | {"discriminator": {"propertyName": "k"}},
        obj(k=T) | {"discriminator": {"propertyName": "k", "mapping": {"a": "A"}}}, "UU", "UU",
    ),
    "a keyword that nobody knows": (T, text(futureKeyword=1), "UU", "UU"),
}  # fmt: skip


def query(name="q", required=None, schema=T, **more):
    return {"name": name, "in": "query", "schema": schema, **({"required": required} if required else {}), **more}


def answering(status="200", **more):
    return one_operation(responses={status: {**OK, **json_body(T)}, **more})


def headers(**more):
    return one_operation(responses={"200": {**OK, "headers": {name: {"schema": one} for name, one in more.items()}}})


def secured(*alternatives, **more):
    return one_operation(security=list(alternatives)) | more


KEY = {"type": "apiKey", "name": "k", "in": "header"}
SENT = {"requestBody": json_body(T)}
LOG = {"get": operation(operationId="things.log", parameters=[query()], responses={"200": {**OK, **json_body(T)}})}

# For each rule two documents, and what it means to go from the first to the second, and back.
DOCUMENTS = {
    "an operation": (root(), root({"/things": {"post": operation()}, "/log": LOG}), "H", "B"),
    "a path of an operation": (root({"/log": LOG}), root({"/logs": LOG}), "B", "B"),
    "a method": (root({"/a": {"put": operation()}}), root({"/a": {"patch": operation()}}), "B", "B"),
    "a method of OpenAPI 3.2": (root(), root({"/things": {"post": operation(), "query": operation()}}), "H", "B"),
    "an operation's name": (one_operation(), one_operation(operationId="things.make"), "A", "A"),
    "a placeholder's name": (
        one_operation("/a/{x}", parameters=[{"name": "x", "in": "path", "required": True, "schema": T}]),
        one_operation("/a/{y}", parameters=[{"name": "y", "in": "path", "required": True, "schema": T}]), "A", "A",
    ),
    "a deprecated operation": (one_operation(), one_operation(deprecated=True), "A", "H"),
    "a parameter": (one_operation(), one_operation(parameters=[query()]), "H", "B"),
    "a required parameter": (one_operation(), one_operation(parameters=[query(required=True)]), "B", "B"),
    "a parameter is required": (
        one_operation(parameters=[query()]), one_operation(parameters=[query(required=True)]), "B", "H"
    ),
    "a parameter's type": (
        one_operation(parameters=[query()]), one_operation(parameters=[query(schema=I)]), "B", "B"
    ),
    "a parameter's enum": (
        one_operation(parameters=[query(schema=text(enum=["a"]))]),
        one_operation(parameters=[query(schema=text(enum=["a", "b"]))]), "H", "B",
    ),
    "a parameter that is renamed": (
        one_operation(parameters=[query("sort")]), one_operation(parameters=[query("sort_by")]), "B", "B"
    ),
    "a parameter's style": (
        one_operation(parameters=[query(schema=items())]),
        one_operation(parameters=[query(schema=items(), explode=False)]), "B", "B",
    ),
    "a deprecated parameter": (
        one_operation(parameters=[query()]), one_operation(parameters=[query(deprecated=True)]), "A", "H"
    ),
    "a parameter's unknown keyword": (
        one_operation(parameters=[query()]), one_operation(parameters=[query(future=True)]), "U", "U"
    ),
    "a body": (one_operation(), one_operation(**SENT), "H", "B"),
    "a body is required": (
        one_operation(**SENT), one_operation(requestBody={**json_body(T), "required": True}), "B", "H"
    ),
    "a body's media type": (
        one_operation(**SENT),
        one_operation(requestBody={"content": {**json_body(T)["content"], "text/plain": {"schema": T}}}), "H", "B",
    ),
    "an answer's media type": (
        answering(),
        one_operation(
            responses={"200": {**OK, "content": {**json_body(T)["content"], "text/plain": {"schema": T}}}}
        ), "A", "B",
    ),
    "a status of success": (answering(), answering(**{"201": OK}), "A", "B"),
    "another status of success": (answering(), answering("201"), "B", "B"),
    "a status of refusal": (answering(), answering(**{"404": OK}), "H", "H"),
    "the body of an answer": (one_operation(), answering(), "H", "B"),
    "a header of an answer": (headers(), headers(Rate=T), "H", "B"),
    "the type of a header": (headers(Rate=T), headers(Rate=I), "B", "B"),
    "a server": (root(servers=[{"url": "https://a"}]), root(servers=[{"url": "https://a"}, {"url": "https://b"}]),
                 "H", "B"),
    "a server's variables": (
        root(servers=[{"url": "https://{x}", "variables": {"x": {"default": "a"}}}]),
        root(servers=[{"url": "https://{x}", "variables": {"x": {"default": "b"}}}]), "U", "U",
    ),
    "an operation's servers": (one_operation(), one_operation(servers=[{"url": "https://b"}]), "U", "U"),
    "a path's servers": (
        root({"/a": {"get": operation()}}),
        root({"/a": {"get": operation(), "servers": [{"url": "https://b"}]}}), "U", "U",
    ),
    "a way to be let in": (secured({"k": []}), secured({"k": []}, {"o": []}), "H", "B"),
    "no credentials": (secured({"k": []}), secured({}), "H", "B"),
    "a second credential": (secured({"k": []}), secured({"k": [], "o": []}), "B", "H"),
    "a scope": (secured({"o": ["read"]}), secured({"o": ["read", "write"]}), "U", "U"),
    "a security scheme": (
        secured({"k": []}, components={"securitySchemes": {"k": KEY}}),
        secured({"k": []}, components={"securitySchemes": {"k": {**KEY, "name": "l"}}}), "U", "U",
    ),
    "a new security scheme": (root(), root(components={"securitySchemes": {"k": KEY}}), "U", "U"),
    "a webhook": (root(), root(webhooks={"done": {"post": operation()}}), "U", "U"),
    "a webhook's body": (
        root(webhooks={"done": {"post": operation(**SENT)}}),
        root(webhooks={"done": {"post": operation(requestBody=json_body(I))}}), "U", "U",
    ),
    "a callback": (one_operation(), one_operation(callbacks={"done": {}}), "U", "U"),
    "a link": (answering(), one_operation(responses={"200": {**OK, **json_body(T), "links": {"next": {}}}}), "U", "U"),
    "an encoding": (
        one_operation(requestBody={"content": {"multipart/form-data": {"schema": obj(a=T)}}}),
        one_operation(
            requestBody={
                "content": {"multipart/form-data": {"schema": obj(a=T), "encoding": {"a": {"contentType": "x/y"}}}}
            }
        ), "U", "U",
    ),
    "the dialect": (root(), root(jsonSchemaDialect="https://example.test/dialect"), "U", "U"),
    "the version of OpenAPI": (root(), root(openapi="3.2.0"), "-", "-"),
    "prose and tags": (root(), root(info={"title": "Others", "version": "2"}, tags=[{"name": "a"}]), "-", "-"),
    "a component that nobody uses": (root(), root(components={"schemas": {"A": T}}), "H", "H"),
    "a component's name": (
        one_operation(responses={"200": {**OK, **json_body({"$ref": "#/components/schemas/A"})}})
        | {"components": {"schemas": {"A": obj(a=T)}}},
        one_operation(responses={"200": {**OK, **json_body({"$ref": "#/components/schemas/B"})}})
        | {"components": {"schemas": {"B": obj(a=T)}}}, "H", "H",
    ),
}  # fmt: skip


def verdict(old, new):
    found = [change.verdict for change in changes(deepcopy(old), deepcopy(new))]
    return max((letter for letter, one in LETTERS.items() if one in found), key=ORDER.index, default="-")


PAIRS = [(name, way) for name in [*SCHEMAS, *DOCUMENTS] for way in ("there", "back")]


@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("rule", SCHEMAS)
def test_schemas_are_judged_by_direction(rule, way):
    old, new, *expected = SCHEMAS[rule]
    old, new = (old, new) if way == "there" else (new, old)
    found = "".join(verdict(holding(old, side), holding(new, side)) for side in (Side.REQUEST, Side.RESPONSE))
    assert found == expected[way == "back"]


@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("rule", DOCUMENTS)
def test_documents_are_judged_by_what_a_caller_meets(rule, way):
    old, new, *expected = DOCUMENTS[rule]
    old, new = (old, new) if way == "there" else (new, old)
    assert verdict(old, new) == expected[way == "back"]


@pytest.mark.parametrize("rule", [*SCHEMAS, *DOCUMENTS])
def test_what_is_the_same_has_no_change(rule):
    for one in (SCHEMAS.get(rule) or DOCUMENTS[rule])[:2]:
        whole = one if rule in DOCUMENTS else holding(one, Side.REQUEST)
        assert verdict(whole, whole) == "-"


def test_there_are_enough_pairs():
    assert len(PAIRS) > 220
