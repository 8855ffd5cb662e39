"""A model as a function: over real HTTP, in each way to call."""

from __future__ import annotations

import inspect
import json
import os
import pydoc
import subprocess
import sys
import threading
from typing import Annotated, Literal, get_args, get_origin

import pytest
from support.models import predictions_of, requests_to
from support.schemas import FOLDER, SECRET, TEXT, document, odd_document, real_models, ref

from replicatekit import Client, errors
from replicatekit._session.disk_cache import SchemaDisk
from replicatekit.sandbox import ConcatenateIterator, Sandbox
from replicatekit.streaming import OutputEvent
from replicatekit.typed import Range


class Published:
    """A model with a schema of somebody's, which gives back what it got."""

    def __init__(self, schema):
        self.openapi_schema = schema

    def run(self, job):
        return json.dumps(job.input)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REPLICATEKIT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def models(sandbox):
    @sandbox.model("acme/render")
    def render(prompt: str, steps: int = 4, seed: int | None = None) -> str:
        return f"{prompt} {steps} {seed}"

    @sandbox.model("acme/words", official=True)
    def words(text: str) -> ConcatenateIterator[str]:
        for word in text.split():
            yield word + " "

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models)


def raw(thing):
    return getattr(thing, "thing", thing)


def a_value_of(field):
    if field.has_default:
        return field.default
    by_type = {
        "integer": field.minimum or 1,
        "number": field.minimum or 1.0,
        "boolean": True,
        "string": "https://a.b/c",
    }
    return field.enum[0] if field.enum else by_type[field.types[0]]


def publish(sandbox, properties, required=(), **components):
    sandbox.add_model("acme/published", Published(document(properties, required, **components)))
    return "acme/published"


# Running


def test_it_runs_the_model_with_its_inputs_by_keyword(client):
    assert client.use("acme/render")(prompt="a", steps=2) == "a 2 None"
    assert client.use("acme/words")(text="a b") == "a b "


def test_it_streams_iterates_creates_and_maps(client):
    words, render = client.use("acme/words"), client.use("acme/render")
    assert [event.data for event in words.stream(text="a b") if isinstance(event, OutputEvent)] == ["a ", "b "]
    assert list(words.iterate(text="a b")) == ["a ", "b "]
    assert render.create(prompt="a").wait().output == "a 4 None"
    results = list(render.map([{"prompt": "a"}, {"promt": "b"}, {"prompt": "c"}], concurrency=2))
    assert [result.output for result in results] == ["a 4 None", None, "c 4 None"]
    assert isinstance(results[1].error, errors.InvalidInput)


def test_options_are_apart_from_inputs(client, models):
    name = publish(models, {"timeout": {"type": "integer"}, "wait": TEXT, "client": TEXT, "options": TEXT})
    function = client.use(name).with_options(timeout=30, wait=False, cancel_on_close=True)
    given = {"timeout": 3, "wait": "a", "client": "b", "options": "c"}
    assert json.loads(function(**given)) == given
    with pytest.raises(errors.InvalidArgument, match="timeot"):
        client.use(name).with_options(timeot=3)


def test_an_input_may_be_called_as_the_function_calls_itself(models):
    name = publish(models, {"self": TEXT, "cls": TEXT})
    with Client(models.token, base_url=models.base_url) as client:
        assert json.loads(client.use(name)(self="a", cls="b")) == {"self": "a", "cls": "b"}


def test_a_wrong_input_is_refused_before_anything_is_sent(client, models):
    render = client.use("acme/render")
    before = len(models.requests)
    with pytest.raises(errors.InvalidInput, match="did you mean 'prompt'"):
        render(promt="a")
    for way_to_run in (render.stream, render.iterate, render.create):
        with pytest.raises(errors.InvalidInput):
            list(way_to_run(prompt=3))
    with pytest.raises(errors.InvalidInput, match="steps"):
        raw(render).check(prompt="a", steps="many")
    raw(render).check(prompt="a")
    assert len(models.requests) == before


def test_none_leaves_an_optional_input_out_unless_it_has_a_default(client, models):
    name = publish(models, {"a": TEXT, "b": {"type": "integer", "default": 3}, "c": {**TEXT, "nullable": True}})
    function = client.use(name)
    assert function.create(a=None, c=None).input == {"c": None}
    with pytest.raises(errors.InvalidInput, match=r"input\.b: an integer is expected, not None"):
        function(b=None)


