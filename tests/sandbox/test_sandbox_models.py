"""Python functions as models: their schema in Cog's form, their inputs, outputs, logs and errors."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import attrs
import pytest

from replicatekit.sandbox import ConcatenateIterator, Input, Secret, current_job
from replicatekit.sandbox._models.functions import FunctionRunner
from replicatekit.sandbox._models.logs import ThreadedStream


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Box(NamedTuple):
    left: int
    top: int


@attrs.frozen
class Detection:
    label: str
    picture: Path
    score: float | None = None


class Report(TypedDict):
    text: str
    boxes: list[int]


def schemas(function):
    return FunctionRunner(function).openapi_schema["components"]["schemas"]


def everything(
    prompt: str,
    image: Path,
    width: int = Input(128, ge=16, le=1024, description="In pixels"),
    scheduler: Literal["DDIM", "PNDM"] = "DDIM",
    steps: int = Input(50, choices=[25, 50]),
    seed: int | None = None,
    colour: Colour = Colour.RED,
    masks: list[Path] | None = None,
    key: Secret | None = None,
    exact: float = 0.5,
    fast: bool = False,
) -> list[Path]: ...


def test_inputs_have_the_order_the_types_and_the_limits_of_the_signature():
    schema = schemas(everything)["Input"]
    assert schema["required"] == ["prompt", "image"]
    assert [one["x-order"] for one in schema["properties"].values()] == list(range(11))
    assert schema["properties"]["width"] == {
        "title": "Width",
        "type": "integer",
        "minimum": 16,
        "maximum": 1024,
        "default": 128,
        "description": "In pixels",
        "x-order": 2,
    }
    assert schema["properties"]["image"] == {
        "title": "Image",
        "type": "string",
        "format": "uri",
        "x-order": 1,
    }
    assert schema["properties"]["fast"]["type"] == "boolean"
    assert schema["properties"]["exact"]["type"] == "number"


def test_choices_are_a_schema_of_their_own_named_by_allof():
    found = schemas(everything)
    assert found["Input"]["properties"]["scheduler"] == {
        "allOf": [{"$ref": "#/components/schemas/scheduler"}],
        "default": "DDIM",
        "x-order": 3,
    }
    assert found["scheduler"] == {"title": "scheduler", "type": "string", "enum": ["DDIM", "PNDM"]}
    assert found["steps"] == {"title": "steps", "type": "integer", "enum": [25, 50]}
    assert found["colour"]["enum"] == ["red", "blue"]


def test_an_optional_input_is_nullable_and_not_required():
    properties = schemas(everything)["Input"]["properties"]
    assert properties["seed"] == {"title": "Seed", "type": "integer", "nullable": True, "x-order": 5}
    assert properties["masks"]["items"] == {"type": "string", "format": "uri"}
    assert properties["key"]["format"] == "password"


def text() -> str: ...
def pieces() -> ConcatenateIterator[str]: ...
def frames() -> Iterator[Path]: ...
async def awaited() -> AsyncIterator[str]:
    yield ""


def bare():
    yield 1


def box() -> Box: ...
def detections() -> list[Detection]: ...
def anything() -> Any: ...


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (text, {"title": "Output", "type": "string"}),
        (
            pieces,
            {
                "title": "Output",
                "type": "array",
                "items": {"type": "string"},
                "x-cog-array-type": "iterator",
                "x-cog-array-display": "concatenate",
            },
        ),
        (
            frames,
            {
                "title": "Output",
                "type": "array",
                "items": {"type": "string", "format": "uri"},
                "x-cog-array-type": "iterator",
            },
        ),
        (
            awaited,
            {
                "title": "Output",
                "type": "array",
                "items": {"type": "string"},
                "x-cog-array-type": "iterator",
            },
        ),
        (bare, {"title": "Output", "type": "array", "items": {}, "x-cog-array-type": "iterator"}),
        (everything, {"title": "Output", "type": "array", "items": {"type": "string", "format": "uri"}}),
        (box, {"title": "Output", "$ref": "#/components/schemas/Box"}),
        (anything, {"title": "Output"}),
    ],
)
def test_the_output_schema_marks_files_and_iterators(function, output):
    assert schemas(function)["Output"] == output


def test_a_class_with_fields_is_a_schema_of_its_own():
    found = schemas(detections)
    assert found["Output"]["items"] == {"$ref": "#/components/schemas/Detection"}
    assert found["Detection"]["required"] == ["label", "picture"]
    assert found["Detection"]["properties"]["picture"] == {
        "title": "Picture",
        "type": "string",
        "format": "uri",
        "x-order": 1,
    }


def starred(*words: str) -> str: ...
def impossible(what: complex) -> str: ...


def test_a_signature_that_no_model_can_have_is_refused_at_once(sandbox):
    with pytest.raises(TypeError, match=r"starred takes \*words"):
        sandbox.model("acme/x")(starred)
    with pytest.raises(TypeError, match="complex"):
        sandbox.model("acme/x")(impossible)
    with pytest.raises(ValueError, match="owner/name"):
        sandbox.model("acme")(text)


def run(sandbox, http, function, input=None, **options):
    sandbox.model("acme/model", official=True, **options)(function)
    answer = http.post("/models/acme/model/predictions", json={"input": input or {}}, headers={"prefer": "wait"})
    assert answer.status_code == 201, answer.text
    return http.get(answer.json()["urls"]["get"]).json()


def see(
    word: str,
    image: Path,
    masks: list[Path],
    size: int,
    colour: Colour,
    key: Secret,
    seed: int | None = None,
    width: int = Input(128, ge=16),
) -> dict:
    return {
        "word": word,
        "image": [image.name, image.read_text()],
        "masks": [one.read_text() for one in masks],
        "size": repr(size),
        "colour": colour.name,
        "key": repr(key),
        "seed": seed,
        "width": width,
    }


def test_inputs_arrive_as_python_values_with_their_defaults_and_files_as_paths(sandbox, http):
    upload = http.post("/files", files={"content": ("cat.txt", b"meow")}).json()["urls"]["get"]
    data = "data:text/plain;base64," + base64.b64encode(b"inline").decode()
    given = {"word": "a", "image": data, "masks": [upload, data], "size": 5.0, "colour": "blue", "key": "k"}
    prediction = run(sandbox, http, see, given)
    assert prediction["output"] == {
        "word": "a",
        "image": ["file.txt", "inline"],
        "masks": ["meow", "inline"],
        "size": "5",
        "colour": "BLUE",
        "key": "Secret('**********')",
        "seed": None,
        "width": 128,
    }
    assert prediction["input"] == given


def find() -> list[Detection]:
    path = current_job().folder / "cat.txt"
    path.write_text("cat")
    return [Detection("cat", path, 0.5)]


def test_structured_outputs_become_objects_and_their_files_urls(sandbox, http, anyone):
    [found] = run(sandbox, http, find)["output"]
    assert found["label"] == "cat"
    assert anyone.get(found["picture"]).text == "cat"
    assert found["picture"].startswith(sandbox.delivery_url)


def stream_of_bytes() -> io.BytesIO:
    return io.BytesIO(b"bytes")


def test_a_file_object_is_a_file_too(sandbox, http, anyone):
    assert anyone.get(run(sandbox, http, stream_of_bytes)["output"]).content == b"bytes"


def test_a_held_model_may_answer_with_data_urls(sandbox, http):
    prediction = run(sandbox, http, stream_of_bytes, inline_files=True)
    assert prediction["output"] == "data:application/octet-stream;base64," + base64.b64encode(b"bytes").decode()


async def later(text: str) -> str:
    await asyncio.sleep(0)
    return text.upper()


async def later_in_pieces() -> AsyncIterator[str]:
    for word in ("a", "b"):
        await asyncio.sleep(0)
        yield word


def test_asynchronous_functions_are_models_too(sandbox, http):
    assert run(sandbox, http, later, {"text": "x"})["output"] == "X"
    assert run(sandbox, http, later_in_pieces)["output"] == ["a", "b"]


def talkative() -> str:
    print("to the output")
    print("to the errors", file=sys.stderr)
    for done in range(1, 3):
        print(f"\r{done * 50}%|{'█' * done}| {done}/2", end="", file=sys.stderr)
    current_job().metric("tokens", 7)
    return "done"


def test_what_a_model_prints_is_its_log_and_bars_get_a_line_for_each_state(sandbox, http):
    prediction = run(sandbox, http, talkative)
    assert prediction["logs"] == "to the output\nto the errors\n50%|█| 1/2\n100%|██| 2/2"
    assert prediction["metrics"].keys() == {"total_time", "predict_time", "tokens"}
    assert prediction["metrics"]["tokens"] == 7


def test_the_standard_streams_are_themselves_again_when_nothing_runs(sandbox, http):
    run(sandbox, http, talkative)
    sandbox.drain()
    deadline = time.monotonic() + 5
    while isinstance(sys.stdout, ThreadedStream) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not isinstance(sys.stdout, ThreadedStream)


def broken() -> str:
    raise RuntimeError("out of memory")


def half_broken() -> Iterator[str]:
    yield "half"
    raise ValueError


def not_json() -> Any:
    return float("nan")


def no_json_items() -> Iterator[float]:
    yield 1.0
    yield float("inf")


def no_output() -> Any:
    return object()


def test_an_exception_fails_the_prediction_with_its_traceback_in_the_logs(sandbox, http):
    prediction = run(sandbox, http, broken)
    assert (prediction["status"], prediction["error"]) == ("failed", "out of memory")
    assert "Traceback" in prediction["logs"]
    assert 'raise RuntimeError("out of memory")' in prediction["logs"]
    assert re.findall(r'File "(.+)"', prediction["logs"]) == [__file__]
    assert prediction["output"] is None


def test_what_was_given_before_a_failure_stays(sandbox, http):
    prediction = run(sandbox, http, half_broken)
    assert (prediction["status"], prediction["error"], prediction["output"]) == ("failed", "ValueError", ["half"])


def leaving() -> str:
    sys.exit(3)


def test_a_model_that_leaves_the_process_only_fails(sandbox, http):
    prediction = run(sandbox, http, leaving)
    assert (prediction["status"], prediction["error"]) == ("failed", "3")


@pytest.mark.parametrize(
    ("function", "message"),
    [(not_json, "not JSON compliant"), (no_json_items, "not JSON compliant"), (no_output, "cannot contain object")],
)
def test_an_output_that_is_no_json_fails_the_prediction(sandbox, http, function, message):
    prediction = run(sandbox, http, function)
    assert prediction["status"] == "failed"
    assert message in prediction["error"]


def open_it(image: Path) -> str:
    return image.read_text()


def test_an_input_file_that_cannot_be_had_fails_the_prediction(sandbox, http):
    prediction = run(sandbox, http, open_it, {"image": f"{sandbox.base_url}/files/nothing"})
    assert prediction["status"] == "failed"
    assert "there is no file" in prediction["error"]


def test_an_input_file_of_another_host_is_fetched(sandbox, http):
    output = run(sandbox, http, stream_of_bytes)["output"]
    elsewhere = output.replace("127.0.0.1", "localhost")
    assert run(sandbox, http, open_it, {"image": elsewhere})["output"] == "bytes"


def test_the_built_in_models_compute(sandbox, http, anyone):
    hello = {"version": sandbox.version("sandbox/hello"), "input": {"text": "you"}}
    assert http.post("/predictions", json=hello, headers={"prefer": "wait"}).json()["output"] == "hello you"
    story = {"input": {"prompt": "a llama", "sentences": 2, "seed": 1}}
    told = [
        "".join(http.post("/models/sandbox/story/predictions", json=story, headers={"prefer": "wait"}).json()["output"])
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert told[0].startswith("This is about a llama.")
    paint = {"version": sandbox.version("sandbox/painter"), "input": {"width": 20, "height": 16}}
    picture = http.post("/predictions", json=paint, headers={"prefer": "wait"}).json()["output"]
    content = anyone.get(picture).content
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (20, 16)
