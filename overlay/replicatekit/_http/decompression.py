"""Undo the content encoding of a response that was read whole, within limits."""

from __future__ import annotations

import zlib

__all__ = ["ACCEPTED", "LARGEST", "BodyTooLargeError", "ContentDecodingError", "decompress"]

ACCEPTED = "gzip, deflate"
LARGEST = 512 * 1024 * 1024
"""Bytes that a response that is read into memory may have."""

_SUSPICIOUS = 32 * 1024 * 1024  # bytes above which the ratio counts: repetitive JSON is compressed a hundredfold
_HIGHEST_RATIO = 200


class ContentDecodingError(Exception):
    """The body does not come out of its content encoding, or is far larger than what was sent."""


class BodyTooLargeError(ContentDecodingError):
    """The body is larger than any response of the API: requesting it again would only read it again."""


def decompress(data: bytes, encodings: str, *, is_whole: bool = True) -> bytes:
    """The body without its content encodings.

    Args:
        data: As it was sent.
        encodings: The Content-Encoding header.
        is_whole: Whether a body that is cut is an error; else as much as can be read is returned.

    Raises:
        ContentDecodingError: It cannot be decompressed, or is too large.
    """
    names = [name.strip().lower() for name in encodings.split(",")]
    for name in reversed([name for name in names if name not in ("", "identity")]):
        if name in ("gzip", "x-gzip"):
            data = _inflate(data, zlib.MAX_WBITS | 16, is_whole=is_whole)
        elif name == "deflate":
            # Some servers send raw deflate data without zlib's header.
            has_header = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            data = _inflate(data, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, is_whole=is_whole)
        else:
            raise ContentDecodingError(
                f"the response has the content encoding {name!r}, and only {ACCEPTED} were accepted"
            )
    return data


def _inflate(data: bytes, wbits: int, *, is_whole: bool) -> bytes:
    if not data:
        return data
    limit = min(LARGEST, max(_SUSPICIOUS, len(data) * _HIGHEST_RATIO))
    unpacker = zlib.decompressobj(wbits)
    try:
        body = unpacker.decompress(data, limit)
    except zlib.error as error:
        if not is_whole:
            return b""
        raise ContentDecodingError(f"the response body cannot be decompressed: {error}") from None
    if len(body) >= limit:
        raise BodyTooLargeError(f"{len(data):,} bytes decompress to more than {limit:,} bytes")
    if is_whole and not unpacker.eof:
        raise ContentDecodingError("the compressed body is cut off")
    return body
