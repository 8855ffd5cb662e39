"""`client.files`: uploads that are compared with what was stored, and downloads."""

from __future__ import annotations

import hashlib
import io

import pytest
from support.file_server import content_of, without_delays

from replicatekit import errors

LONG = content_of(600_000)


@pytest.fixture
def client(way, sandbox):
    return without_delays(way.client(sandbox, verify=False))


def test_a_path_a_text_bytes_and_a_file_object_are_created(client, tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(LONG)
    with path.open("rb") as opened:
        made = [client.files.create(each) for each in (path, str(path), LONG, opened, io.BytesIO(LONG))]
    assert [each.name for each in made] == ["cat.png", "cat.png", "file.bin", "cat.png", "file.bin"]
    assert {each.size for each in made} == {len(LONG)}
    assert {each.checksums.sha256 for each in made} == {hashlib.sha256(LONG).hexdigest()}


def test_what_is_said_of_it_is_kept(client):
    made = client.files.create(
        b"hello", filename='a "b"\n.txt', content_type="text/x-poem; charset=utf-8", metadata={"who": "me ä", "n": [1]}
    )
    found = client.files.get(made.id)
    assert found.name == 'a "b"\n.txt'
    assert found.content_type == "text/x-poem; charset=utf-8"
    assert found.metadata == {"who": "me ä", "n": [1]}


def test_its_type_is_known_by_its_first_bytes(client):
    assert client.files.create(b"\x89PNG\r\n\x1a\n" + bytes(100)).content_type == "image/png"


@pytest.mark.parametrize(
    "wrong",
    [{"content_type": "text/html\r\nX-Evil: 1"}, {"content_type": "png"}, {"metadata": [1]}, {"metadata": {1: {2}}}],
)
def test_what_cannot_be_sent_is_refused(client, sandbox, wrong):
    with pytest.raises(errors.InvalidArgument):
        client.files.create(b"hello", **wrong)
    assert sandbox.requests == []


def test_progress_is_told_up_to_the_end(client):
    told = []
    client.files.create(LONG, on_progress=lambda *each: told.append(each))
    assert told == sorted(told)
    assert told[0][0] == 0
    assert told[-1] == (len(LONG), len(LONG))


def test_what_progress_raises_stops_it(client, sandbox):
    def stop(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.files.create(LONG, on_progress=stop)
    assert client.files.list().results == []


def test_more_than_100_mib_are_refused_before_any_request(client, sandbox, tmp_path):
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(100 * 2**20 + 1)
    with pytest.raises(errors.FileTooLargeError):
        client.files.create(path)
    assert sandbox.requests == []


def test_one_that_may_have_been_stored_is_not_sent_again(client, sandbox):
    sandbox.fail_next(method="POST", path="/files", cut="response", at=0)
    with pytest.raises(errors.OutcomeUnknownError):
        client.files.create(LONG)
    assert len(client.files.list().results) == 1


def test_a_file_that_is_shorter_than_it_said_is_not_stored(client, sandbox, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(LONG)

    def shorten(sent, _):
        if sent == 0:
            with path.open("r+b") as file:
                file.truncate(1000)

    with pytest.raises(errors.InvalidInput, match="changed while it was read"):
        client.files.create(path, on_progress=shorten)
    assert client.files.list().results == []


@pytest.mark.parametrize("body", [{}, {"id": "a"}, [], "text", {"id": "a", "urls": {"get": None}}])
def test_an_answer_that_is_no_file_is_an_error(client, sandbox, body):
    sandbox.fail_next(method="POST", path="/files", status=201, body=body)
    with pytest.raises(errors.DecodingError):
        client.files.create(b"hello")


def test_a_slow_disk_gets_threads(client, monkeypatch):
    monkeypatch.setattr("replicatekit._http.bodies.SLOW", -1)
    assert client.files.create(LONG).checksums.sha256 == hashlib.sha256(LONG).hexdigest()


def test_what_is_at_a_url_or_behind_a_signed_link_is_downloaded(client, sandbox, monkeypatch, way):
    monkeypatch.setattr(sandbox.settings, "outputs_on", "api")
    [file] = client.predictions.run("sandbox/painter", {"width": 32, "height": 32}).files()
    link = way.wrap(file).url
    data = way.wrap(client.files.download(link)).read()
    assert data.startswith(b"\x89PNG")
    query = dict(part.split("=") for part in link.partition("?")[2].split("&"))
    signed = {"owner": query["owner"], "expiry": int(query["expiry"]), "signature": query["signature"]}
    key = link.split("/")[-2]
    assert way.wrap(client.files.download(key, **signed)).read() == data
    with pytest.raises(errors.FileGoneError):
        way.wrap(client.files.download(key, **{**signed, "signature": "wrong"})).read()


@pytest.mark.parametrize(
    ("file", "options"),
    [("abc", {}), ("abc", {"owner": "me"}), ("../account", {"owner": "a", "expiry": 1, "signature": "b"}), (b"abc", {}),
     ("https://replicate.delivery/a", {"owner": "me"})],
)  # fmt: skip
def test_what_is_no_link_is_refused(client, sandbox, file, options):
    with pytest.raises(errors.InvalidArgument):
        client.files.download(file, **options)
    assert sandbox.requests == []
