"""What documents of other APIs describe in their many ways: each is generated, imported and called."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs
import httpx
import pytest
from generating import loaded, made, modules_of
from strange_documents import answer, document, get, json_of, parameter, ref

import generate as script

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Load = Callable[..., ModuleType]

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "documents"
BASE = "https://strange.example/base"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return lambda given: loaded(given, tmp_path)


class Exchange:
    """A client of a package that keeps what it sends, and answers with JSON or with a response."""

    def __init__(self, package: ModuleType, *answers: Any, base_url: str = BASE) -> None:
        self.sent: list[httpx.Request] = []
        self.answers = list(answers)
        self.client = package.Client(base_url, httpx_args={"transport": httpx.MockTransport(self._take)})

    def _take(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        given = self.answers.pop(0) if self.answers else "x"
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)


def operation(**more: Any) -> dict[str, Any]:
    return {"operationId": "things.do", "responses": {"200": answer({"type": "string"})}, **more}


def with_parameter(schema: Any, location: str = "query", path: str = "/things", **more: Any) -> dict[str, Any]:
    return document({path: {"get": operation(parameters=[parameter("q", location, schema, **more)])}})


def sent_for(load: Load, given: dict[str, Any], value: Any) -> httpx.Request:
    package = load(given)
    exchange = Exchange(package)
    function = package.api.things.do.sync
    is_first = inspect.signature(function).parameters["q"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    function(*([value] if is_first else []), client=exchange.client, **({} if is_first else {"q": value}))
    return exchange.sent[0]


LIST = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
QUERIES = {
    "a list": (LIST, {}, ["x", "y"], "q=x&q=y"),
    "a list in one": (LIST, {"explode": False}, ["x", "y"], "q=x%2Cy"),
    "a list by spaces": (LIST, {"style": "spaceDelimited", "explode": False}, ["x", "y"], "q=x+y"),
    "a list by pipes": (LIST, {"style": "pipeDelimited", "explode": False}, ["x", "y"], "q=x%7Cy"),
    "an object": (OBJECT, {}, {"a": "x", "b": 2}, "a=x&b=2"),
    "an object in one": (OBJECT, {"explode": False}, {"a": "x", "b": 2}, "q=a%2Cx%2Cb%2C2"),
    "a deep object": (OBJECT, {"style": "deepObject"}, {"a": "x", "b": 2}, "q%5Ba%5D=x&q%5Bb%5D=2"),
    "a map": ({"type": "object"}, {"style": "deepObject"}, {"z": {"y": 1}}, "q%5Bz%5D%5By%5D=1"),
    "a type as a list": ({"type": ["string", "null"]}, {"explode": False}, "x", "q=x"),
    "an object by reference": (ref("Filter"), {"style": "deepObject"}, {"a": "x"}, "q%5Ba%5D=x"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_parameter_is_sent_in_its_style(load: Load, name: str) -> None:
    schema, style, value, query = QUERIES[name]
    given = with_parameter(schema, **style)
    given["components"] = {"schemas": {"Filter": OBJECT}}
    assert sent_for(load, given, value).url.query.decode() == query


PATHS = {
    "simple": (LIST, {}, ["x", "y"], "x,y"),
    "label": (LIST, {"style": "label"}, ["x", "y"], ".x,y"),
    "label, exploded": (LIST, {"style": "label", "explode": True}, ["x", "y"], ".x.y"),
    "matrix": (LIST, {"style": "matrix"}, ["x", "y"], ";q=x,y"),
    "matrix, exploded": (LIST, {"style": "matrix", "explode": True}, ["x", "y"], ";q=x;q=y"),
    "an object": (OBJECT, {}, {"a": "x", "b": 2}, "a,x,b,2"),
    "an object, exploded": (OBJECT, {"explode": True}, {"a": "x", "b": 2}, "a=x,b=2"),
    "a matrix object": (OBJECT, {"style": "matrix", "explode": True}, {"a": "x", "b": 2}, ";a=x;b=2"),
    "json": (None, {"content": {"application/json": {"schema": OBJECT}}}, {"a": "x"}, "%7B%22a%22%3A%22x%22%7D"),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_parameter_is_sent_in_its_style(load: Load, name: str) -> None:
    schema, style, value, segment = PATHS[name]
    given = with_parameter(schema, "path", "/things/{q}", **style)
    if schema is None:
        del given["paths"]["/things/{q}"]["get"]["parameters"][0]["schema"]
    assert sent_for(load, given, value).url.raw_path.decode() == f"/base/things/{segment}"


def test_an_item_that_would_become_two_is_refused(load: Load) -> None:
    package = load(with_parameter(LIST, explode=False))
    exchange = Exchange(package)
    with pytest.raises(package.errors.InvalidArgument, match="separates"):
        package.api.things.do.sync(q=["a,b"], client=exchange.client)
    assert not exchange.sent


PETS = {
    "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "name": {}}},
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "name": {}}},
}
BY_MAPPING = {
    "oneOf": [ref("Cat"), ref("Dog")],
    "discriminator": {"propertyName": "kind", "mapping": {"c": ref("Cat")["$ref"], "d": ref("Dog")["$ref"]}},
}
BY_NAME = {"anyOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}


@pytest.mark.parametrize(("union", "kind"), [(BY_MAPPING, "d"), (BY_NAME, "Dog")], ids=["mapping", "name"])
def test_the_discriminator_decides_and_an_unknown_kind_is_kept_and_reported(load: Load, union: Any, kind: str) -> None:
    holder = {"type": "object", "properties": {"pet": union}}
    package = load(
        document({"/things": get(union), "/holder": {"get": operation(responses={"200": answer(holder)})}}, PETS)
    )
    exchange = Exchange(package, {"kind": kind}, {"kind": "bird", "wings": 2}, {"pet": {"kind": "bird"}})
    fetch = package.api.things.get.sync
    assert type(fetch(client=exchange.client)).__name__ == "Dog"
    unknown = fetch(client=exchange.client)
    assert isinstance(unknown, package.UnknownVariant)
    assert (unknown.to_dict(), unknown.invalid_values) == ({"kind": "bird", "wings": 2}, {"kind": "bird"})
    held = package.api.things.do.sync(client=exchange.client)
    assert held.pet["kind"] == "bird"
    assert held.invalid_values == {"pet.kind": "bird"}


def test_a_base_class_with_a_discriminator_is_read_as_its_subclasses(load: Load) -> None:
    base = {"type": "object", "properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind"}}
    schemas = {
        "Pet": base,
        "Cat": {"allOf": [ref("Pet"), {"type": "object", "properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"allOf": [ref("Pet"), {"type": "object", "properties": {"tricks": LIST}}]},
    }
    package = load(document({"/things": get({"type": "array", "items": ref("Pet")})}, schemas))
    exchange = Exchange(package, [{"kind": "Cat", "lives": 9}, {"kind": "Dog", "tricks": ["sit"]}])
    cat, dog = package.api.things.get.sync(client=exchange.client)
    assert (cat.kind, cat.lives, dog.tricks) == ("Cat", 9, ["sit"])


def test_constants_are_filled_in_and_sent(load: Load) -> None:
    schemas = {
        "One": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "one"}, "a": {}}},
        "Two": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["two"]}}},
        "Three": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
    }
    mapping = {name.lower(): ref(name)["$ref"] for name in schemas}
    union = {"oneOf": [*map(ref, schemas)], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    body = {"required": True, **json_of(union)}
    package = load(document({"/things": {"post": operation(requestBody=body)}}, schemas))
    exchange = Exchange(package)
    for name in schemas:
        package.api.things.do.sync(client=exchange.client, body=getattr(package.models, name)())
    assert [json.loads(sent.content) for sent in exchange.sent] == [{"kind": "one"}, {"kind": "two"}, {"kind": "three"}]


SEVERAL = {
    "requestBody": {
        "content": {
            "application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
            "application/x-www-form-urlencoded": {"schema": ref("Form")},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


def test_every_media_type_of_a_body_can_be_sent(load: Load) -> None:
    form = {"type": "object", "properties": {"f": {"type": "string"}}}
    package = load(document({"/things": {"post": operation(**SEVERAL)}}, {"Form": form}))
    exchange = Exchange(package)
    send, models = package.api.things.do.sync, package.models
    send(client=exchange.client, body={"a": "x"})
    send(client=exchange.client, body=models.ThingsDoMultipartRequest(file=b"\x00"))
    send(client=exchange.client, body=models.Form(f="y"))
    send(client=exchange.client, body={"f": "z"}, content_type="application/x-www-form-urlencoded")
    send(client=exchange.client, body=b"raw")
    kinds = [sent.headers["content-type"].partition(";")[0] for sent in exchange.sent]
    form_type = "application/x-www-form-urlencoded"
    assert kinds == ["application/json", "multipart/form-data", form_type, form_type, "application/octet-stream"]
    assert exchange.sent[3].content == b"f=z"
    with pytest.raises(package.errors.InvalidArgument, match="content_type must be one of application/json"):
        send(client=exchange.client, body={}, content_type="text/plain")


NULLABLE = {
    "3.1": {"type": ["string", "null"], "enum": ["a", "b", None]},
    "3.1 without type": {"enum": ["a", "b", None]},
    "3.0": {"type": "string", "nullable": True, "enum": ["a", "b"]},
    "3.0 with null": {"type": "string", "nullable": True, "enum": ["a", "b", None]},
    "union": {"oneOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
    "any of": {"anyOf": [{"type": "null"}, {"type": "string", "enum": ["a", "b"]}]},
}


@pytest.mark.parametrize("spelling", NULLABLE)
def test_a_nullable_enum_is_one_class(load: Load, spelling: str) -> None:
    holder = {"type": "object", "properties": {"mode": NULLABLE[spelling]}}
    package = load(
        document({"/things": get(ref("T"))}, {"T": holder}, openapi="3.0.3" if "3.0" in spelling else "3.1.0")
    )
    assert {name for name in package.models.__all__ if name[0] == "T"} == {"T", "TMode"}
    read = package.models.T.from_dict
    assert (read({"mode": "a"}).mode, read({"mode": None}).mode) == (package.models.TMode.A, None)
    assert read({"mode": "z"}).mode == "z"


def test_two_inline_bodies_of_one_verb_are_named_by_noun_and_verb(load: Load) -> None:
    def create(noun: str) -> dict[str, Any]:
        inline = {"type": "object", "properties": {noun: {"type": "string"}}}
        return {
            "post": {
                "operationId": f"{noun}.create",
                "requestBody": json_of(inline),
                "responses": {"201": answer({"type": "object", "properties": {"id": {"type": "string"}}})},
            }
        }

    package = load(document({"/batches": create("batches"), "/jobs": create("jobs")}))
    assert {
        "BatchesCreateRequest", "BatchesCreateRequestDict", "BatchesCreateResponse",
        "JobsCreateRequest", "JobsCreateRequestDict", "JobsCreateResponse",
    } <= set(package.models.__all__)  # fmt: skip


def test_one_title_for_two_things_makes_two_classes(load: Load) -> None:
    fields = {
        "a": {"type": "string", "title": "E", "enum": ["x"]},
        "b": {"type": "string", "title": "E", "enum": ["y"]},
        "c": {"type": "object", "title": "E", "properties": {"d": {}}},
    }
    package = load(document({"/things": get({"title": "T", "type": "object", "properties": fields})}))
    assert {"E", "T", "TB", "TC"} <= set(package.models.__all__)


RAW = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


@pytest.mark.parametrize("wrapped", [False, True], ids=["file", "File"])
def test_an_open_file_is_streamed_from_where_it_stands(load: Load, wrapped: bool, tmp_path: Path) -> None:
    package = load(document({"/things": {"put": operation(**RAW)}}))
    path = tmp_path / "large.bin"
    path.write_bytes(b"-" + b"x" * 200_000)
    exchange = Exchange(package)
    with path.open("rb") as file:
        file.read(1)
        body = package.types.File(file, mime_type="application/x-sand") if wrapped else file
        package.api.things.do.sync(client=exchange.client, body=body)
    (sent,) = exchange.sent
    assert sent.content == b"x" * 200_000
    assert sent.headers["content-length"] == "200000"
    assert sent.headers["content-type"] == ("application/x-sand" if wrapped else "application/octet-stream")
    for wrong in (io.StringIO("text"), 7):
        with pytest.raises(package.errors.InvalidArgument):
            package.api.things.do.sync(client=exchange.client, body=wrong)


def test_an_open_file_and_events_go_through_async_clients_too(load: Load, tmp_path: Path) -> None:
    events = {"operationId": "e.get", "responses": EVENTS}
    paths = {"/things": {"put": operation(**RAW)}, "/e": {"get": events}}
    package = load(document(paths))
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * 200_000)
    exchange = Exchange(package, "x", httpx.Response(200, content=b"data: a\n\ndata: b\n\n"))

    async def work() -> list[str]:
        async with exchange.client:
            with path.open("rb") as file:
                await package.api.things.do.asyncio(client=exchange.client, body=file)
            return [event.data async for event in package.api.e.get.astream(client=exchange.client)]

    assert asyncio.run(work()) == ["a", "b"]
    assert exchange.sent[0].content == b"x" * 200_000
    assert exchange.sent[0].headers["content-length"] == "200000"


EVENTS = {"200": {"description": "", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}


def test_events_are_given_one_by_one(load: Load) -> None:
    package = load(document({"/things": get(None)} | {"/e": {"get": operation(responses=EVENTS)}}))
    text = b"\xef\xbb\xbfevent: output\r\nid: 7\r\ndata: a\r\ndata: b\r\n\r\n: comment\n\ndata\rretry: 9\r\rdata: cut"
    chunks = [text[index : index + 3] for index in range(0, len(text), 3)]
    exchange = Exchange(
        package, httpx.Response(200, content=iter(chunks)), httpx.Response(404, json={"detail": "gone"})
    )
    events = package.api.things.do.stream(client=exchange.client)
    assert [tuple(each) for each in events] == [("output", "a\nb", "7", None), ("message", "", "7", 9)]
    assert exchange.sent[0].headers["accept"] == "text/event-stream"
    with pytest.raises(package.errors.StatusError, match="404"):
        list(package.api.things.do.stream(client=exchange.client))


def test_defaults_are_shown_and_not_sent(load: Load) -> None:
    body = {"type": "object", "properties": {"size": {"type": "string", "default": "big"}}}
    fields = {"parameters": [parameter("n", "query", {"type": "integer", "default": 20})], "requestBody": json_of(body)}
    package = load(document({"/things": {"post": operation(**fields)}}))
    send, model = package.api.things.do.sync, package.models.ThingsDoRequest
    assert repr(inspect.signature(send).parameters["n"].default) == "20"
    assert repr(inspect.signature(model).parameters["size"].default) == "'big'"
    exchange = Exchange(package)
    send(client=exchange.client, body=model())
    assert exchange.sent[0].url.query == b""
    assert exchange.sent[0].content == b"{}"


def test_a_uuid_is_read_as_one_and_sent_as_text(load: Load) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}
    of_path = parameter("id", "path", {"type": "string", "format": "uuid"})
    package = load(
        document({"/things/{id}": {"get": operation(parameters=[of_path], responses={"200": answer(schema)})}})
    )
    text = "6a9c3d52-6a1f-4d4c-9a0e-0d6a6f2f5b11"
    exchange = Exchange(package, {"id": text})
    found = package.api.things.do.sync(UUID(text), client=exchange.client)
    assert found.id == UUID(text)
    assert found.to_dict() == {"id": text}
    assert exchange.sent[0].url.path.endswith(text)
    assert type(found)(id=UUID(text)).to_dict() == {"id": text}


def test_servers_of_a_path_are_used_where_they_differ(load: Load) -> None:
    paths = {
        "/same": {"servers": [{"url": BASE}], "get": {**operation(), "operationId": "things.same"}},
        "/other": {"servers": [{"url": "https://{where}.example/v2", "variables": {"where": {"default": "up"}}}],
                   "get": {**operation(), "operationId": "things.other"}},
        "/relative": {"get": {**operation(), "operationId": "things.relative", "servers": [{"url": "/v3"}]}},
    }  # fmt: skip
    package = load(document(paths))
    exchange = Exchange(package)
    api = package.api.things
    for verb in (api.same, api.other, api.relative):
        verb.sync(client=exchange.client)
    assert [str(sent.url) for sent in exchange.sent] == [
        f"{BASE}/same", "https://up.example/v2/other", "https://strange.example/v3/relative"
    ]  # fmt: skip
    gateway = Exchange(package, base_url="https://gateway.example/x")
    api.other.sync(client=gateway.client)
    assert str(gateway.sent[0].url) == "https://gateway.example/x/other", "the caller's own API is not left"


def test_references_may_lead_anywhere_in_the_document(load: Load) -> None:
    schemas = {
        "Outer": {
            "type": "object",
            "properties": {"a": {"$ref": "#/components/schemas/Outer/$defs/Inner"}, "b": {"$ref": "#/$defs/Inner"}},
            "$defs": {"Inner": {"type": "object", "properties": {"x": {"type": "integer"}}}},
        },
        "Other": {"type": "object", "properties": {"c": {"$ref": "#/components/schemas/Outer/properties/a"}}},
    }
    path = "#/paths/~1things/get/responses/200/content/application~1json/schema"
    again = {"operationId": "again.get", "responses": {"200": answer({"$ref": path})}}
    package = load(document({"/things": get(ref("Outer")), "/again": {"get": again}, "/o": get_other()}, schemas))
    exchange = Exchange(package, {"a": {"x": 1}, "b": {"x": 2}}, {"c": {"x": 3}})
    outer = package.api.again.get.sync(client=exchange.client)
    assert (type(outer).__name__, outer.a.x, outer.b.x) == ("Outer", 1, 2)
    assert package.api.other.get.sync(client=exchange.client).c.x == 3


def get_other() -> dict[str, Any]:
    return {"get": {"operationId": "other.get", "responses": {"200": answer(ref("Other"))}}}


def test_booleans_stand_for_schemas(load: Load) -> None:
    schema = {"type": "object", "properties": {"a": True, "b": False, "c": {"type": "array", "items": True}}}
    package = load(document({"/things": get(schema)}))
    exchange = Exchange(package, {"a": [1], "c": [None, "x"]})
    found = package.api.things.get.sync(client=exchange.client)
    assert (found.a, found.c) == ([1], [None, "x"])


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.1", "3.2.0"])
def test_every_version_of_openapi_3_is_read(load: Load, version: str) -> None:
    package = load(document({"/things": {"query": operation()}}, openapi=version))
    exchange = Exchange(package)
    assert package.api.things.do.sync(client=exchange.client) == "x"
    assert exchange.sent[0].method == "QUERY"


def test_what_cannot_be_generated_is_left_out_and_named_if_that_is_asked_for(tmp_path: Path) -> None:
    paths = {
        "/good": {"get": {**operation(), "operationId": "things.good"}},
        "/style": {"get": operation(parameters=[parameter("q", "query", style="matrix")])},
        "/fields": {"get": {"operationId": "things.fields", "responses": {"200": answer(ref("T"))}}},
        "/twice": {"get": {**operation(), "operationId": "things.good"}},
    }
    given = document(paths, {"T": {"type": "object", "properties": {"ﬁt": {}, "fit": {}}}})
    with pytest.raises(script.Unusable) as caught:
        made(given, tmp_path)
    path = tmp_path / "document.json"
    done = script.generate(path, tmp_path / "out", lenient=True)
    assert len(done.left_out) == 3
    for each in done.left_out:
        assert each in str(caught.value)
    assert done.operations == 2
    assert done.package.joinpath("api/things/good.py").is_file()


def test_models_support_attrs_and_annotations_resolve(load: Load) -> None:
    package = load(document({"/things": {"post": operation(**SEVERAL)}}, {"Form": {"type": "object"}}))
    for name, module in modules_of(package).items():
        for function in vars(module).values():
            if not name.startswith("_") and inspect.isfunction(function) and function.__module__ == module.__name__:
                typing.get_type_hints(function)
    assert attrs.has(package.models.ThingsDoRequest)


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.name.partition(".")[0])
def test_each_of_the_collected_cases_is_generated_and_imported(load: Load, path: Path) -> None:
    given = json.loads(path.read_text("utf-8"))
    base = Path(__file__).resolve().parents[2] / "spec" / "openapi.json"
    package = load(_merged(json.loads(base.read_text("utf-8")), given) if "merge-patch" in path.name else given)
    assert modules_of(package)
