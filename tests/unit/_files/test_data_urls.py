from __future__ import annotations

import base64
import random
import sys
import tracemalloc
import urllib.request

import pytest

from replicatekit._files.data_urls import DataURL, encode, encode_chunks, is_data_url, parse
from replicatekit.errors import FileCorruptedError

UTF8 = (("charset", "utf-8"),)
ASCII = (("charset", "US-ASCII"),)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,aGVsbG8=", DataURL("image/png", (), b"hello")),
        ("DATA:Image/PNG;BASE64,aGVsbG8=", DataURL("image/png", (), b"hello")),
        ("data:image/png;base64,aGVsbG8", DataURL("image/png", (), b"hello")),
        ("data:image/png;base64,aGVsbG8%3D", DataURL("image/png", (), b"hello")),
        ("data:image/png;base64,aGVs\r\n bG8=\n", DataURL("image/png", (), b"hello")),
        ("data:image/png;base64,aGVs%0AbG8=", DataURL("image/png", (), b"hello")),
        (" \ndata:image/png;base64,aGVsbG8=", DataURL("image/png", (), b"hello")),
        ("data:image/png ; base64 ,aGVsbG8=", DataURL("image/png", (), b"hello")),
        ("data:image/png;base64,", DataURL("image/png", (), b"")),
        ("data:,", DataURL("text/plain", ASCII, b"")),
        ("data:,Hello%2C%20World%21", DataURL("text/plain", ASCII, b"Hello, World!")),
        ("data:;charset=UTF-8,a", DataURL("text/plain", (("charset", "UTF-8"),), b"a")),
        ("data:text/plain;charset=utf-8,%C3%A9+é", DataURL("text/plain", UTF8, "é+é".encode())),
        ("data:text/plain;Charset=%22utf-8%22;base64,YQ==", DataURL("text/plain", UTF8, b"a")),
        ("data:text/plain;a=b;c=d,x", DataURL("text/plain", (("a", "b"), ("c", "d")), b"x")),
        ("data:image/svg+xml;utf8,<svg fill='#fff'/>", DataURL("image/svg+xml", (), b"<svg fill='#fff'/>")),
        ("data:nonsense,x", DataURL("text/plain", ASCII, b"x")),
        ("data:text/plain,100%", DataURL("text/plain", (), b"100%")),
        ("data:text/plain,a,b", DataURL("text/plain", (), b"a,b")),
        ("data:text/plain;base64=no,YQ==", DataURL("text/plain", (("base64", "no"),), b"YQ==")),
    ],
)
def test_a_data_url_is_read(url, expected):
    assert parse(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://host/a.png", "does not begin with data:"),
        ("", "does not begin with data:"),
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,a", "cannot be decoded"),
        ("data:image/png;base64,aGVs!G8=", "cannot be decoded"),
        ("data:image/png;base64,aGVsbG8=aGVs", "cannot be decoded"),
        ("data:image/png;base64,aGVsbG8====", "cannot be decoded"),
        ("data:image/png;base64,ä", "cannot be decoded"),
    ],
)
def test_what_is_no_data_url_is_refused_with_the_reason(url, why):
    with pytest.raises(FileCorruptedError, match=why):
        parse(url)


def test_an_error_shows_the_beginning_only():
    with pytest.raises(FileCorruptedError) as caught:
        parse("data:image/png;base64," + "a" * 100_001)
    assert len(str(caught.value)) < 300
    assert "100001 characters" in str(caught.value)


def test_the_repr_does_not_hold_the_bytes():
    assert repr(parse("data:image/png;base64,aGVsbG8=").data) not in repr(parse("data:image/png;base64,aGVsbG8="))


def test_is_data_url_looks_at_the_beginning():
    assert is_data_url("data:x")
    assert is_data_url("\n Data:x")
    assert not is_data_url("database")
    assert not is_data_url("")


def test_bytes_become_a_data_url():
    assert encode(b"hello", "image/png") == "data:image/png;base64,aGVsbG8="
    assert encode(b"", "image/png") == "data:image/png;base64,"
    assert encode(b"a", "text/plain; charset=utf-8") == "data:text/plain;charset=utf-8;base64,YQ=="


def test_the_standard_library_reads_what_we_write():
    with urllib.request.urlopen(encode("Grüße".encode(), "text/plain; charset=utf-8")) as answer:
        assert answer.read().decode() == "Grüße"
        assert answer.headers.get_content_type() == "text/plain"
        assert answer.headers.get_content_charset() == "utf-8"


def test_however_the_chunks_are_cut_the_text_is_the_same():
    chance = random.Random(3)
    for length in [0, 1, 2, 3, 4, 5, 6, 7, 100, 1000, 100_000]:
        data = chance.randbytes(length)
        chunks = []
        at = 0
        while at < length:
            step = chance.choice([0, 1, 2, 3, 4, 5, 50, 49_152, 60_000])
            chunks.append(data[at : at + step])
            at += step
        expected = "data:a/b;base64," + base64.b64encode(data).decode()
        assert encode(iter(chunks), "a/b") == expected
        assert "".join(encode_chunks(chunks, "a/b")) == expected
        assert parse(expected).data == data


@pytest.mark.skipif(sys.gettrace() is not None, reason="CPython copies a growing str where a tracer looks at it")
def test_encoding_does_not_hold_the_file_beside_its_text():
    length = 12 * 2**20

    def chunks():
        for _ in range(length // 2**16):
            yield bytes(2**16)

    tracemalloc.start()
    try:
        text = encode(chunks(), "a/b")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * len(text)
