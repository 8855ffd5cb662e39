"""The address on loopback at which Cog reports, fetches files and hands them in."""

from __future__ import annotations

import os
import pathlib

import httpx
import pytest

from replicatekit.sandbox._cog.callback_server import CallbackServer


@pytest.fixture
def callbacks():
    callbacks = CallbackServer()
    yield callbacks
    callbacks.close()


@pytest.fixture
def cog():
    """Cog, as the callbacks sees it."""
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def test_reports_go_to_whoever_listens_to_the_run(callbacks, cog):
    got = []
    with callbacks.listening("run", got.append) as url:
        assert cog.post(url, json={"logs": "a"}).status_code == 200
    assert cog.post(url, json={"logs": "too late"}).status_code == 200
    assert got == [{"logs": "a"}]


@pytest.mark.parametrize("name", ["a.txt", "a b.txt", "größe.png", "100%.bin", "a?b#c.txt", "x" * 300])
def test_a_file_that_is_handed_in_can_be_taken_once_under_its_name(callbacks, cog, name):
    content = os.urandom(200_000)
    answer = cog.put(f"{callbacks.url}/upload/{_quoted(name)}", content=content)
    assert answer.status_code == 201
    url = answer.headers["location"]
    assert callbacks.take(url) == (content, name[-200:])
    assert callbacks.take(url) is None


def _quoted(name):
    from urllib.parse import quote

    return quote(name)


def test_a_file_may_come_in_pieces_and_two_may_have_one_name(callbacks, cog):
    pieces = [b"one, ", b"", b"two"]
    urls = [cog.put(f"{callbacks.url}/upload/a.txt", content=iter(pieces)).headers["location"] for _ in range(2)]
    assert [callbacks.take(url) for url in urls] == [(b"one, two", "a.txt")] * 2


def test_a_file_without_a_name_gets_one(callbacks, cog):
    assert callbacks.take(cog.put(f"{callbacks.url}/upload/", content=b"x").headers["location"]) == (b"x", "output")


def test_what_is_no_file_of_an_output_cannot_be_taken(callbacks):
    for url in (
        "hello",
        "https://example.com/a.txt",
        f"{callbacks.url}/outputs/",
        f"{callbacks.url}/outputs/../../etc/passwd",
    ):
        assert callbacks.take(url) is None


def test_a_file_that_is_offered_can_be_fetched_while_its_run_is_listened_to(callbacks, cog, tmp_path):
    path = tmp_path / "a b.txt"
    path.write_bytes(b"content")
    with callbacks.listening("run", print):
        url = callbacks.offer("run", path)
        assert url.endswith("/a%20b.txt")
        assert cog.get(url).content == b"content"
    assert cog.get(url).status_code == 404


def test_without_the_secret_there_is_nothing(callbacks, cog, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")
    with callbacks.listening("run", print) as url:
        offered = callbacks.offer("run", path)
        foreign = [one.replace(callbacks.url.rpartition("/")[2], "guess") for one in (url, offered)]
        assert cog.post(foreign[0], json={}).status_code == 404
        assert cog.get(foreign[1]).status_code == 404
        assert cog.put(f"{callbacks.url.rpartition('/')[0]}/guess/upload/a", content=b"x").status_code == 404
        assert cog.post(f"{callbacks.url}/other", json={}).status_code == 404
        assert cog.put(f"{callbacks.url}/other", content=b"x").status_code == 404
        assert cog.get(f"{callbacks.url}/other").status_code == 404


def test_nothing_is_left_of_it(cog):
    callbacks = CallbackServer()
    cog.put(f"{callbacks.url}/upload/a.txt", content=b"x")
    folder = pathlib.Path(callbacks._folder)
    assert folder.is_dir()
    callbacks.close()
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(callbacks.url, trust_env=False)
