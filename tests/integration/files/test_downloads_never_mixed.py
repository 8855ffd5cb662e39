"""No file is ever saved short, or put together of two: bad networks with honest servers, and servers that lie."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from base64 import b64encode

import pytest
from support.file_server import Shape, bomb, content_of

from replicatekit import errors

OLD = content_of(1024)
NEW = content_of(2000)[300:1324]
FIRST = Shape(OLD, cut=500)


def part(content, content_range, **headers):
    """A 206 whatever was asked for."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    etag = named.pop("etag", '"first"')
    return Shape(content, status=206, etag=etag, headers={"content-range": content_range, **named})


def lying(content, content_range, framing="chunked"):
    """A 206 whose body is not the announced part."""
    return Shape(content, status=206, framing=framing, headers={"content-range": content_range})


ANOMALIES = {
    "416 of a shorter file": Shape(status=416, headers={"content-range": "bytes */500"}),
    "416 without a range": Shape(status=416),
    "another total": part(NEW[500:600], "bytes 500-599/600"),
    "a longer total": part(NEW[500:], "bytes 500-1999/2000"),
    "a part of an unknown total": part(OLD[500:900], "bytes 500-899/*"),
    "another date": part(NEW[500:], "bytes 500-1023/1024", last_modified="Fri, 03 Jan 2025 00:00:00 GMT"),
    "no etag": part(NEW[500:], "bytes 500-1023/1024", etag=None),
    "a weak etag": part(NEW[500:], "bytes 500-1023/1024", etag='W/"first"'),
    "another etag": part(NEW[500:], "bytes 500-1023/1024", etag='"second"'),
    "no range": Shape(NEW[500:], status=206),
    "another start": part(NEW[400:], "bytes 400-1023/1024"),
    "an encoded part": part(gzip.compress(NEW[500:]), "bytes 500-1023/1024", content_encoding="gzip"),
    "more bytes than announced": lying(OLD[500:1024] + NEW, "bytes 500-1023/1024"),
    "more bytes than a short part": lying(OLD[500:600] + NEW, "bytes 500-599/1024"),
    "fewer bytes than announced": lying(OLD[500:700], "bytes 500-1023/1024"),
    "another file": Shape(NEW, etag='"second"'),
    "another file of unknown length": Shape(NEW, etag='"second"', framing="none"),
    "another file of unknown version": Shape(NEW, etag=None),
    "a shorter file": Shape(NEW[:600]),
    "a longer file": Shape(content_of(3000)),
}
DATED = {"last-modified": "Wed, 01 Jan 2025 00:00:00 GMT"}


@pytest.mark.parametrize("after", [Shape(OLD, headers=DATED), Shape(NEW, etag='"second"')], ids=["same", "changed"])
@pytest.mark.parametrize("anomaly", ANOMALIES.values(), ids=ANOMALIES)
def test_after_a_cut_only_what_is_proved_to_belong_together_is_joined(file_of, serve, tmp_path, anomaly, after):
    versions = {OLD, NEW, NEW[:600], content_of(3000)}
    shapes = (Shape(OLD, cut=500, headers=DATED), anomaly, after)
    saved = file_of(f"{serve(*shapes).url}/a").save(tmp_path / "a.bin").read_bytes()
    assert saved in versions
    assert file_of(f"{serve(*shapes).url}/a").read() in versions
    with file_of(f"{serve(*shapes).url}/a").open() as opened:
        try:
            assert opened.read() in versions
        except errors.FileCorruptedError:
            assert anomaly is not after
    try:
        assert b"".join(file_of(f"{serve(*shapes).url}/a")) in versions
    except errors.FileCorruptedError:
        assert anomaly is not after


@pytest.mark.parametrize("framing", ["none", "chunked"])
def test_a_file_that_is_replaced_after_a_cut_is_downloaded_anew(file_of, serve, tmp_path, framing):
    first = Shape(OLD, etag='"v0"', framing=framing, parts=False, cut=400)
    second = Shape(NEW, etag='"v1"', framing=framing, parts=False)
    assert file_of(f"{serve(first, second).url}/a").save(tmp_path / "a").read_bytes() == NEW
    with pytest.raises(errors.FileCorruptedError):
        list(file_of(f"{serve(first, second).url}/a"))


def test_dates_within_one_second_prove_nothing(file_of, serve):
    headers = {"date": "Wed, 01 Jan 2025 00:00:00 GMT"}
    first = Shape(OLD, etag=None, modified="Wed, 01 Jan 2025 00:00:00 GMT", headers=headers, cut=500)
    second = Shape(NEW, etag=None, modified="Wed, 01 Jan 2025 00:00:00 GMT", headers=headers)
    server = serve(first, second)
    assert file_of(f"{server.url}/a").read() == NEW
    assert "if-range" not in server.requests[1]


# Checksums


