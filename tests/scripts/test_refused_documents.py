"""Documents that cannot be generated from: each is refused by the place that is wrong, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from generating import made
from strange_documents import answer, document, get, parameter, ref

import generate as script

if TYPE_CHECKING:
    from pathlib import Path


def wrong(change: Any = None, **more: Any) -> dict[str, Any]:
    operation = {"operationId": "things.get", "responses": {"200": answer({"type": "string"})}, **more}
    return document({"/things": {"get": operation}}, change)


# Too deep for Python's recursion.
DEEP = '{"openapi": "3.1.0", "info": ' + '{"x": ' * 900 + "1" + "}" * 900 + ', "paths": {}}'
INFO = {"title": "t", "version": "1"}
REFUSED = {
    "not json": ("{", "not JSON"),
    "a list": ("[]", "it is a list, not an object"),
    "lone surrogate": (document({"/\ud83d": get({"type": "string"})}), "it contains a lone surrogate: "),
    "deep": (DEEP, ""),
    "empty": ("", "it is empty"),
    "no paths": ({"openapi": "3.1.0", "info": INFO}, "it needs `openapi`, `info` and `paths`"),
    "swagger": ({"swagger": "2.0", "info": INFO, "paths": {}}, "it has no `openapi` key"),
    "paths a list": ({"openapi": "3.1.0", "info": INFO, "paths": []}, "paths: "),
    "path a text": (document({"/x": "y"}), "paths > /x: "),
    "operation a text": (document({"/x": {"get": "y"}}), "paths > /x > get: "),
    "an unknown method's operation": (
        document({"/x": {"query": {"operationId": 7}}}), "paths > /x > query > operationId"
    ),
    "more operations a list": (document({"/x": {"additionalOperations": []}}), "/x > additionalOperations"),
    "no method": (document({"/x": {"a b": {"responses": {}}}}), "/x: 'a b' is not a valid method"),
    "parameter of nothing": (
        wrong(parameters=[{"name": "filter", "in": "query"}]),
        "GET /things: the query parameter 'filter' has neither a schema nor a media type",
    ),
    "parameter style": (
        wrong(parameters=[parameter("ids", "query", {"type": "array", "items": {}}, style="matrix")]),
        "GET /things: the query parameter 'ids' does not support the style 'matrix'",
    ),
    "parameter nowhere": (wrong(parameters=[{"$ref": "#/components/parameters/no"}]), "GET /things"),
    "two parameters": (wrong(parameters=[parameter("a", "query"), parameter("a", "query")]), "GET /things"),
    "path parameter missing": (document({"/x/{id}": get({"type": "string"})}), "/x/{id}"),
    "path elsewhere": (document({"/x": {"$ref": "other.json#/x"}}), "/x: there is no other.json#/x in the document"),
    "schema nowhere": (wrong(responses={"200": answer(ref("No"))}), "GET /things"),
    "schema elsewhere": (wrong(responses={"200": answer({"$ref": "https://x.example/s"})}), "GET /things"),
    "a ring of references": (
        document({"/x": get(ref("A"))}, {"A": ref("B"), "B": ref("A")}),
        "schemas > A: it refers to itself",
    ),
    "a list of itself": (
        document({"/x": get(ref("A"))}, {"A": {"type": "array", "items": ref("A")}}), "/components/schemas/A"
    ),
    "two operations of one name": (
        document({"/x": get({"type": "string"}), "/y": get({"type": "string"})}),
        "GET /x and GET /y would both be api.things.get",
    ),
    "two nouns of one name": (
        document(
            {"/x": {"get": {"operationId": "a.b_c.get", "responses": {"204": answer()}}},
             "/y": {"get": {"operationId": "a_b.c.get", "responses": {"204": answer()}}}}
        ),
        "GET /x and GET /y would both be api.a_b_c.get",
    ),
    "two fields of one name": (
        document({"/x": get({"type": "object", "title": "T", "properties": {"ﬁt": {}, "fit": {}}})}),
        "T: the fields",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_generated_is_refused_by_its_place_and_leaves_the_folder_alone(
    name: str, tmp_path: Path
) -> None:
    given, said = REFUSED[name]
    folder = tmp_path / "out" / "replicatekit_api"
    folder.mkdir(parents=True)
    (folder / "kept.txt").write_text("as it was")
    with pytest.raises(script.Unusable) as caught:
        made(given, tmp_path)
    assert said in str(caught.value)
    assert str(tmp_path / "document.json") in str(caught.value)
    assert "object at 0x" not in str(caught.value)
    assert len(str(caught.value)) < 2000
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["document.json", "kept.txt"]