def test_names_that_python_does_not_take_have_a_similar_one(client, models):
    function = client.use(publish(models, {"from": TEXT, "num-steps": {"type": "integer"}, "3d": TEXT}))
    assert list(inspect.signature(raw(function)).parameters) == ["from_", "num_steps", "input_3d"]
    assert json.loads(function(from_="a", num_steps=2, input_3d="c")) == {"from": "a", "num-steps": 2, "3d": "c"}
    assert json.loads(function(**{"from": "a", "num-steps": 2})) == {"from": "a", "num-steps": 2}
    with pytest.raises(errors.InvalidInput, match="twice"):
        function(**{"from": "a", "from_": "b"})


def test_a_model_version_or_deployment_can_be_used_too(client, models):
    model = client.models.get("acme/render")
    version = models.version("acme/render")
    client.deployments.create(
        "mine", model="acme/render", version=version, hardware="cpu", min_instances=0, max_instances=1
    )
    owner = client.account.get().username
    assert client.use(raw(model))(prompt="a") == "a 4 None"
    assert client.use(raw(model.latest_version))(prompt="a") == "a 4 None"
    assert client.use(f"acme/render:{version}")(prompt="a") == "a 4 None"
    deployed = client.use(deployment=f"{owner}/mine")
    assert deployed(prompt="a") == "a 4 None"
    with pytest.raises(errors.InvalidInput):
        deployed(promt="a")


def test_a_model_that_runs_by_version_stays_on_the_version_that_it_had(client, models):
    render = client.use("acme/render")

    @models.model("acme/render")
    def other(text: str) -> str:
        return text

    assert render(prompt="a") == "a 4 None"
    assert client.use("acme/render")(text="b") == "b"


def test_what_does_not_exist_is_not_found(client, models):
    with pytest.raises(errors.NotFoundError):
        client.use("acme/nothing")
    with pytest.raises(errors.InvalidArgument, match="cannot be looked up"):
        client.use("0" * 64)
    with pytest.raises(errors.InvalidReference):
        client.use("nothing")


# What it says of itself


def test_the_signature_has_the_inputs_in_their_order_with_defaults_ranges_and_choices(client, models):
    steps = {"type": "integer", "minimum": 1, "maximum": 4, "default": 2, "x-order": 0, "description": "How many"}
    size = {"allOf": [ref("size")], "default": "small", "x-order": 1}
    name = publish(models, {"size": size, "steps": steps}, size={"type": "string", "enum": ["small", "big"]})
    function = raw(client.use(name))
    parameters = inspect.signature(function).parameters
    assert list(parameters) == ["steps", "size"]
    assert parameters["steps"].default == 2
    assert parameters["steps"].annotation == Annotated[int, Range(1, 4)]
    assert get_origin(parameters["size"].annotation) is Literal
    assert get_args(parameters["size"].annotation) == ("small", "big")
    shown = pydoc.render_doc(function, renderer=pydoc.plaintext)
    assert "steps: How many. From 1 to 4. Default: 2." in shown
    assert "size: One of 'small', 'big'. Default: 'small'." in shown
    assert "How many" in function._repr_html_()


def test_what_a_schema_says_is_text_in_a_notebook(client, models):
    name = publish(models, {"<script>": {**TEXT, "description": "<img src=x onerror=alert(1)>", "default": "</td>"}})
    html = raw(client.use(name))._repr_html_()
    assert "<img" not in html
    assert "<script" not in html


def test_a_secret_is_shown_nowhere(client, models, caplog):
    caplog.set_level("DEBUG")
    secret = {**SECRET, "default": "hunter2", "description": "A key"}
    function = client.use(publish(models, {"key": secret, "list": {"type": "array", "items": SECRET}}))
    with pytest.raises(errors.InvalidInput) as caught:
        function(key="s3cret-key", list=["s3cret-key", 3])
    plain = raw(function)
    shown = [str(caught.value), repr(caught.value.problems), repr(plain), str(inspect.signature(plain)), plain.__doc__]
    shown += [plain._repr_html_(), caplog.text]
    for text in shown:
        assert "s3cret" not in text
        assert "hunter2" not in text


def test_the_example_can_be_seen_and_run(client):
    hello = client.use("sandbox/hello")
    example = raw(hello.example)
    assert example.input == {"text": "llama"}
    assert example.output == "hello llama"
    assert repr(example) == "hello(text='llama')"
    assert hello.example.run() == "hello llama"
    assert hello.example.run(text="alpaca") == "hello alpaca"


def test_a_model_without_an_example_has_none(client):
    assert client.use("acme/render").example is None


