"""Reading output files over real HTTP: cut, changed, hidden, described wrongly."""

from __future__ import annotations

import gzip
import hashlib
import random

import pytest
from support.file_server import Shape, content_of

from replicatekit import errors

CONTENT = content_of(100_000)
OTHER = content_of(100_001)[1:]
DATE = "Wed, 01 Jan 2025 00:00:00 GMT"


def ranges(server):
    return [each.get("range") for each in server.requests]


# Whole files


def test_a_file_is_read_by_one_request(file_of, serve):
    server = serve(Shape(CONTENT))
    assert file_of(f"{server.url}/out.png").read() == CONTENT
    assert ranges(server) == [None]


def test_its_chunks_make_the_file(file_of, serve):
    server = serve(Shape(CONTENT))
    chunks = list(file_of(f"{server.url}/out.png"))
    assert b"".join(chunks) == CONTENT
    assert len(chunks) > 1


def test_an_empty_file_is_empty(file_of, serve):
    server = serve(Shape(b""))
    file = file_of(f"{server.url}/empty.txt")
    assert file.read() == b""
    assert list(file) == []
    assert file.size == 0


def test_nothing_is_fetched_before_it_is_read(file_of, serve):
    server = serve(Shape(CONTENT))
    file = file_of(f"{server.url}/a/out%200.png?signature=x")
    assert (file.name, file.media_type, file.size) == ("out 0.png", "image/png", None)
    assert server.requests == []


def test_load_asks_once_for_what_it_is(file_of, serve):
    headers = {"content-type": "image/webp", "content-disposition": 'attachment; filename="a \\"cat\\".webp"'}
    server = serve(Shape(CONTENT, headers=headers))
    file = file_of(f"{server.url}/download")
    assert file.fetch_metadata().fetch_metadata().size == len(CONTENT)
    assert (file.name, file.media_type) == ("a _cat_.webp", "image/webp")
    assert len(server.requests) == 1


def test_a_data_url_is_decoded_without_a_request(file_of):
    file = file_of("data:image/png;base64,aGVsbG8=")
    assert file.read() == b"hello"
    assert (file.name, file.media_type, file.size) == ("file.png", "image/png", 5)
    assert b"".join(file) == b"hello"


def test_a_broken_data_url_says_so(file_of):
    with pytest.raises(errors.FileCorruptedError):
        file_of("data:image/png;base64,aGVsbG8=!").read()


def test_a_packed_file_is_unpacked(file_of, serve):
    server = serve(Shape(gzip.compress(CONTENT), headers={"content-encoding": "gzip"}))
    file = file_of(f"{server.url}/a.txt")
    assert file.read() == CONTENT
    assert server.requests[0]["accept-encoding"] == "identity"


def test_without_a_length_chunks_tell_the_end(file_of, serve):
    server = serve(Shape(CONTENT, framing="chunked"))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert len(server.requests) == 1


# Cuts


def test_50_cuts_at_random_places_in_one_file_are_taken_up_where_they_were(file_of, serve):
    places = random.Random(4).choices(range(1, 6000), k=50)
    server = serve(*(Shape(CONTENT, cut=place) for place in places), Shape(CONTENT))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert len(server.requests) > 20
    assert server.requests[1]["range"] == f"bytes={places[0]}-"
    assert server.requests[1]["if-range"] == '"first"'


@pytest.mark.parametrize("place", [0, 1, 65536, len(CONTENT) - 1])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_cut_anywhere_is_taken_up(file_of, serve, place, framing):
    server = serve(Shape(CONTENT, cut=place, framing=framing), Shape(CONTENT, framing=framing))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT


def test_a_date_serves_where_there_is_no_etag(file_of, serve):
    server = serve(Shape(CONTENT, cut=500, etag=None, modified=DATE), Shape(CONTENT, etag=None, modified=DATE))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT
    assert server.requests[1]["if-range"] == DATE


def test_a_server_without_parts_is_read_again_and_nothing_is_given_twice(file_of, serve):
    server = serve(*(Shape(CONTENT, parts=False, cut=place) for place in (500, 700)), Shape(CONTENT, parts=False))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT
    assert len(server.requests) == 3


def test_without_anything_to_know_the_file_by_it_is_read_from_its_beginning(file_of, serve):
    server = serve(Shape(CONTENT, etag=None, cut=500), Shape(CONTENT, etag=None))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server) == [None, None]


