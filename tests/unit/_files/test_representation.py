from __future__ import annotations

import pytest

from replicatekit._files.representation import ByteRange, Representation, parse_content_range


def entity(status=200, *, framed_by_protocol=False, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Representation.of(status, named, framed_by_protocol=framed_by_protocol)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes 0-9/100", ByteRange(0, 10, 100)),
        ("bytes 90-99/100", ByteRange(90, 100, 100)),
        ("  BYTES 0-9/*  ", ByteRange(0, 10, None)),
        ("bytes */100", ByteRange(None, None, 100)),
        ("bytes */*", ByteRange(None, None, None)),
    ],
)
def test_a_content_range_is_read(header, part):
    assert parse_content_range(header) == part


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes 9-0/100",
        "bytes 0-100/100",
        "bytes -1-9/100",
        "lines 0-9/100",
        "bytes 0-9",
        "bytes 0-9/1,2",
    ],
)
def test_one_that_contradicts_itself_says_nothing(header):
    assert parse_content_range(header) is None


def test_the_length_is_that_of_the_whole_file():
    assert entity(content_length="100").total == 100
    assert entity(206, content_length="10", content_range="bytes 90-99/100").total == 100
    assert entity(206, content_length="10", content_range="bytes 90-99/*").total is None
    assert entity(206, content_length="10").total is None


@pytest.mark.parametrize("length", ["", "-1", "ten", "1e3", "٣"])
def test_a_length_that_is_none_is_not_known(length):
    assert entity(content_length=length).total is None


def test_a_packed_file_has_neither_length_nor_parts():
    packed = entity(content_length="10", etag='"a"', content_encoding="gzip")
    assert (packed.total, packed.validator, packed.md5, packed.is_encoded) == (None, None, None, True)
    assert not entity(content_length="10", content_encoding="identity").is_encoded


def test_an_end_is_told_by_a_length_or_by_chunks_or_by_the_protocol():
    assert entity(content_length="10").has_reliable_end
    assert entity(transfer_encoding="chunked").has_reliable_end
    assert entity(framed_by_protocol=True).has_reliable_end
    assert not entity().has_reliable_end


@pytest.mark.parametrize(
    ("etag", "kept"), [('"a"', '"a"'), ('W/"a"', None), ("a", None), ('"a', None), ('"a"b"', None), ('""', '""')]
)
def test_only_a_strong_etag_promises_the_same_bytes(etag, kept):
    assert entity(etag=etag).etag == kept
    assert entity(etag=etag, last_modified="yesterday").validator == (kept or "yesterday")


def test_an_etag_of_32_hexadecimal_digits_may_be_an_md5():
    assert entity(etag=f'"{"0af" * 10}12"').md5 == "0af" * 10 + "12"
    assert entity(etag=f'"{"0AF" * 10}12"').md5 is None
    assert entity(etag=f'"{"0af" * 10}12-3"').md5 is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [("image/PNG; charset=x", "image/png"), ("", None), ("png", None), ('image/gif"><b>', None), ("a/b c", None)],
)
def test_a_media_type_is_one_or_none(given, kept):
    assert entity(content_type=given).media_type == kept


def test_the_same_file_is_known_by_its_validator_and_length():
    assert entity(etag='"a"', content_length="1").is_same(entity(etag='"a"', content_length="1"))
    assert entity(etag='"a"').is_same(entity(etag='"a"', content_length="1"))
    assert not entity(etag='"a"', content_length="1").is_same(entity(etag='"a"', content_length="2"))
    assert not entity(etag='"a"').is_same(entity(etag='"b"'))
    assert not entity().is_same(entity())
