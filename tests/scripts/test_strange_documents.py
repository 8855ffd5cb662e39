"""Documents of other APIs: what they describe works, or the place that cannot be generated is named."""

from __future__ import annotations

import ast
import copy
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import strange_documents as strange
from generating import loaded, made, modules_of
from strange_documents import answer, document, get, json_of, parameter, ref

import generate as script

if TYPE_CHECKING:
    from types import ModuleType

ALL = {"pets": strange.PETS, "names": strange.NAMES, "wire": strange.WIRE, "methods": strange.METHODS}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleType]:
    return {name: loaded(each, tmp_path_factory.mktemp(name)) for name, each in ALL.items()}


class Exchange:
    """A client of a package, the requests that it sent, and the answers that it is given."""

    def __init__(self, package: ModuleType, *answers: httpx.Response) -> None:
        self.sent: list[httpx.Request] = []
        self.answers = list(answers)
        transport = httpx.MockTransport(self._take)
        self.client = package.Client("https://strange.example/base", httpx_args={"transport": transport})

    def _take(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        return self.answers.pop(0)


@pytest.mark.parametrize("name", ALL)
def test_every_module_of_it_can_be_imported(packages: dict[str, ModuleType], name: str) -> None:
    modules = modules_of(packages[name])
    verbs = {each for each in modules if each.startswith("api.") and each.count(".") == 2}
    assert len(verbs) == {"pets": 3, "names": 4, "wire": 5, "methods": 5}[name]
    assert all(modules[each].sync.__doc__ for each in verbs)


@pytest.mark.parametrize("name", ALL)
def test_it_is_clean_and_its_types_hold(packages: dict[str, ModuleType], name: str, tmp_path: Path) -> None:
    beside = str(Path(sys.executable).parent)
    pyright = shutil.which("pyright", path=beside) or shutil.which("pyright")
    folder = str(packages[name].__path__[0])
    ruff = shutil.which("ruff", path=beside) or "ruff"
    assert subprocess.run([ruff, "check", "--isolated", "--no-cache", folder], check=False).returncode == 0
    if pyright is None:
        pytest.skip("pyright is not here")
    settings = {"include": [folder], "typeCheckingMode": "basic", "pythonVersion": "3.11"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable, "-p", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_an_object_of_several_kinds_is_the_one_that_it_is_like(packages: dict[str, ModuleType]) -> None:
    pets = [{"kind": "dog", "lives": 9}, {"kind": "cat"}, {"tricks": []}, {"lives": 1}, {}, {"kind": "bird"}]
    exchange = Exchange(packages["pets"], httpx.Response(200, json=pets))
    found = packages["pets"].api.pets.list.sync(client=exchange.client)
    assert [type(each).__name__ for each in found] == ["Dog", "Cat", "Dog", "Cat", "Cat", "Cat"]
    assert [each.to_dict() for each in found] == pets


def test_an_answer_is_read_by_its_status(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(
        packages["pets"],
        httpx.Response(201, json={"kind": "cat"}),
        httpx.Response(202, json={"job": "7"}),
        httpx.Response(204),
        httpx.Response(200, json={"kind": "dog"}),
    )
    create = packages["pets"].api.pets.create
    found = [create.sync(client=exchange.client, body={"name": "Whelk"}) for _ in range(4)]
    assert [type(each).__name__ for each in found] == ["Cat", "Job", "NoneType", "Dog"]


def test_inherited_fields_are_there_and_inherited_secrets_stay_secret(packages: dict[str, ModuleType]) -> None:
    models = packages["pets"].models
    pet = models.NewPet(name="Whelk", age=2, pin="s3cret")
    assert (pet.name, pet.age, pet.pin) == ("Whelk", 2, "s3cret")
    assert "s3cret" not in repr(pet)
    assert "s3cret" not in repr(
        models.Tree.from_dict({"login": {"pin": "s3cret"}, "children": [{"login": {"pin": "s3cret"}}]})
    )


def test_nested_and_recursive_things_are_read_all_the_way(packages: dict[str, ModuleType]) -> None:
    data = {
        "children": [{"children": [{"size": 2}, 7]}],
        "parent": None,
        "by_name": {"a": {"size": -3}, "b": 7},
        "scores": {"x": 1, "y": "no"},
        "nested": {"z": {"x": 0.5, "w": None}},
        "colours": ["red", "sea-green", "blue", "", 7],
        "maybe": ["a", None, 7],
        "size": 99,
        "either": "few",
        "both": 7,
        "matrix": [[1, 2.5], [None]],
        "day": "2026-02-03",
        "free": [1],
        "mixed": "a",
        "sizes": 0.5,
    }
    tree = packages["pets"].models.Tree.from_dict(copy.deepcopy(data))
    size = packages["pets"].models.Size
    assert tree.children[0].children[0].size is size.VALUE_2
    assert tree.by_name["a"].size is size.VALUE_NEGATIVE_3
    assert (tree.scores, tree.nested) == ({"x": 1.0}, {"z": {"x": 0.5}})
    assert tree.colours == ["red", "sea-green", "blue", ""]
    assert tree.colours[1] is packages["pets"].models.TreeColoursItem("sea-green")
    assert tree.maybe == ["a", None]
    assert (tree.size, tree.either, tree.matrix, tree.day) == (99, "few", [[1.0, 2.5], []], date(2026, 2, 3))
    assert type(tree.both) is int
    assert (tree.mixed, tree.sizes) == ("a", 0.5)
    assert tree.to_dict() == data
    assert tree.misfits == {
        "children[0].children[1]": 7,
        "by_name.b": 7,
        "scores.y": "no",
        "nested.z.w": None,
        "colours[4]": 7,
        "maybe[2]": 7,
        "matrix[1][0]": None,
    }


def test_another_name_for_a_schema_makes_no_other_class(packages: dict[str, ModuleType]) -> None:
    assert not {"Points", "Marks", "Scores"} & set(packages["pets"].models.__all__)


def test_fields_are_found_whatever_they_are_called(packages: dict[str, ModuleType]) -> None:
    model = packages["names"].models.Words
    names = [name for name in strange.WORDS if name]
    view = model.from_dict({name: f"{name}!" for name in names})
    assert sorted(getattr(view, name) for name in model._keys) == sorted(f"{name}!" for name in names)
    assert view.misfits == {}
    assert view.additional_properties == {}
    assert model(**dict.fromkeys(model._keys, "x")).to_dict() == dict.fromkeys(names, "x")


def test_arguments_go_where_they_belong_whatever_they_are_called(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(packages["names"], httpx.Response(200, json={"id": "7"}))
    found = packages["names"].api.names.update.sync(
        "s", "c", "cl", "b", "t",
        client=exchange.client, body={"class": "x"}, from_query="f", client_query="q", url_query="u", body_query="bq",
        sync_detailed_query="sd", x_y_query="xyq", x_from="xf", asyncio_detailed_header="ad", x_y_header="xyh",
        session="se", from_cookie="fc",
    )  # fmt: skip
    (sent,) = exchange.sent
    assert sent.method == "PUT"
    assert sent.url.path == "/base/s/c/cl/b/t"
    assert dict(sent.url.params) == {
        "from": "f", "client": "q", "url": "u", "body": "bq", "sync_detailed": "sd", "x-y": "xyq"
    }  # fmt: skip
    assert (sent.headers["x-from"], sent.headers["asyncio-detailed"], sent.headers["x-y"]) == ("xf", "ad", "xyh")
    assert sent.headers["cookie"] == "session=se; from=fc"
    assert json.loads(sent.content) == {"class": "x"}
    assert found.id == "7"


def test_a_form_is_sent_as_a_form(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(packages["wire"], httpx.Response(200, json=True))
    body = {"name": "a&b=c ü", "many": [1, 2], "flag": False, "none": None}
    assert packages["wire"].api.forms.send.sync(client=exchange.client, body=body) is True
    assert exchange.sent[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert exchange.sent[0].content == b"name=a%26b%3Dc+%C3%BC&many=1&many=2&flag=false"


def test_of_several_media_types_json_is_sent(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(packages["wire"], httpx.Response(200, text="a,b"))
    assert packages["wire"].api.several.send.sync(client=exchange.client, body={"a": 1}) == "a,b"
    assert exchange.sent[0].headers["content-type"] == "application/vnd.thing+json; charset=utf-8"
    assert exchange.sent[0].content == b'{"a":1}'


def test_what_is_neither_json_nor_text_is_bytes(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(packages["wire"], httpx.Response(200, content=b"\x89PNG"))
    assert packages["wire"].api.picture.put.sync(client=exchange.client, body=b"\x89") == b"\x89PNG"
    assert exchange.sent[0].headers["content-type"] == "image/png"


def test_a_refusal_is_read_by_its_status(packages: dict[str, ModuleType]) -> None:
    package = packages["wire"]
    exchange = Exchange(
        package,
        httpx.Response(299, json=7),
        httpx.Response(404, json={"code": 3, "why": "sand"}),
        httpx.Response(500, json={"trace": "t"}),
        httpx.Response(503, json={"detail": "closed"}),
    )
    patch = package.api.optional.patch
    assert patch.sync(client=exchange.client) == 7
    assert exchange.sent[0].content == b""
    for kind in ("Oops", "Crash", "Problem"):
        with pytest.raises(package.errors.StatusError) as caught:
            patch.sync(client=exchange.client, body={})
        assert type(caught.value.problem).__name__ == kind


def test_lists_are_sent_as_the_standards_default_says(packages: dict[str, ModuleType]) -> None:
    exchange = Exchange(packages["wire"], httpx.Response(200, json="x"))
    fetch = packages["wire"].api.tags.get
    fetch.sync(["a,b", "c/d"], client=exchange.client, ids=[1, 2], on=True, size=1, x_flags="x")
    assert exchange.sent[0].url.raw_path == b"/base/tags/a%2Cb,c%2Fd?ids=1&ids=2&on=true&size=1"
    assert "How big. Where it is not given, the API takes `2`." in " ".join(fetch.__doc__.split())


def test_a_method_that_the_generator_does_not_know_keeps_its_operation(packages: dict[str, ModuleType]) -> None:
    api = packages["methods"].api
    answers = [httpx.Response(200, json=["x"]), httpx.Response(201, json="y")]
    exchange = Exchange(packages["methods"], *answers, *[httpx.Response(204) for _ in range(3)])
    assert api.a.search.sync(client=exchange.client, body={}) == ["x"]
    assert api.a.copy.sync(client=exchange.client) == "y"
    for verb, arguments in ((api.a.lock, ()), (api.a.get, ()), (api.b.delete, ("7",))):
        assert verb.sync(*arguments, client=exchange.client) is None
    assert [sent.method for sent in exchange.sent] == ["QUERY", "COPY", "LOCK", "GET", "DELETE"]
    assert exchange.sent[-1].url.path == "/base/b/7"


END = '"""\nraise SystemExit("injected")\n"""'
LINE = 'x")\nraise SystemExit("injected")\n#'
TEXTS = [
    END,
    LINE,
    "'''",
    '"',
    '""""',
    "\\",
    '\\"""',
    "{{ 7 * 7 }}",
    "{% raw %}",
    "\u2028\u202e",
    "\x00\x07",
    "%s",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_text_of_a_document_becomes_code(text: str, tmp_path: Path) -> None:
    hostile = document(
        {
            f"/x{text}/{{id}}": {
                "get": {
                    "operationId": f"x.{text}get",
                    "tags": [text],
                    "summary": text,
                    "description": text,
                    "parameters": [
                        parameter("id", "path", description=text),
                        parameter(f"q{text}", "query", {"type": "string", "default": text}, description=text),
                        parameter("h", "header", {"type": "string", "enum": [text, "b"], "title": "Words"}),
                    ],
                    "responses": {"200": answer(ref("Thing"), text), "404": answer(ref("Thing"), text)},
                }
            }
        },
        {
            "Thing": {
                "type": "object",
                "title": f"Thing{text}",
                "description": text,
                "required": [f"k{text}"],
                "properties": {
                    f"k{text}": {"type": "string", "description": text, "format": "password"},
                    "enum": {"type": "string", "enum": [text, f"{text}2"], "description": text},
                    "const": {"const": text},
                    "date": {"type": "string", "format": "date-time", "example": text},
                },
            }
        },
        servers=[{"url": f"https://strange.example/{text}"}],
    )
    hostile["info"]["title"] = text
    package = loaded(hostile, tmp_path)
    for module in modules_of(package).values():
        source = Path(module.__file__ or "").read_text("utf-8")
        assert "SystemExit" not in {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
        assert "49" not in source
    (model,) = [
        getattr(package.models, name)
        for name in package.models.__all__
        if name.startswith("Thing") and "Enum" not in name
    ]
    data = {f"k{text}": "a", "enum": text, "const": text}
    view = model.from_dict(data)
    assert view.misfits == {}
    assert view.additional_properties == {}
    assert view.enum == text
    assert getattr(view, next(name for name, key in model._keys.items() if key == f"k{text}")) == "a"


def wrong(change: Any = None, **more: Any) -> dict[str, Any]:
    operation = {"operationId": "things.get", "responses": {"200": answer({"type": "string"})}, **more}
    return document({"/things": {"get": operation}}, change)


INFO = {"title": "t", "version": "1"}
REFUSED = {
    "not json": ("{", "cannot be read as JSON"),
    "a list": ("[]", "no OpenAPI document"),
    "half a character": (document({"/\ud83d": get({"type": "string"})}), "half a character: "),
    "empty": ("", "cannot be read as JSON"),
    "no paths": ({"openapi": "3.1.0", "info": INFO}, "it needs `openapi`, `info` and `paths`"),
    "swagger": ({"swagger": "2.0", "info": INFO, "paths": {}}, "it needs `openapi`"),
    "paths a list": ({"openapi": "3.1.0", "info": INFO, "paths": []}, "paths: "),
    "path a text": (document({"/x": "y"}), "paths > /x: "),
    "operation a text": (document({"/x": {"get": "y"}}), "paths > /x > get: "),
    "an unknown method's operation": (
        document({"/x": {"query": {"operationId": 7}}}), "paths > /x > query > responses"
    ),
    "more operations a list": (document({"/x": {"additionalOperations": []}}), "/x > additionalOperations"),
    "no method": (document({"/x": {"a b": {"responses": {}}}}), "/x: 'a b' cannot be a method"),
    "parameter by media type": (
        wrong(parameters=[{"name": "filter", "in": "query", **json_of({})}]),
        "GET /things: the query parameter 'filter' is described by a media type",
    ),
    "parameter style": (
        wrong(parameters=[parameter("ids", "query", {"type": "array", "items": {}}, style="pipeDelimited")]),
        "GET /things: the query parameter 'ids' has the style 'pipeDelimited'",
    ),
    "parameter not exploded": (
        wrong(parameters=[parameter("ids", "query", {"type": "array", "items": {}}, explode=False)]),
        "GET /things: the query parameter 'ids' has the style 'form', explode False",
    ),
    "parameter an object": (
        wrong(parameters=[parameter("where", "query", {"type": "object"})]),
        "GET /things: the query parameter 'where' is an object",
    ),
    "parameter nowhere": (wrong(parameters=[{"$ref": "#/components/parameters/no"}]), "GET /things"),
    "two parameters": (wrong(parameters=[parameter("a", "query"), parameter("a", "query")]), "GET /things"),
    "path parameter missing": (document({"/x/{id}": get({"type": "string"})}), "/x/{id}"),
    "servers of its own": (wrong(servers=[{"url": "https://other.example"}]), "GET /things: it has servers of its own"),
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
    "two enums of one name": (
        document(
            {"/x": get({"type": "object", "properties": {
                "a": {"type": "string", "title": "E", "enum": ["x"]},
                "b": {"type": "string", "title": "E", "enum": ["y"]},
            }})}
        ),
        "two schemas called E",
    ),
    "two models of one name": (
        document(
            {"/x": get({"title": "T", "type": "object", "properties": {"a": {}}}),
             "/y": {"get": {"operationId": "y.get", "responses": {"200": answer(
                 {"title": "T", "type": "object", "properties": {"b": {}}})}}}}
        ),
        "duplicate models",
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
    "two classes of one module": (
        document(
            {"/x": get(ref("UNSET")),
             "/y": {"get": {"operationId": "y.get", "responses": {"200": answer(ref("Unset"))}}}},
            {name: {"type": "object", "properties": {"x": {}}} for name in ("UNSET", "Unset")},
        ),
        "would both be models.unset",
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
