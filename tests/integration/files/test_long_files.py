"""Files so long that they are read past h11, and brought to the disk while they grow."""

from __future__ import annotations

from support.file_server import Shape, content_of

CONTENT = content_of(1_000_003) * 40


def test_a_long_file_is_saved_whole_by_one_request(file_of, serve, tmp_path):
    server = serve(Shape(CONTENT))
    assert file_of(f"{server.url}/a.bin").save(tmp_path / "a.bin").read_bytes() == CONTENT
    assert len(server.requests) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_long_file_that_is_cut_is_resumed_where_it_ended(file_of, serve):
    server = serve(Shape(CONTENT, cut=3_333_333), Shape(CONTENT, cut=33_333_333), Shape(CONTENT))
    assert file_of(f"{server.url}/a.bin").read() == CONTENT
    assert [each.get("range") for each in server.requests] == [None, "bytes=3333333-", "bytes=36666666-"]


def test_bytes_behind_the_end_of_a_long_file_belong_to_no_file(file_of, serve):
    server = serve(Shape(CONTENT, lie=-7))
    assert file_of(f"{server.url}/a.bin").read() == CONTENT[:-7]
    assert len(server.requests) == 1
