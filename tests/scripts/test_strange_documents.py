"""Documents of other APIs: what they describe works, or the place that cannot be generated is named."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import strange_documents as strange
from generating import loaded, modules_of

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


def test_an_object_of_several_kinds_is_what_its_discriminator_says(packages: dict[str, ModuleType]) -> None:
    pets = [{"kind": "dog", "lives": 9}, {"kind": "cat"}, {"tricks": []}, {"lives": 1}, {}, {"kind": "bird"}]
    exchange = Exchange(packages["pets"], httpx.Response(200, json=pets))
    found = packages["pets"].api.pets.list.sync(client=exchange.client)
    assert [type(each).__name__ for each in found] == ["Dog", "Cat", *["UnknownVariant"] * 4]
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
    assert tree.invalid_values == {
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
    assert view.invalid_values == {}
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
    assert "How big. By default, the API uses `2`." in " ".join(fetch.sync.__doc__.split())
    assert repr(inspect.signature(fetch.sync).parameters["size"].default) == "2"


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
    package = loaded(strange.hostile(text), tmp_path)
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
    assert view.invalid_values == {}
    assert view.additional_properties == {}
    assert view.enum == text
    assert getattr(view, next(name for name, key in model._keys.items() if key == f"k{text}")) == "a"
