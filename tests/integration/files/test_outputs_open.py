"""Output files as file objects: what is read of them is fetched, where the server has parts."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import pytest
from support.file_server import Shape, content_of

from replicatekit import errors

CONTENT = content_of(1_000_000)


@pytest.fixture(params=["parts", "whole"])
def remote(request, file_of, serve):
    """An open file, of a server with parts and of one without."""
    server = serve(Shape(CONTENT, parts=request.param == "parts"))
    with file_of(f"{server.url}/a.bin").open() as file:
        yield file


def test_it_reads_like_a_file_on_the_disk(remote):
    chance, local = random.Random(7), io.BytesIO(CONTENT)
    for _ in range(100):
        how = chance.randrange(4)
        if how == 0:
            offset = chance.randrange(len(CONTENT) + 1000)
            assert remote.seek(offset) == local.seek(offset)
        elif how == 1:
            offset = -chance.randrange(len(CONTENT))
            assert remote.seek(offset, io.SEEK_END) == local.seek(offset, io.SEEK_END)
        elif how == 2:
            step = chance.randrange(-min(local.tell(), 5000), 5000)
            assert remote.seek(step, io.SEEK_CUR) == local.seek(step, io.SEEK_CUR)
        size = chance.choice([0, 1, 100, 5000, 200_000])
        assert remote.read(size) == local.read(size)
        assert remote.tell() == local.tell()
    remote.seek(0)
    assert remote.read() == CONTENT
    assert remote.read() == b""


def test_it_can_be_read_and_sought_and_not_be_written(remote):
    assert remote.readable()
    assert remote.seekable()
    with pytest.raises(ValueError, match=r"-1|negative"):
        remote.seek(-1)
    remote.close()
    with pytest.raises(ValueError, match="closed"):
        remote.read()


def test_of_a_long_archive_only_its_end_and_one_entry_are_fetched(way, file_of, serve):
    if way.portal is not None:
        pytest.skip("the async half fetches all of it, so that its file object blocks no more")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("long", bytes(20_000_000))
        written.writestr("short", "hello")
    server = serve(Shape(archive.getvalue()))
    with file_of(f"{server.url}/a.zip").open() as file, zipfile.ZipFile(file) as read:
        assert read.read("short") == b"hello"
    assert server.requests[0]["range"] == "bytes=0-"
    assert all(int(each["range"][6:-1]) > 19_000_000 for each in server.requests[1:])


def test_a_cut_is_taken_up_here_as_well(file_of, serve):
    server = serve(Shape(CONTENT, cut=300_000), Shape(CONTENT, cut=200_000), Shape(CONTENT))
    with file_of(f"{server.url}/a").open() as file:
        file.seek(10)
        assert file.read() == CONTENT[10:]


def test_a_file_that_changes_meanwhile_is_an_error(way, file_of, serve):
    if way.portal is not None:
        pytest.skip("the async half has all of it by then")
    server = serve(Shape(CONTENT), Shape(CONTENT, etag='"second"'))
    with file_of(f"{server.url}/a").open() as file:
        assert file.read(10) == CONTENT[:10]
        file.seek(-10, io.SEEK_END)
        with pytest.raises(errors.FileCorruptedError):
            file.read(10)


@pytest.mark.parametrize("parts", [True, False])
def test_an_empty_file_is_empty(file_of, serve, parts):
    server = serve(Shape(b"", parts=parts))
    file = file_of(f"{server.url}/a")
    with file.open() as opened:
        assert opened.read() == b""
    assert file.size == 0


def test_without_anything_to_know_it_by_all_of_it_is_fetched_at_once(file_of, serve):
    server = serve(Shape(CONTENT, etag=None))
    with file_of(f"{server.url}/a").open() as file:
        file.seek(-5, io.SEEK_END)
        assert file.read() == CONTENT[-5:]
    assert len(server.requests) == 1


def test_a_data_url_is_one_too(file_of):
    with file_of("data:text/plain,hello").open() as file:
        assert file.read() == b"hello"


def test_what_is_gone_cannot_be_opened(file_of, serve):
    with pytest.raises(errors.FileGoneError):
        file_of(f"{serve(Shape(status=404)).url}/a").open()


def test_pillow_opens_it(way, sandbox):
    image = pytest.importorskip("PIL.Image")
    file = way.wrap(way.client(sandbox, verify=False).run("sandbox/painter", {"width": 200, "height": 100}))
    with file.open() as opened, image.open(opened) as picture:
        assert picture.size == (200, 100)
        assert len(set(picture.convert("RGB").tobytes())) > 20


def test_a_sync_file_is_a_path_and_an_async_one_is_none(way, sandbox):
    file = way.client(sandbox, verify=False).run("sandbox/painter", {"width": 20, "height": 20})
    if way.portal is not None:
        with pytest.raises(TypeError):
            os.fspath(file.thing)
        return
    assert Path(file).read_bytes() == file.read()