@pytest.mark.parametrize(
    ("name", "form", "algorithm"),
    [
        ("repr-digest", "sha-256=:{}:", "sha256"),
        ("digest", "SHA-256={}", "sha256"),
        ("content-md5", "{}", "md5"),
        ("x-goog-hash", "crc32c=AAAAAA==,md5={}", "md5"),
    ],
)
def test_a_promised_checksum_is_checked(file_of, serve, tmp_path, name, form, algorithm):
    headers = {name: form.format(b64encode(hashlib.new(algorithm, OLD).digest()).decode())}
    assert file_of(f"{serve(Shape(OLD, headers=headers)).url}/a").read() == OLD
    server = serve(Shape(NEW, headers=headers))
    for act in (lambda file: file.save(tmp_path / "a"), lambda file: file.read(), list):
        with pytest.raises(errors.FileCorruptedError, match=f"{algorithm} checksum"):
            act(file_of(f"{server.url}/a"))
    assert list(tmp_path.iterdir()) == []
    assert file_of(f"{serve(Shape(NEW, headers=headers), Shape(OLD, headers=headers)).url}/a").read() == OLD


@pytest.mark.parametrize("value", ["sha-256=:!:", "sha-256=:AAAA:", "sha-512=:AAAA:", ""])
def test_a_checksum_that_cannot_be_read_is_none(file_of, serve, value):
    assert file_of(f"{serve(Shape(OLD, headers={'repr-digest': value})).url}/a").read() == OLD


# Content encodings

RAW_DEFLATE = zlib.compress(OLD)[2:-4]
ENCODED = {
    "gzip": gzip.compress(OLD),
    "x-gzip": gzip.compress(OLD[:100]) + gzip.compress(OLD[100:]) + bytes(10),
    "deflate": zlib.compress(OLD),
    "Deflate": RAW_DEFLATE,
    "deflate, gzip": gzip.compress(zlib.compress(OLD)),
}


@pytest.mark.parametrize("framing", ["length", "chunked", "none"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_an_encoded_file_is_decoded(file_of, serve, encoding, framing):
    shape = Shape(ENCODED[encoding], framing=framing, headers={"content-encoding": encoding})
    assert file_of(f"{serve(shape).url}/a").read() == OLD


@pytest.mark.parametrize("framing", ["length", "none"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_cut_encoded_file_is_never_saved(file_of, serve, tmp_path, encoding, framing):
    headers = {"content-encoding": encoding}
    cut = Shape(ENCODED[encoding][:-20], framing=framing, headers=headers)
    with pytest.raises(errors.FileCorruptedError, match="compressed data"):
        file_of(f"{serve(cut).url}/a").save(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    server = serve(cut, Shape(ENCODED[encoding], framing=framing, headers=headers))
    assert file_of(f"{server.url}/a").read() == OLD


@pytest.mark.parametrize("body", [b"\0" * 100, gzip.compress(OLD)[:50] + b"\xff" * 900])
def test_broken_compressed_data_is_an_error(file_of, serve, body):
    with pytest.raises(errors.FileCorruptedError, match=r"broken|cut"):
        file_of(f"{serve(Shape(body, headers={'content-encoding': 'gzip'})).url}/a").read()


def test_an_encoding_that_is_not_known_is_refused_at_once(file_of, serve):
    server = serve(Shape(OLD, headers={"content-encoding": "br"}))
    with pytest.raises(errors.FileCorruptedError, match="content encoding 'br'"):
        file_of(f"{server.url}/a").read()
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_a_decompression_bomb_is_refused(file_of, serve, tmp_path, encoding):
    body = bomb(200)
    body = gzip.compress(body) if "," in encoding else body
    server = serve(Shape(body, headers={"content-encoding": encoding}))
    with pytest.raises(errors.FileCorruptedError, match="decompression bomb"):
        file_of(f"{server.url}/a").save(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == 1


def test_a_file_that_compresses_well_is_no_bomb(file_of, serve):
    server = serve(Shape(bomb(10), headers={"content-encoding": "gzip"}))
    assert file_of(f"{server.url}/a").read() == b" " * 10 * 2**20


# File objects

LONG = content_of(3_000_000)


@pytest.mark.parametrize(
    "second",
    [
        Shape(LONG[:8192]),
        Shape(LONG[:8192], etag='"second"'),
        Shape(content_of(3_000_100), etag='"second"'),
        Shape(content_of(3_000_001)[1:], etag='"second"'),
        Shape(LONG[:100], etag=None, parts=False),
        Shape(status=416, headers={"content-range": "bytes */8192"}),
        Shape(LONG[2_000_000:2_000_010], status=206, headers={"content-range": "bytes 2000000-2000009/2000010"}),
    ],
)
@pytest.mark.parametrize("at", [0, 2_000_000, -100])
def test_an_open_file_that_changes_is_an_error_and_never_short(way, file_of, serve, second, at):
    if way.portal is not None:
        pytest.skip("the async half downloads all of it first")
    server = serve(Shape(LONG, cut=100_000), second)
    with file_of(f"{server.url}/a").open() as opened:
        assert opened.read(10) == LONG[:10]
        opened.seek(at, io.SEEK_END if at < 0 else io.SEEK_SET)
        with pytest.raises(errors.FileCorruptedError):
            opened.read()


@pytest.mark.parametrize("second", [Shape(LONG[:8192], etag='"second"'), Shape(LONG[:8192])])
def test_one_that_changes_before_it_is_read_again_is_an_error_too(way, file_of, serve, second):
    if way.portal is not None:
        pytest.skip("the async half downloads all of it first")
    with file_of(f"{serve(Shape(LONG), second).url}/a").open() as opened:
        opened.seek(-10, io.SEEK_END)
        opened.seek(0)
        assert opened.read(10) == LONG[:10]
        opened.seek(2_000_000)
        with pytest.raises(errors.FileCorruptedError):
            opened.read(10)