@pytest.mark.parametrize(
    "schema",
    [
        document({}),
        {"components": {"schemas": {"Input": {"type": "object", "title": "Input"}, "Output": {"type": "null"}}}},
        {"components": {"schemas": {"Input": {"type": "object", "title": "Input"}, "Output": {}}}},
        {"components": {"schemas": {"Input": {}}}},
    ],
)
def test_a_model_without_inputs_or_with_any_output_runs(client, models, schema):
    models.add_model("acme/published", Published(schema))
    function = client.use("acme/published")
    assert function() == "{}"
    assert inspect.signature(raw(function))


def test_whatever_a_schema_holds_there_is_a_function(client, models):
    models.add_model("acme/published", Published(odd_document()))
    function = raw(client.use("acme/published"))
    assert len(inspect.signature(function).parameters) > 40
    assert function.__doc__
    assert function._repr_html_()


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the schemas of real models are not here")
@pytest.mark.parametrize("way", ["sync", "asyncio"], indirect=True)
def test_real_models_run_with_their_defaults_on_a_server_that_validates(way, sandbox):
    client = way.client(sandbox)
    for model in real_models():
        schema = model["openapi_schema"]
        sandbox.add_model(model["model"], Published(schema))
        function = client.use(model["model"])
        values = {
            field.name: a_value_of(field) for field in raw(function).inputs if field.required or field.has_default
        }
        prediction = function.create(**values)
        assert prediction.wait().status == "succeeded", model["model"]


# The cache


def test_a_version_is_fetched_once_for_all_clients(way, models):
    name = f"acme/render:{models.version('acme/render')}"
    way.client(models).use(name)
    before = len(models.requests)
    way.client(models).use(name)
    assert len(models.requests) == before


def test_what_was_stored_is_enough_without_a_network(way, tmp_path):
    with Sandbox(speed=20) as running:
        way.client(running).use("sandbox/hello")
        token, base_url = running.token, running.base_url
    offline = way.client(token=token, base_url=base_url, max_retries=0)
    assert list(inspect.signature(raw(offline.use("sandbox/hello"))).parameters) == ["text"]
    with pytest.raises(errors.APIConnectionError):
        offline.use("sandbox/story")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"openapi_schema": 3}'])
def test_a_damaged_record_is_as_good_as_none(client, models, cache, damage):
    client.use("acme/words")
    for path in cache.rglob("*.json"):
        path.write_bytes(damage)
    assert client.use("acme/words")(text="a") == "a "


def test_a_cache_that_cannot_be_written_is_done_without(client, cache):
    cache.write_text("no folder")
    assert client.use("acme/render")(prompt="a") == "a 4 None"


def test_records_are_for_the_user_alone(client, cache):
    client.use("acme/render")
    modes = {path.stat().st_mode & 0o077 for path in cache.rglob("*.json")}
    assert modes == {0}
    assert not list(cache.rglob("*.part"))


def test_several_processes_share_the_cache(cache):
    version = "ab" * 32
    code = (
        "import sys; from replicatekit._session.disk_cache import SchemaDisk\n"
        "disk = SchemaDisk('https://api.replicate.com/v1')\n"
        "for n in range(200):\n"
        "    disk.store_model('acme/a', {'text': sys.argv[1] * 5000})\n"
        f"    disk.store_version('{version}', {{'text': 'x' * 5000}})\n"
        "    seen = disk.model('acme/a'); assert seen is not None and len(set(seen['text'])) == 1, seen\n"
        f"    assert disk.version('{version}') == {{'text': 'x' * 5000}}\n"
    )
    environment = {**os.environ, "REPLICATEKIT_CACHE_DIR": str(cache)}
    running = [subprocess.Popen([sys.executable, "-c", code, letter], env=environment) for letter in "abcd"]
    assert [each.wait(60) for each in running] == [0] * 4
    assert not list(cache.rglob("*.part"))


def test_models_whose_names_look_alike_in_a_file_name_are_not_mixed_up(cache):
    disk = SchemaDisk("https://api.replicate.com/v1")
    disk.store_model("a--b/c", {"version": "1"})
    assert disk.model("a/b--c") is None
    assert SchemaDisk("http://127.0.0.1:1/v1").model("a--b/c") is None


def test_threads_that_use_the_same_model_at_once_all_get_it(models):
    with Client(models.token, base_url=models.base_url) as client:
        found = []
        threads = [threading.Thread(target=lambda: found.append(client.use("acme/render").version)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [models.version("acme/render")] * 8


def test_a_check_by_a_stored_schema_makes_no_request(way, models):
    name = f"acme/render:{models.version('acme/render')}"
    way.client(models).use(name)
    other = way.client(models)
    other.use(name)
    before = len(models.requests)
    with pytest.raises(errors.InvalidInput):
        other.run(name, {"promt": "a"})
    assert len(models.requests) == before
    assert predictions_of(models) == []
    assert requests_to(models)
