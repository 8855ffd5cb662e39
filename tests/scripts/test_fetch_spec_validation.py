"""Which documents are valid: the published one with its liberties is, a broken one is not."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from small_documents import OK, json_body, one_operation, operation, root

from pipeline.document import DocumentError
from pipeline.reading import read_file
from pipeline.validation import check

PUBLISHED = Path(__file__).resolve().parents[2] / "spec" / "openapi.json"

# A document with what the published one has of each sort; that one itself takes seconds to be found wrong.
SMALL = root(
    {
        "/things": {
            "get": operation(operationId="things.list"),
            "query": operation(operationId="things.search", requestBody={"content": {"text/plain": {}}}),
        },
        "/things/{id}": {
            "get": operation(
                operationId="things.get",
                parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                responses={"200": {**OK, **json_body({"$ref": "#/components/schemas/Thing"})}},
            )
        },
    },
    components={"schemas": {"Thing": {"type": "object", "properties": {"id": {"type": "string"}}}}},
)


def answering(schema):
    return one_operation(responses={"200": {**OK, **json_body(schema)}})


@pytest.mark.parametrize(
    "document",
    [
        one_operation(),
        root({"/things": {"query": operation()}}),
        {**one_operation(), "openapi": "3.0.4"},
        {**answering({"type": "string", "nullable": True}), "openapi": "3.0.1"},
        answering({"type": "string", "nullable": True}),
        {**answering({"type": "null"}), "openapi": "3.0.4"},
        one_operation(responses={"200": {}}),
        answering({"type": "object", "properties": {"$ref": {"type": "string"}}}),
        answering({"type": "object", "example": {"$ref": "../elsewhere"}}),
        answering({"type": "object", "properties": {"example": {"type": "string"}}}),
        {**one_operation(), "x-anything": {"type": "strng"}},
    ],
)
def test_liberties_that_change_nothing_are_allowed(document):
    before = deepcopy(document)
    check(document)
    assert document == before


def test_the_published_document_and_the_small_one_are_valid():
    check(read_file(PUBLISHED).root)
    check(SMALL)


def changed(*path, **changes):
    """The small document with one object changed: a value of None takes the key away."""
    document = deepcopy(SMALL)
    node = document
    for key in path:
        node = node[key]
    for key, value in changes.items():
        if value is None:
            del node[key]
        else:
            node[key] = value
    return document


THING = ("components", "schemas", "Thing", "properties")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed(info=None), "'info' is a required property"),
        (changed(*THING, "id", type="strng"), "'strng' is not one of"),
        (changed(*THING, id={"$ref": "#/components/schemas/no"}), "schemas/no' points to"),
        (changed(*THING, id={"$ref": "http://127.0.0.1:1/id"}), "points outside of the document"),
        (changed(*THING, example={"$ref": "#/no"}), "points to nothing"),
        (changed("paths", "/things", fetch={}), "'fetch' was unexpected"),
        (changed("paths", "/things", "get", operationId="things.get"), "is not unique"),
        (changed("paths", "/things", get="x"), "'x' is not of type 'object'"),
        (changed("paths", "/things", "get", responses=["200"]), "is not of type 'object'"),
        (changed("paths", "/things/{id}", "get", parameters=[]), "Path parameter 'id'"),
        (changed("paths", "/things", "query", requestBody={"content": 1}), "is not of type 'object'"),
        (changed(paths=["/things"]), "paths: ['/things'] is not of type 'object'"),
    ],
)
def test_what_is_broken_is_named(document, words):
    with pytest.raises(DocumentError) as caught:
        check(document)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 800


def test_the_first_few_of_many_errors_are_named_and_the_others_counted():
    wrong = {f"/{name}": {"get": {"responses": {"200": 1}}} for name in "abcdef"}
    with pytest.raises(DocumentError, match=r"/a .*/b .*/c .*\(and 3 more\)"):
        check(root(wrong))
