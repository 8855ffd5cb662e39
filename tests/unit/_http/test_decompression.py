"""Bodies of responses without their content encodings."""

from __future__ import annotations

import gzip
import zlib

import pytest

from replicatekit._http.decompression import decompress
from replicatekit.errors import ReplicateError

BODY = b'{"username": "acme"}' * 10
RAW = zlib.compress(BODY)[2:-4]


@pytest.mark.parametrize(
    ("data", "encodings"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY), "X-GZIP"),
        (zlib.compress(BODY), "deflate"),
        (RAW, "deflate"),
        (gzip.compress(zlib.compress(BODY)), "deflate, identity, gzip"),
        (b"", "gzip"),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "deflate", "raw deflate", "two of them", "empty"],
)
def test_each_encoding_that_is_accepted_is_undone(data, encodings):
    assert decompress(data, encodings) == (BODY if data else b"")


@pytest.mark.parametrize(
    ("data", "encodings", "said"),
    [
        (b"\x28\xb5\x2f\xfd", "zstd", "'zstd'"),
        (b"no gzip at all", "gzip", "cannot be decompressed"),
        (gzip.compress(BODY)[:-9], "gzip", "cut off"),
        (RAW[:-3], "deflate", "cut off"),
        (gzip.compress(bytes(40 * 2**20)), "gzip", "decompress to more than"),
    ],
    ids=["unknown", "broken", "cut", "raw and cut", "bomb"],
)
def test_what_cannot_be_decompressed_is_an_error_that_says_why(data, encodings, said):
    with pytest.raises(Exception, match=said) as caught:
        decompress(data, encodings)
    assert type(caught.value).__module__.startswith("replicatekit")
    assert not isinstance(caught.value, ReplicateError)  # the request that it belongs to is added by the caller


def test_of_a_body_that_need_not_be_whole_as_much_is_returned_as_there_is():
    whole = gzip.compress(BODY, 0)
    assert BODY.startswith(decompress(whole[:-40], "gzip", is_whole=False))
    assert decompress(whole[:-40], "gzip", is_whole=False)
    assert decompress(b"no gzip at all", "gzip", is_whole=False) == b""
