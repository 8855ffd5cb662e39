"""Decompress response bodies: strictly to their end, and never to more than a file could honestly be.

Downloads ask for uncompressed bytes. Some stores send what they have compressed anyway.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Decoder", "UndecodableBody"]

_PIECE = 256 * 1024
_FREE = 16 * 1024 * 1024  # bytes; below that, no ratio is suspicious
_MAX_RATIO = 200  # real files hardly reach 20, deflate itself reaches 1,032


class UndecodableBody(Exception):
    """A body that is cut, broken, or suspiciously compressed.

    Args:
        message: What is wrong with it.
        is_final: Whether another attempt would fail in the same way.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Decoder:
    """Decodes one body.

    Args:
        encodings: Its content codings, in the order in which they were applied.

    Raises:
        UndecodableBody: A coding is not supported.
    """

    def __init__(self, encodings: tuple[str, ...]) -> None:
        unknown = [each for each in encodings if each not in {"gzip", "x-gzip", "deflate"}]
        if unknown:
            said = f"it is sent with the content encoding {unknown[0][:40]!r}, which was not asked for"
            raise UndecodableBody(said, is_final=True)
        self._layers = [_Layer(is_gzip="gzip" in each) for each in reversed(encodings)]
        self._received = self._decoded = 0

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded bytes of a chunk, in pieces of limited size.

        Raises:
            UndecodableBody: It is broken, or decodes to far more than what was received.
        """
        self._received += len(chunk)
        for piece in self._through(chunk, 0):
            self._decoded += len(piece)
            if self._decoded > max(_FREE, _MAX_RATIO * self._received):
                raise UndecodableBody(
                    f"{self._received} bytes were received and decode to more than {self._decoded}, "
                    f"over {_MAX_RATIO} times as many: this is refused as a decompression bomb",
                    is_final=True,
                )
            yield piece

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            UndecodableBody: It was cut.
        """
        if self._received and not all(layer.is_complete for layer in self._layers):
            raise UndecodableBody(f"its compressed data is cut after {self._received} bytes")

    def _through(self, chunk: bytes, index: int) -> Iterator[bytes]:
        if index == len(self._layers):
            yield chunk
            return
        for piece in self._layers[index].decode(chunk):
            yield from self._through(piece, index + 1)


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
                    raise UndecodableBody("there are bytes after the end of its compressed data")
                self._inflate = self._new()  # a gzip file may have several members
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise UndecodableBody(f"its compressed data is broken: {error}") from None
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            is_full = len(piece) == _PIECE and not self._inflate.eof
            if piece:
                yield piece
