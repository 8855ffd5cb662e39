"""Encodes and decodes PNG files with eight bits a channel, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Channels a pixel by the format's color type; palettes (3) are not supported."""
_RGB = 2
_MAX_PIXELS = 2**24


@attrs.frozen
class Picture:
    """Pixels as rows of bytes.

    Attributes:
        width: Pixels in a row.
        color_type: 0 grey, 2 RGB, 4 grey with alpha, 6 RGBA.
        rows: The pixels of each row, from the top.
    """

    width: int
    color_type: int
    rows: Sequence[bytes]

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def scaled(self, factor: int) -> Picture:
        """Return the picture with each pixel repeated `factor` times in both directions."""
        size = _CHANNELS[self.color_type]
        rows: list[bytes] = []
        for row in self.rows:
            pixels = (row[index : index + size] for index in range(0, len(row), size))
            rows += [b"".join(pixel * factor for pixel in pixels)] * factor
        return Picture(self.width * factor, self.color_type, rows)

    def encode(self) -> bytes:
        """Return the picture as a PNG file."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, self.color_type, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + row for row in self.rows), 6)
        return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def rgb(width: int, rows: Sequence[bytes]) -> Picture:
    """Return a picture of rows of red, green and blue bytes."""
    return Picture(width, _RGB, rows)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def decode(content: bytes) -> Picture | None:
    """Decode a PNG file; None if it is not a PNG, or has a palette, interlacing, or other than eight bits."""
    try:
        return _decode(content)
    except (ValueError, IndexError, struct.error, zlib.error):
        return None


def _decode(content: bytes) -> Picture | None:
    if not content.startswith(_SIGNATURE):
        return None
    width, height, depth, color_type, _, _, interlaced = struct.unpack(">IIBBBBB", content[16:29])
    if depth != 8 or interlaced or color_type not in _CHANNELS or not 0 < width * height <= _MAX_PIXELS:
        return None
    size = _CHANNELS[color_type]
    length = 1 + width * size
    data = zlib.decompressobj().decompress(_image_data(content), height * length)
    previous, rows = bytes(width * size), list[bytes]()
    for start in range(0, height * length, length):
        previous = _unfilter(data[start], data[start + 1 : start + length], previous, size)
        rows.append(previous)
    return Picture(width, color_type, rows)


def _image_data(content: bytes) -> bytes:
    position, data = len(_SIGNATURE), bytearray()
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"IDAT":
            data += content[position + 8 : position + 8 + length]
        position += length + 12
    return bytes(data)


def _unfilter(kind: int, row: bytes, above: bytes, size: int) -> bytes:
    if len(row) != len(above):
        raise ValueError("the image data end too early")
    if kind == 0:
        return row
    predict = _PREDICTORS[kind - 1]
    unfiltered = bytearray(size) + bytearray(row)
    above = bytes(size) + above
    for index in range(size, len(unfiltered)):
        unfiltered[index] = (
            unfiltered[index] + predict(unfiltered[index - size], above[index], above[index - size])
        ) & 0xFF
    return bytes(unfiltered[size:])


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


_PREDICTORS: tuple[Callable[[int, int, int], int], ...] = (
    lambda left, _, __: left,
    lambda _, above, __: above,
    lambda left, above, _: (left + above) // 2,
    _paeth,
)
