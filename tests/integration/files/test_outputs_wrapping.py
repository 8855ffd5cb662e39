"""What `run` gives: files as files, texts as texts, by the model's schema; with as few requests as that takes."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest

from replicatekit import AsyncFileOutput, FileOutput, Prediction, errors
from replicatekit.sandbox import ConcatenateIterator, Path

LINK = "https://replicate.delivery/pbxt/abc/out-0.png"


class Scene(TypedDict):
    picture: Path
    caption: str


@pytest.fixture
def client(way, sandbox):
    @sandbox.model("acme/link", official=True)
    def link(url: str) -> str:
        return url

    @sandbox.model("acme/picture", official=True)
    def picture(tmp: str = "picture") -> Path:
        return _file("out.png", tmp)

    @sandbox.model("acme/pictures")
    def pictures(count: int = 2) -> list[Path]:
        return [_file(f"{number}.png", str(number)) for number in range(count)]

    @sandbox.model("acme/scene", official=True)
    def scene(caption: str) -> Scene:
        return {"picture": _file("scene.png", caption), "caption": caption}

    @sandbox.model("acme/words", official=True)
    def words(text: str) -> ConcatenateIterator[str]:
        yield from text.split("|")

    @sandbox.model("acme/lines", official=True)
    def lines(text: str) -> list[str]:
        return text.split("|")

    @sandbox.model("acme/anything", official=True)
    def anything(value: Any = None) -> Any:
        return value

    @sandbox.model("acme/broken", official=True)
    def broken() -> str:
        raise ValueError("it went wrong")

    return way.client(sandbox, verify=False)


def _file(name: str, text: str):
    from replicatekit.sandbox._models.functions import current_job

    path = current_job().folder / name
    path.write_text(text)
    return path


def asked(sandbox, method="GET"):
    """What was asked of the API, without the predictions themselves."""
    return [
        each.path.removeprefix("/v1")
        for each in sandbox.requests
        if each.method == method and each.host == "api" and not each.path.startswith("/v1/predictions")
    ]


def is_file(value):
    return isinstance(getattr(value, "thing", value), (FileOutput, AsyncFileOutput))


# By the schema


def test_a_file_of_a_community_model_takes_no_request_of_its_own(client, sandbox):
    output = client.run("acme/pictures")
    assert [is_file(each) for each in output] == [True, True]
    assert asked(sandbox) == ["/models/acme/pictures"]  # its version had to be found anyway


def test_files_are_files_and_texts_are_texts_wherever_they_stand(client):
    output = client.run("acme/scene", {"caption": LINK})
    assert is_file(output["picture"])
    assert output["caption"] == LINK


def test_a_text_that_begins_with_https_stays_a_text(client, sandbox):
    url = "https://example.com/page"
    assert client.run("acme/link", {"url": url}) == url
    assert asked(sandbox) == ["/models/acme/link"]


def test_pieces_of_a_text_are_one_text_and_lines_are_lines(client):
    assert client.run("acme/words", {"text": "once| upon| a time"}) == "once upon a time"
    assert client.run("acme/lines", {"text": "once|upon|a time"}) == ["once", "upon", "a time"]


def test_a_schema_is_asked_for_once(client, sandbox):
    for _ in range(3):
        client.run("acme/words", {"text": "a|b"})
        client.predictions.run("acme/words", {"text": "a|b"}).result()
    assert asked(sandbox) == ["/models/acme/words"]


@pytest.mark.parametrize("value", ["plain text", 12, [1.5, 2.5], {"a": [True, None]}, None, []])
def test_output_that_can_be_meant_in_one_way_only_needs_none(client, sandbox, value):
    assert client.run("acme/anything", {"value": value}) == value
    assert asked(sandbox) == []


def test_neither_does_a_file_of_the_apis_own(client, sandbox, monkeypatch):
    monkeypatch.setattr(sandbox.settings, "outputs_on", "api")
    assert is_file(client.run("acme/picture"))
    assert asked(sandbox) == []


def test_fetch_makes_sure(client, sandbox):
    assert client.run("acme/link", {"url": LINK}, schema="fetch") == LINK
    assert client.run("acme/link", {"url": LINK}) == LINK
    assert asked(sandbox) == ["/models/acme/link"]


def test_known_never_asks(client, sandbox):
    assert client.run("acme/words", {"text": "a|b"}, schema="known") == ["a", "b"]
    assert client.run("acme/link", {"url": "https://example.com"}, schema="known") == "https://example.com"
    assert is_file(client.run("acme/link", {"url": LINK}, schema="known"))
    assert asked(sandbox) == []


def test_guesses_can_be_switched_off(client):
    assert client.run("acme/link", {"url": LINK}, schema="known", guess_files=False) == LINK
    assert client.with_options(schema="known", guess_files=False).run("acme/link", {"url": LINK}) == LINK


def test_a_model_that_was_given_brings_its_schema(client, sandbox, way):
    model = client.models.get("acme/words")
    version = client.models.get("acme/pictures").latest_version
    before = len(asked(sandbox))
    assert client.run(getattr(model, "thing", model), {"text": "a|b"}, schema="known") == "ab"
    assert all(map(is_file, client.run(getattr(version, "thing", version), schema="known")))
    assert len(asked(sandbox)) == before


def test_a_version_is_looked_up_as_that_version(client, sandbox):
    version = sandbox.version("acme/pictures")
    assert all(map(is_file, client.run(f"acme/pictures:{version}")))
    assert all(map(is_file, client.run(version)))
    assert asked(sandbox) == [f"/models/acme/pictures/versions/{version}"]


def test_without_an_answer_the_output_is_still_there(client, sandbox):
    sandbox.fail_next(method="GET", path="/models/*", times=None, status=400)
    assert client.run("acme/words", {"text": "a|b"}) == ["a", "b"]
    sandbox.clear_faults()
    assert client.run("acme/words", {"text": "a|b"}) == "ab"


def test_raw_gives_what_came(client, sandbox):
    output = client.run("acme/pictures", raw=True)
    assert all(isinstance(each, str) and each.startswith(sandbox.delivery_url) for each in output)


def test_files_inside_are_files(client, sandbox, way):
    @sandbox.model("acme/inside", official=True, inline_files=True)
    def inside() -> Path:
        return _file("a.txt", "hello")

    file = way.wrap(client.run("acme/inside"))
    assert file.url.startswith("data:")
    assert file.read() == b"hello"
    assert len(str(file)) < 150


@pytest.mark.parametrize("setting", [{"schema": "never"}, {"file_strategy": "maybe"}])
def test_settings_that_are_none_are_refused(client, sandbox, setting):
    with pytest.raises(errors.InvalidArgument, match="must be"):
        client.run("acme/link", {"url": "a"}, **setting)
    with pytest.raises(errors.InvalidArgument, match="must be"):
        client.with_options(**setting)
    assert sandbox.creates == 0


# Predictions


def test_a_prediction_gives_its_result_and_its_files(client, way):
    prediction = client.predictions.run("acme/scene", {"caption": "a cat"})
    assert isinstance(prediction.output["picture"], str)
    assert is_file(prediction.result()["picture"])
    [file] = prediction.files()
    assert way.wrap(file).read() == b"a cat"


def test_one_that_is_got_by_its_id_does_too(client):
    made = client.predictions.run("acme/pictures")
    assert [is_file(each) for each in client.predictions.get(made.id).files()] == [True, True]


def test_one_that_failed_has_no_result(client):
    with pytest.raises(errors.ModelError) as caught:
        client.run("acme/broken")
    with pytest.raises(errors.ModelError, match="it went wrong"):
        client.predictions.get(caught.value.prediction.id).result()


def test_one_whose_data_was_removed_says_so(way, sandbox):
    client = way.client(sandbox, verify=False)
    removed = Prediction.from_dict({"id": "abc", "status": "succeeded", "data_removed": True, "output": None})
    kind = type(getattr(client.predictions.run("sandbox/hello"), "thing", removed))
    core = getattr(client, "thing", client)._session
    with pytest.raises(errors.FileGoneError, match=r"an hour after the end \(prediction abc\)"):
        way.wrap(kind.bind(core, removed)).result()


def test_errors_of_a_file_name_its_prediction(client, sandbox, way):
    prediction = client.predictions.run("acme/picture")
    [file] = prediction.files()
    sandbox.fail_next(path="/pbxt/*", times=None, status=404)
    with pytest.raises(errors.FileGoneError) as caught:
        way.wrap(file).read()
    assert caught.value.prediction_id == prediction.id