def test_without_it_equal_bytes_prove_that_it_is_the_same_file(file_of, serve):
    server = serve(Shape(CONTENT, etag=None, cut=500), Shape(CONTENT, etag=None))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT


def test_chunks_that_were_given_cannot_be_taken_back_so_that_is_an_error_for_them(file_of, serve):
    server = serve(Shape(CONTENT, etag=None, cut=500), Shape(OTHER, etag=None))
    with pytest.raises(errors.FileCorruptedError, match="another file now"):
        list(file_of(f"{server.url}/a"))
    assert file_of(f"{server.url}/a").read() == OTHER


def test_weak_etags_do_not_tell_one_file_from_another(file_of, serve):
    server = serve(Shape(CONTENT, etag='W/"first"', cut=500), Shape(CONTENT, etag='W/"first"'))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server) == [None, None]


def test_a_file_that_changed_between_two_connections_is_read_anew(file_of, serve):
    server = serve(Shape(CONTENT, cut=500), Shape(OTHER, etag='"second"'))
    assert file_of(f"{server.url}/a").read() == OTHER


def test_chunks_of_two_files_are_never_mixed(file_of, serve):
    server = serve(Shape(CONTENT, cut=500), Shape(OTHER, etag='"second"'))
    with pytest.raises(errors.FileCorruptedError):
        list(file_of(f"{server.url}/a"))


def test_a_file_that_became_shorter_is_read_anew(file_of, serve):
    server = serve(Shape(CONTENT, cut=50_000), Shape(CONTENT[:40_000]), Shape(CONTENT[:40_000]))
    assert file_of(f"{server.url}/a").read() == CONTENT[:40_000]


def test_parts_that_begin_elsewhere_are_not_used(file_of, serve):
    server = serve(Shape(CONTENT, cut=500), Shape(CONTENT, shift=10), Shape(CONTENT))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT
    assert ranges(server) == [None, "bytes=500-", None]


def test_parts_with_another_etag_are_not_used(file_of, serve):
    lying = Shape(CONTENT, headers={"etag": '"second"'})
    server = serve(Shape(CONTENT, cut=500), lying, Shape(CONTENT))
    assert file_of(f"{server.url}/a").read() == CONTENT


def test_a_connection_that_never_gets_further_is_given_up(file_of, serve):
    server = serve(Shape(CONTENT, cut=500), Shape(CONTENT, cut=0))
    with pytest.raises(errors.APIConnectionError, match="500 of 100000 bytes had arrived"):
        file_of(f"{server.url}/a").read()
    assert len(server.requests) == 6


def test_one_that_gets_further_each_time_is_not(file_of, serve):
    server = serve(Shape(CONTENT, cut=4000))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert len(server.requests) == 25


# Lengths that are not true


def test_a_length_that_is_too_long_is_corrected_by_the_server(file_of, serve):
    server = serve(Shape(CONTENT, lie=10), Shape(CONTENT))
    assert file_of(f"{server.url}/a").read() == CONTENT


@pytest.mark.parametrize("lie", [10, 1])
def test_one_that_the_server_insists_on_is_an_error(file_of, serve, lie):
    server = serve(Shape(CONTENT, lie=lie, parts=False))
    with pytest.raises(errors.APIConnectionError):
        file_of(f"{server.url}/a").read()


@pytest.mark.parametrize("hashed", [4 * 2**20, 1000])
def test_a_length_that_is_too_short_is_noticed_by_the_etag(file_of, serve, hashed, monkeypatch):
    monkeypatch.setattr("replicatekit._transfer.download._HASHED", hashed)
    md5 = f'"{hashlib.md5(CONTENT).hexdigest()}"'
    server = serve(Shape(CONTENT, lie=-10, etag=md5), Shape(CONTENT, etag=md5))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server) == [None, "bytes=99990-"]


def test_a_length_that_is_too_short_is_noticed_without_parts_too(file_of, serve):
    md5 = f'"{hashlib.md5(CONTENT).hexdigest()}"'
    server = serve(Shape(CONTENT, lie=-10, etag=md5, parts=False), Shape(CONTENT, etag=md5, parts=False))
    assert file_of(f"{server.url}/a").read() == CONTENT


