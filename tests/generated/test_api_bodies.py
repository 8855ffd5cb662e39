"""What is sent as a body: parts that cannot split, files read in pieces, JSON that says what was meant, or an error."""

from __future__ import annotations

import asyncio
import io
import json
import os
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from calling import call, sync_and_async
from own_samples import sample
from starlette.formparsers import MultiPartParser

from replicatekit_api.api.files import create, download
from replicatekit_api.api.models import search, update
from replicatekit_api.api.predictions import create as create_prediction
from replicatekit_api.errors import InvalidArgument
from replicatekit_api.models import FileUpload, PredictionRequest, VersionPredictionRequest, WebhookEvent
from replicatekit_api.types import UNSET, File

if TYPE_CHECKING:
    from pathlib import Path

    from recording_server import Recorder, Sent

    from replicatekit_api import AuthenticatedClient


@pytest.fixture(autouse=True)
def _accepted(recorder: Recorder) -> None:
    recorder.says(sample("File"), 201)


def parts_of(sent: Sent) -> list[tuple[str, str | None, str | None, bytes]]:
    """Name, file name, media type and content of each part, as a web framework reads them."""
    from starlette.datastructures import Headers, UploadFile

    async def parsed() -> list[tuple[str, str | None, str | None, bytes]]:
        async def body():
            yield sent.body

        form = await MultiPartParser(Headers({"content-type": sent.headers["content-type"]}), body()).parse()
        found = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                found.append((name, value.filename, value.content_type, await value.read()))
                await value.close()
            else:
                found.append((name, None, None, value.encode()))
        return found

    return asyncio.run(parsed())


def upload(client: AuthenticatedClient, file: Any, **more: Any) -> None:
    create.sync(client=client, body=FileUpload(content=file, **more))


def test_each_upload_has_a_boundary_of_its_own(recorder: Recorder, client: AuthenticatedClient) -> None:
    for _ in range(20):
        upload(client, File(b"sand"))
    boundaries = {sent.headers["content-type"].partition("boundary=")[2] for sent in recorder.sent}
    assert len(boundaries) == 20
    assert min(map(len, boundaries)) >= 32


CRAFTED = [
    b'--+++\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"evil": true}\r\n--+++--\r\n',
    b'\r\n--+++\r\nContent-Disposition: form-data; name="type"\r\n\r\ntext/html\r\n--+++--',
    b"--",
    b"\r\n--\r\n",
    b"\r\n",
    b"",
    bytes(range(256)) * 20,
]


@pytest.mark.parametrize("content", CRAFTED, ids=range(len(CRAFTED)))
@sync_and_async
def test_a_crafted_file_cannot_split_itself_into_more_parts(
    recorder: Recorder, client: AuthenticatedClient, way: str, content: bytes
) -> None:
    call(way, create, client, body=FileUpload(content=File(content, "sand.bin"), type="image/png"))
    assert parts_of(recorder.only) == [
        ("content", "sand.bin", "application/octet-stream", content),
        ("type", None, None, b"image/png"),
    ]


