"""Decode the content encoding of responses: strictly to their end, and only up to a plausible size.

Downloads request uncompressed bytes, but some stores send compressed files anyway.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACCEPTED = "gzip, deflate"
LARGEST = 512 * 1024 * 1024
"""The most bytes of a response that is read into memory."""

_PIECE = 1024 * 1024
_SUSPICIOUS = 32 * 1024 * 1024  # bytes above which the ratio counts: repetitive JSON is compressed a hundredfold
_HIGHEST_RATIO = 200  # real files hardly reach 20, deflate itself reaches 1,032


class ContentDecodingError(Exception):
    """The body cannot be decoded, or is far larger than its encoded form."""


class BodyTooLargeError(ContentDecodingError):
    """The body is too large; a retry would only read it again."""


def decompress(data: bytes, encodings: str, *, is_whole: bool = True) -> bytes:
    """The body without its content encodings.

    Args:
        data: The body as it was sent.
        encodings: The Content-Encoding header.
        is_whole: Whether a body that is cut off is an error; else the part that can be decoded is returned.

    Raises:
        ContentDecodingError: It cannot be decompressed, or is too large.
    """
    names = [name.strip().lower() for name in encodings.split(",")]
    decoder, pieces = Decoder([name for name in names if name not in ("", "identity")], LARGEST), list[bytes]()
    try:
        for piece in decoder.decode(data):
            pieces.append(piece)
        decoder.finish()
    except ContentDecodingError as error:
        if is_whole or isinstance(error, BodyTooLargeError):
            raise
    return b"".join(pieces)


class Decoder:
    """Decodes one body.

    Args:
        encodings: Its content encodings, in the order in which they were applied.
        largest: The most bytes that it may have, however many were received.

    Raises:
        ContentDecodingError: An encoding is not supported.
    """

    def __init__(self, encodings: Sequence[str], largest: float = float("inf")) -> None:
        unknown = next((name for name in encodings if name not in ("gzip", "x-gzip", "deflate")), None)
        if unknown is not None:
            raise ContentDecodingError(
                f"the response has the content encoding {unknown[:40]!r}, which was not asked for"
            )
        self._layers = [_Layer(is_gzip="gzip" in name) for name in reversed(encodings)]
        self._largest = largest
        self._received = self._decoded = 0

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded bytes of a chunk, in pieces of limited size.

        Raises:
            ContentDecodingError: It is broken.
            BodyTooLargeError: It decodes to far more bytes than were received.
        """
        self._received += len(chunk)
        limit = min(self._largest, max(_SUSPICIOUS, _HIGHEST_RATIO * self._received))
        for piece in self._decode_layers(chunk, 0):
            self._decoded += len(piece)
            if self._decoded > limit:
                raise BodyTooLargeError(
                    f"{self._received:,} bytes decompress to more than {limit:,} bytes: this is refused as a "
                    "decompression bomb"
                )
            yield piece

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            ContentDecodingError: It was cut off.
        """
        if self._received and not all(layer.is_complete for layer in self._layers):
            raise ContentDecodingError(f"its compressed data is cut off after {self._received} bytes")

    def _decode_layers(self, chunk: bytes, index: int) -> Iterator[bytes]:
        if index == len(self._layers):
            yield chunk
            return
        for piece in self._layers[index].decode(chunk):
            yield from self._decode_layers(piece, index + 1)


class _Layer:
    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._inflate = self._new()
        self._head: bytes | None = b""

    def _new(self) -> Any:
        return zlib.decompressobj(zlib.MAX_WBITS + 16 if self._is_gzip else zlib.MAX_WBITS)

    @property
    def is_complete(self) -> bool:
        return bool(self._inflate.eof)

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._head is not None:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, None
            if not self._is_gzip and (data[0] & 15 != 8 or int.from_bytes(data[:2], "big") % 31):
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave out zlib's header
        is_full = False
        while data or is_full:
            if self._inflate.eof:
                data = data.lstrip(b"\0") if self._is_gzip else data
                if not data:
                    return
                if not self._is_gzip:
                    raise ContentDecodingError("there are bytes after the end of its compressed data")
                self._inflate = self._new()  # a gzip file may have several members
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise ContentDecodingError(
                    f"its compressed data is broken, and cannot be decompressed: {error}"
                ) from None
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            is_full = len(piece) == _PIECE and not self._inflate.eof
            if piece:
                yield piece
