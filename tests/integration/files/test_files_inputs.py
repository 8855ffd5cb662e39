"""Files in a model's input, over real HTTP: inside the request, or uploaded before it, each once."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from email.message import Message
from pathlib import Path as DiskPath
from typing import Any

import pytest
from support.file_server import content_of, without_delays

from replicatekit import errors
from replicatekit._transfer.upload import upload
from replicatekit.sandbox import Path

LIMIT = 256 * 1024
LONG = content_of(LIMIT + 1)


@pytest.fixture
def client(way, sandbox):
    @sandbox.model("acme/digest", official=True)
    def digest(file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()

    @sandbox.model("acme/digests", official=True)
    def digests(files: list[Path]) -> list[str]:
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    @sandbox.model("acme/copy", official=True)
    def copy(file: Path) -> Path:
        return file

    @sandbox.model("acme/anything", official=True)
    def anything(value: Any = None) -> Any:
        return value

    return without_delays(way.client(sandbox, verify=False))


def sha(data):
    return hashlib.sha256(data).hexdigest()


def uploads(sandbox):
    return [each for each in sandbox.requests if each.path == "/v1/files"]


def sent_input(sandbox):
    return next(each for each in reversed(sandbox.requests) if each.path.endswith("/predictions")).json()["input"]


# Sizes and strategies


@pytest.mark.parametrize(("size", "count"), [(0, 0), (1, 0), (LIMIT - 1, 0), (LIMIT, 0), (LIMIT + 1, 1)])
def test_up_to_256_kb_a_file_is_inside_and_above_that_it_is_uploaded(client, sandbox, size, count):
    data = content_of(size)
    assert client.run("acme/digest", {"file": data}) == sha(data)
    assert len(uploads(sandbox)) == count
    [body] = [each.body for each in sandbox.requests if each.path.endswith("/predictions")]
    assert body.startswith(b'{"input":{"file":"http' if count else b'{"input":{"file":"data:')


@pytest.mark.parametrize(
    ("strategy", "data", "count"), [("inline", LONG, 0), ("upload", b"short", 1), ("upload", b"", 1)]
)
def test_a_run_or_a_client_may_want_it_otherwise(client, sandbox, strategy, data, count):
    assert client.run("acme/digest", {"file": data}, file_strategy=strategy) == sha(data)
    assert client.with_options(file_strategy=strategy).run("acme/digest", {"file": data}) == sha(data)
    prediction = client.predictions.create("acme/digest", {"file": data}, wait=True, file_strategy=strategy)
    assert prediction.output == sha(data)
    assert len(uploads(sandbox)) == 3 * count


def test_over_100_mib_is_refused_before_any_request(client, sandbox, tmp_path):
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(100 * 2**20 + 1)
    with pytest.raises(errors.FileTooLargeError, match="give that URL instead") as caught:
        client.run("acme/digests", {"files": [b"", path]})
    assert caught.value.path == "input.files[1]"
    assert sandbox.requests == []


def test_what_cannot_be_sent_is_refused_before_any_request(client, sandbox):
    with pytest.raises(errors.InvalidInput) as caught:
        client.run("acme/anything", {"value": {"images": [LONG, LONG, object()]}})
    assert caught.value.path == "input.value.images[2]"
    assert sandbox.requests == []


# Kinds of files


def test_files_of_every_kind_arrive(client, sandbox, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(LONG)
    moved = io.BytesIO(b"before" + LONG)
    moved.seek(6)
    text = tmp_path / "a.txt"
    text.write_text("ä" * LIMIT, encoding="utf-16")
    with path.open("rb") as opened, text.open(encoding="utf-16") as words:
        given = [path, opened, moved, LONG, bytearray(LONG), memoryview(LONG), words, io.StringIO("é" * LIMIT)]
        found = client.run("acme/digests", {"files": given})
        assert opened.tell() == 0
        assert moved.tell() == 6
    assert found == [sha(LONG)] * 6 + [sha("ä".encode() * LIMIT), sha("é".encode() * LIMIT)]


def test_a_pipe_is_sent_as_it_comes(client, sandbox):
    out, into = os.pipe()

    def write():
        with os.fdopen(into, "wb") as file:
            for at in range(0, len(LONG), 10_000):
                file.write(LONG[at : at + 10_000])
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(out, "rb") as file:
        assert client.run("acme/digest", {"file": file}) == sha(LONG)
    writer.join()
    assert "content-length" not in uploads(sandbox)[0].headers


def test_what_cannot_be_read_again_is_not_sent_again(client, sandbox):
    class Once(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            return source.readinto(buffer)

    source = io.BytesIO(LONG)
    sandbox.fail_next(method="POST", path="/files", status=503)
    with pytest.raises(errors.ServerError):
        client.run("acme/digest", {"file": Once()})
    assert sandbox.creates == 0
    assert len(uploads(sandbox)) == 1


def test_pictures_and_arrays_are_sent(client, sandbox):
    image, numpy = pytest.importorskip("PIL.Image"), pytest.importorskip("numpy")
    picture = image.effect_noise((600, 600), 90)
    file = client.run("acme/copy", {"file": picture})
    with file.open() as opened, image.open(opened) as got:
        assert got.tobytes() == picture.tobytes()
    assert len(uploads(sandbox)) == 1
    assert client.run("acme/anything", {"value": numpy.arange(4).reshape(2, 2)}) == [[0, 1], [2, 3]]


# Names and types

NAMES = [
    "cat.png",
    'a "quoted" name.png',
    "two\nlines\r\nand more.png",
    "猫 кот 🐈.png",
    "back\\slash.png",
    "per%20cent%.png",
    "no extension",
    ".hidden",
    "a" * 200 + ".png",
]


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_are_kept_whatever_is_in_them(client, sandbox, tmp_path):
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(LONG + bytes([number]))
    client.run("acme/digests", {"files": [tmp_path / name for name in NAMES]})
    kinds = {each.name: each.content_type for each in client.files.list().results}
    assert kinds == {name: "image/png" if name.endswith(".png") else "application/octet-stream" for name in NAMES}


def test_no_content_ends_its_part(client, sandbox):
    hostile = LONG + b'\r\n--+++--\r\n--+++\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}'
    assert client.run("acme/digest", {"file": hostile}) == sha(hostile)
    boundaries = set()
    for _ in range(3):
        client.run("acme/digest", {"file": LONG})
    for request in uploads(sandbox):
        message = Message()
        message["content-type"] = request.headers["content-type"]
        boundaries.add(message.get_boundary())
    assert len(boundaries) == 4
    assert all(len(boundary) == 32 for boundary in boundaries)


# Several, and the same


def test_a_file_that_is_used_twice_is_uploaded_once(client, sandbox, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(LONG)
    again = DiskPath(f"{tmp_path}/../{tmp_path.name}/a.bin")
    assert client.run("acme/digests", {"files": [path, again, path]}) == [sha(LONG)] * 3
    assert len(uploads(sandbox)) == 1
    first, *others = sent_input(sandbox)["files"]
    assert others == [first, first]


def test_several_are_uploaded_at_a_time_and_stay_in_their_places(client, sandbox, monkeypatch):
    running = most = 0

    async def counted(*given, **options):
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await upload(*given, **options)
        finally:
            running -= 1

    monkeypatch.setattr("replicatekit._transfer.upload.upload", counted)
    files = [LONG + bytes([number]) for number in range(8)]
    sandbox.fail_next(method="POST", path="/files", times=8, delay=0.05)
    assert client.run("acme/digests", {"files": files}) == list(map(sha, files))
    assert len(uploads(sandbox)) == 8
    assert most == 4


def test_an_output_passes_as_its_url_without_download_and_upload(client, sandbox):
    first = client.run("acme/copy", {"file": LONG})
    before = len(sandbox.requests)
    found = client.run("acme/digest", {"file": getattr(first, "thing", first)})
    assert found == sha(LONG)
    assert sandbox.requests[before].path == "/v1/models/acme/digest/predictions"
    assert sent_input(sandbox)["file"] == first.url
    assert not [each for each in sandbox.requests if each.host == "delivery"]


def test_an_uploaded_file_passes_as_its_url(client, sandbox):
    file = client.files.create(b"short")
    assert client.run("acme/digest", {"file": file}) == sha(b"short")
    assert sent_input(sandbox)["file"] == file.urls.get


# What goes wrong


# httpx leaves generators of its own to trio where a body is not sent to its end.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_upload_in_a_run_is_made_again(client, sandbox):
    sandbox.fail_next(method="POST", path="/files", status=503)
    sandbox.fail_next(method="POST", path="/files", cut="request", at=100_000)
    sandbox.fail_next(method="POST", path="/files", cut="response", at=0)
    assert client.run("acme/digest", {"file": LONG}) == sha(LONG)
    assert sandbox.creates == 1


def test_without_its_files_nothing_is_run(client, sandbox):
    sandbox.fail_next(method="POST", path="/files", times=None, status=400)
    with pytest.raises(errors.BadRequestError):
        client.run("acme/digest", {"file": LONG})
    assert sandbox.creates == 0


def test_a_file_that_is_changed_on_the_way_is_noticed(client, sandbox):
    body = {"id": "abc", "size": len(LONG), "checksums": {"sha256": "0" * 64}, "urls": {"get": "https://a.example/b"}}
    sandbox.fail_next(method="POST", path="/files", status=201, body=body)
    with pytest.raises(errors.FileCorruptedError, match="arrived changed"):
        client.run("acme/digest", {"file": LONG})
    assert sandbox.creates == 0


def test_a_deadline_holds_for_uploads_too(client, sandbox):
    sandbox.fail_next(method="POST", path="/files", times=None, delay=5)
    with pytest.raises(errors.APITimeoutError):
        client.run("acme/digest", {"file": LONG}, timeout=0.2)
    assert sandbox.creates == 0