def test_the_rest_that_is_found_so_is_not_given_up_lightly(file_of, serve):
    md5 = f'"{hashlib.md5(CONTENT).hexdigest()}"'
    whole = Shape(CONTENT, etag=md5)
    server = serve(Shape(CONTENT, lie=-10, etag=md5), Shape(CONTENT, etag=md5, cut=5), Shape(status=503), whole)
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server)[1:] == ["bytes=99990-", "bytes=99995-", "bytes=99995-"]


def test_what_the_first_answer_says_of_a_file_holds_for_the_rest(file_of, serve):
    headers = {"content-type": "image/gif", "content-disposition": "inline; filename=cat.gif"}
    server = serve(Shape(CONTENT, cut=500, headers=headers), Shape(CONTENT))
    file = file_of(f"{server.url}/a")
    assert file.read() == CONTENT
    assert (file.name, file.media_type, file.size) == ("cat.gif", "image/gif", len(CONTENT))


@pytest.mark.parametrize("etag", ['"ä"', '"\x7f"', '"a b"'])
def test_an_etag_that_cannot_be_sent_back_is_none(file_of, serve, etag):
    server = serve(Shape(CONTENT, cut=500, etag=etag), Shape(CONTENT, etag=etag))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server) == [None, None]


def test_an_etag_that_only_looks_like_an_md5_does_no_harm(file_of, serve):
    server = serve(Shape(CONTENT, etag=f'"{"0" * 32}"'))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert ranges(server) == [None, "bytes=100000-"]


@pytest.mark.parametrize("second", [Shape(status=500), Shape(status=404), Shape(CONTENT, parts=False)])
def test_what_a_server_does_when_it_is_asked_for_more_denies_no_end(file_of, serve, second):
    server = serve(Shape(CONTENT, etag=f'"{"0" * 32}"'), second)
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert len(server.requests) == 2


def test_an_etag_that_is_the_md5_needs_no_second_request(file_of, serve):
    server = serve(Shape(CONTENT, etag=f'"{hashlib.md5(CONTENT).hexdigest()}"'))
    assert file_of(f"{server.url}/a").read() == CONTENT
    assert len(server.requests) == 1


def test_an_end_that_nothing_tells_from_a_cut_is_asked_for(file_of, serve):
    server = serve(Shape(CONTENT, framing="none", cut=700), Shape(CONTENT, framing="none"))
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT
    assert ranges(server)[:2] == [None, "bytes=700-"]


def test_without_parts_it_is_believed_when_it_is_met_twice(file_of, serve):
    whole = Shape(CONTENT, framing="none", parts=False, etag=None)
    server = serve(Shape(CONTENT, framing="none", parts=False, etag=None, cut=700), whole)
    assert b"".join(file_of(f"{server.url}/a")) == CONTENT
    assert len(server.requests) == 3


# What is not there


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_says_when_files_go(file_of, serve, status):
    server = serve(Shape(status=status))
    with pytest.raises(errors.FileGoneError, match="deleted an hour after their prediction"):
        file_of(f"{server.url}/a").read()
    assert len(server.requests) == 1


def test_one_that_goes_while_it_is_read_is_gone(file_of, serve):
    server = serve(Shape(CONTENT, cut=500), Shape(status=404))
    with pytest.raises(errors.FileGoneError):
        file_of(f"{server.url}/a").read()


def test_a_refusal_keeps_its_status_and_its_words(file_of, serve):
    server = serve(Shape(b'{"detail": "not yours"}', status=403))
    with pytest.raises(errors.PermissionDeniedError, match="not yours"):
        file_of(f"{server.url}/a").read()


@pytest.mark.parametrize("status", [500, 503, 520, 408, 429])
def test_a_server_in_trouble_is_asked_again(file_of, serve, status):
    server = serve(Shape(status=status), Shape(CONTENT))
    assert file_of(f"{server.url}/a").read() == CONTENT


def test_trouble_without_end_is_an_error(file_of, serve):
    server = serve(Shape(status=500))
    with pytest.raises(errors.ServerError):
        file_of(f"{server.url}/a").read()
    assert len(server.requests) == 6


def test_nobody_there_is_an_error(file_of):
    with pytest.raises(errors.APIConnectionError):
        file_of("http://127.0.0.1:1/a").read()


def test_signatures_stand_in_no_error(file_of, serve):
    server = serve(Shape(status=404))
    with pytest.raises(errors.FileGoneError) as caught:
        file_of(f"{server.url}/a?signature=secret").read()
    assert "secret" not in str(caught.value)