NAMES = [
    'a "quoted" name.png',
    "newline\r\nX-Evil: 1.png",
    'x"; filename="evil.sh',
    "tab\tand;semicolon.png",
    "śćieżka 写真 🐚.png",
    "back\\slash.png",
    "half \udce9 a name.png",
    "nul\x00.png",
    "%22.png",
    "'.png",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_name_stays_a_file_name(recorder: Recorder, client: AuthenticatedClient, name: str) -> None:
    upload(client, File(b"sand", name), type="image/png")
    parts = parts_of(recorder.only)
    assert [(part, content) for part, _, _, content in parts] == [("content", b"sand"), ("type", b"image/png")]
    assert b"\nX-Evil" not in recorder.only.body
    if name.isprintable() and '"' not in name:
        assert name.replace("\\", "") in {(parts[0][1] or "").replace("\\", ""), name.replace("%22", "%22")}


@pytest.mark.parametrize("media_type", ["image/png\r\nX-Evil: 1", "image/png\n", "imagé/png", "\x00"])
def test_a_media_type_cannot_bring_headers_of_its_own(
    recorder: Recorder, client: AuthenticatedClient, media_type: str
) -> None:
    with pytest.raises(InvalidArgument, match="media type"):
        upload(client, File(b"sand", "sand", media_type))
    assert not recorder.sent


class Pieces(io.RawIOBase):
    """A large file that notes how it is read."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.largest = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "read as a whole"
        self.largest = max(self.largest, size)
        piece = b"s" * min(size, self.left)
        self.left -= len(piece)
        return piece


@sync_and_async
def test_an_open_file_is_read_in_pieces(recorder: Recorder, client: AuthenticatedClient, way: str) -> None:
    file = Pieces(3_000_000)
    call(way, create, client, body=FileUpload(content=File(file, "long.bin")))  # type: ignore[arg-type]
    assert parts_of(recorder.only)[0][3] == b"s" * 3_000_000
    assert file.largest <= 1 << 20


def test_an_open_file_is_sent_under_its_own_name(
    recorder: Recorder, client: AuthenticatedClient, tmp_path: Path
) -> None:
    (tmp_path / "grains.txt").write_bytes(b"one\ntwo\n")
    with (tmp_path / "grains.txt").open("rb") as file:
        upload(client, File(file))
        assert recorder.only.headers["content-length"] == str(len(recorder.only.body))
    assert parts_of(recorder.only) == [("content", "grains.txt", "application/octet-stream", b"one\ntwo\n")]


@pytest.mark.parametrize("given", [File(b"sand"), File(io.BytesIO(b"sand")), b"sand", io.BytesIO(b"sand")])
def test_a_file_without_a_name_is_a_file_all_the_same(
    recorder: Recorder, client: AuthenticatedClient, given: Any
) -> None:
    create.sync(client=client, body={"content": given})
    assert parts_of(recorder.only) == [("content", "upload", "application/octet-stream", b"sand")]


def test_a_file_of_a_descriptor_is_a_file_too(recorder: Recorder, client: AuthenticatedClient) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"sand")
    os.close(writing)
    with open(reading, "rb") as file:  # noqa: PTH123 (it has no path)
        upload(client, File(file))
    assert parts_of(recorder.only) == [("content", "upload", "application/octet-stream", b"sand")]


@pytest.mark.parametrize("given", [io.StringIO("text"), "text", 7, object(), None])
def test_what_is_no_file_is_refused_by_name(recorder: Recorder, client: AuthenticatedClient, given: Any) -> None:
    with pytest.raises(InvalidArgument, match="content"):
        upload(client, File(given))
    assert not recorder.sent


def test_parts_that_were_not_given_are_not_sent(recorder: Recorder, client: AuthenticatedClient) -> None:
    create.sync(client=client, body={"content": b"x", "filename": None, "type": UNSET, "metadata": {"a": None}})
    assert [name for name, *_ in parts_of(recorder.only)] == ["content", "metadata"]
    assert parts_of(recorder.only)[1][3] == b'{"a":null}'


def test_other_values_are_parts_of_text(recorder: Recorder, client: AuthenticatedClient) -> None:
    body = {"content": b"x", "flag": True, "count": 3, "share": 0.5, "many": ["a", "ü"], "word": WebhookEvent.START}
    create.sync(client=client, body=body)
    texts = [(name, content.decode()) for name, _, _, content in parts_of(recorder.only)[1:]]
    expected = [("flag", "true"), ("count", "3"), ("share", "0.5"), ("many", "a"), ("many", "ü"), ("word", "start")]
    assert texts == expected


@pytest.mark.parametrize("name", ['meta"data', "a\r\nb", 'x"; filename="evil'])
def test_a_part_cannot_have_a_name_that_makes_it_two(
    recorder: Recorder, client: AuthenticatedClient, name: str
) -> None:
    create.sync(client=client, body={"content": b"x", name: "y"})
    parts = parts_of(recorder.only)
    assert [content for *_, content in parts] == [b"x", b"y"]
    assert parts[1][1] is None


@pytest.mark.parametrize("text", ["tide", "", "ünï & co: 🐚", "line\r\nbreak", '{"json": 1}', b"\xff\x00bytes"])
@sync_and_async
def test_a_search_goes_out_as_plain_text(
    recorder: Recorder, client: AuthenticatedClient, way: str, text: str | bytes
) -> None:
    recorder.says(sample("ModelPage"))
    call(way, search, client, body=text)
    assert recorder.only.method == "QUERY"
    assert recorder.only.headers["content-type"] == "text/plain"
    assert recorder.only.body == (text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("body", ["half \ud83d", None, 7, {"query": "tide"}])
def test_what_cannot_be_plain_text_is_refused(recorder: Recorder, client: AuthenticatedClient, body: Any) -> None:
    with pytest.raises(InvalidArgument, match="the body"):
        search.sync(client=client, body=body)
    assert not recorder.sent


@pytest.mark.parametrize("content", [b"", b"\x00\xff\r\n", b'{"json": 1}', b"x" * 200_000])
@sync_and_async
def test_a_download_is_the_bytes_as_they_are(
    recorder: Recorder, client: AuthenticatedClient, way: str, content: bytes
) -> None:
    from recording_server import Answer

    recorder.answer = Answer(200, content, {"Content-Type": "image/png"})
    got = call(way, download, client, "F1le", owner="wren", expiry=1, signature="s")
    assert got.parsed == content


class Colour(Enum):
    RED = "red"


def body_sent(recorder: Recorder, client: AuthenticatedClient, body: Any) -> Any:
    recorder.says(sample("Prediction"), 201)
    create_prediction.sync(client=client, body=body)
    return json.loads(recorder.only.body)


def test_python_values_become_json(recorder: Recorder, client: AuthenticatedClient) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))
    given = {
        "moment": moment,
        "local": moment.replace(tzinfo=None),
        "day": date(2026, 2, 3),
        "colour": Colour.RED,
        "pair": (1, 2),
        "range": range(3),
        "frozen": MappingProxyType({"a": 1}),
        "model": PredictionRequest(input={"x": moment}),
        "dropped": UNSET,
        "null": None,
        "text": "ü 🐚 \u2028",
    }
    sent = body_sent(recorder, client, {"version": "5c0ffee", "input": given})
    assert sent["input"] == {
        "moment": "2026-02-03T04:05:06+01:00",
        "local": "2026-02-03T04:05:06+00:00",
        "day": "2026-02-03",
        "colour": "red",
        "pair": [1, 2],
        "range": [0, 1, 2],
        "frozen": {"a": 1},
        "model": {"input": {"x": "2026-02-03T04:05:06+01:00"}},
        "null": None,
        "text": "ü 🐚 \u2028",
    }


def test_a_model_and_a_mapping_send_the_same(recorder: Recorder, client: AuthenticatedClient) -> None:
    model = VersionPredictionRequest(version="v", input={}, webhook_events_filter=[WebhookEvent.START, "completed"])
    assert body_sent(recorder, client, model) == {
        "version": "v",
        "input": {},
        "webhook_events_filter": ["start", "completed"],
    }


def test_null_is_sent_where_it_is_given(recorder: Recorder, client: AuthenticatedClient) -> None:
    recorder.says(sample("Model"))
    update.sync("o", "n", client=client, body={"description": None})
    assert json.loads(recorder.only.body) == {"description": None}


LOOP: dict[str, Any] = {}
LOOP["self"] = [LOOP]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        {1, 2},
        object(),
        b"bytes",
        1j,
        "half \ud83d",
        File(b"x"),
        LOOP,
        deep(50_000),
        {(1,): 2},
    ],
    ids=["nan", "inf", "set", "object", "bytes", "complex", "surrogate", "file", "loop", "deep", "key"],
)
def test_what_json_cannot_say_is_refused_before_anything_is_sent(
    recorder: Recorder, client: AuthenticatedClient, value: Any
) -> None:
    with pytest.raises(InvalidArgument):
        create_prediction.sync(client=client, body={"version": "v", "input": {"value": value}})
    assert not recorder.sent
