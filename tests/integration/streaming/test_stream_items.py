"""The items of an output as it grows: those of the whole output, in each way to call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.events import Gate, PollingModel, collect_until, next_item

from replicatekit import errors
from replicatekit.sandbox import ConcatenateIterator


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.release(1000)


@pytest.fixture
def models(sandbox, gate):
    @sandbox.model("acme/words", official=True)
    def words(text: str = "one two three", fails: bool = False) -> ConcatenateIterator[str]:
        print("begins")
        for word in text.split():
            yield word + " "
        if fails:
            raise ValueError("it went wrong at the end")

    @sandbox.model("acme/gated", official=True)
    def gated(pieces: int = 3) -> ConcatenateIterator[str]:
        for number in range(pieces):
            gate.wait()
            yield f"{number} "

    @sandbox.model("acme/whole")
    def whole(pieces: int = 2, fails: bool = False) -> list[str]:
        print("begins")
        if fails:
            raise ValueError("it went wrong")
        return [f"{number}" for number in range(pieces)]

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models, verify=False)  # no certificates to be loaded for each test


def status_of(client, stream):
    return client.predictions.get(stream.prediction.id).status


def iterated(client, models, items):
    """What comes, item by item, of a model that streams these."""

    @models.model("acme/items", official=True)
    def model() -> Iterator[str]:
        yield from items

    return list(client.iterate("acme/items"))


@pytest.mark.parametrize(
    "items",
    [
        ["one ", "two ", "three "],
        ["", " ", "\n", "a\nb", "a\r\nb", "\r", "c"],
        ["12", "true", "null", '"x"', "{}", "[1, 2]", "1e5", "12"],
        [12, 0, -1, 2.5],
        [{"a": 1}, {"a": [None, "\r\n"]}],
        [[1, 2], [3]],
        [None, None],
        ["https://example.com/a.png", "data:text/plain;base64,QQ=="],
        [],
    ],
)
def test_items_are_those_of_the_output(client, models, items):
    assert iterated(client, models, items) == items
    assert client.predictions.list().results[0].output in (items, None)


def test_items_come_as_the_model_makes_them(client, gate):
    with client.iterate("acme/gated") as items:
        for number in range(3):
            gate.release()
            assert next_item(items) == f"{number} "
        assert list(items) == []
        assert items.prediction.status == "succeeded"


def test_items_without_a_stream_come_as_they_are_seen(client, models, gate):
    items = ["a", 1, {"x": [1]}, "1"]
    models.add_model("acme/polled", PollingModel(gate, items), official=True)
    with client.iterate("acme/polled", poll_interval=0.01) as found:
        for item in items:
            gate.release()
            assert next_item(found) == item
        assert list(found) == []


@pytest.mark.parametrize(("model", "items"), [("acme/whole", ["0", "1"]), ("sandbox/hello", ["hello world"])])
def test_an_output_that_comes_at_once_is_iterated_too(client, model, items):
    assert list(client.iterate(model, poll_interval=0.01)) == items
    assert list(client.predictions.create(model).iterate(poll_interval=0.01)) == items


def test_items_come_before_the_error(client):
    found, _ = collect_until(errors.ModelError, client.iterate("acme/words", {"fails": True}))
    assert found == ["one ", "two ", "three "]
    assert list(client.iterate("acme/words", {"fails": True}, raise_on_error=False)) == found


def test_leaving_the_items_early_lets_the_prediction_go_on(client, gate):
    with client.iterate("acme/gated") as items:
        gate.release()
        next_item(items)
    assert list(items) == []
    assert status_of(client, items) == "processing"


def test_a_text_that_looks_like_json_costs_one_look(client, models):
    assert iterated(client, models, ["1", "2", "3"] * 20) == ["1", "2", "3"] * 20
    assert len([each for each in models.requests if each.method == "GET" and each.host == "api"]) <= 4


def test_files_are_files_and_may_come_as_urls(client, models, tmp_path):
    @models.model("acme/pictures", official=True)
    def pictures() -> Iterator[Path]:
        for number in range(2):
            path = tmp_path / f"{number}.txt"
            path.write_text(f"picture {number}")
            yield path

    with client.iterate("acme/pictures") as items:
        files = list(items)
        assert [file.read() for file in files] == [b"picture 0", b"picture 1"]
        assert files == items.prediction.result()
    urls = list(client.iterate("acme/pictures", raw=True))
    assert all(isinstance(url, str) for url in urls)
    schemas = [each for each in models.requests if each.method == "GET" and each.path == "/v1/models/acme/pictures"]
    assert len(schemas) == 1


def test_a_file_that_is_the_whole_output_is_a_file(client):
    (picture,) = client.iterate("sandbox/painter", {"width": 16, "height": 16}, poll_interval=0.01)
    assert picture.read().startswith(b"\x89PNG")


def test_a_text_with_a_url_stays_a_text(client, models):
    assert iterated(client, models, ["https://example.com/a", "data:,b"]) == ["https://example.com/a", "data:,b"]


@pytest.mark.parametrize("option", [{"schema": "guess"}, {"file_strategy": "never"}, {"raws": True}])
def test_an_option_that_cannot_be_is_refused_at_once(client, models, option):
    with pytest.raises(errors.InvalidArgument):
        client.iterate("acme/words", **option)
    assert not models.requests
