"""Render a terminal recording as one animated SVG, without scripts or web fonts."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from documentation.recording import Cell, Frame

__all__ = ["draw"]

_WIDTH, _HEIGHT, _MARGIN, _BAR = 8.4, 18, 14, 30
_LAST_SECONDS = 4.0
_FIRST_SECONDS = 3.0  # how long the last frame is shown before the animation first starts
_TEXT, _BACKGROUND, _BORDER = "#d7dae0", "#1e2127", "#3f4450"
_COLORS = {
    "black": "#5c6370",
    "red": "#e88388",
    "green": "#a8cc8c",
    "brown": "#dbab79",
    "blue": "#71bef2",
    "magenta": "#d290e4",
    "cyan": "#66c2cd",
    "white": "#d7dae0",
    "brightblack": "#6f7683",
    "brightred": "#e88388",
    "brightgreen": "#a8cc8c",
    "brightbrown": "#dbab79",
    "brightblue": "#71bef2",
    "brightmagenta": "#d290e4",
    "brightcyan": "#66c2cd",
    "brightwhite": "#ffffff",
}
_UPPER_HALF = "▀"


def draw(frames: Sequence[Frame], title: str, description: str) -> str:
    """Return the SVG of frames of equal size. It shows the last frame first, so that it is never empty."""
    columns, lines = len(frames[0].rows[0]), _used_lines(frames)
    width, height = round(columns * _WIDTH) + 2 * _MARGIN, lines * _HEIGHT + 2 * _MARGIN + _BAR
    rows: dict[tuple[Cell, ...], str] = {}
    pictures = [_frame(frame, lines, rows, width * index) for index, frame in enumerate(frames)]
    total = sum(frame.seconds for frame in frames[:-1]) + _LAST_SECONDS
    definitions = "".join(f'<g id="{name}">{"".join(_row(row))}</g>' for row, name in rows.items())
    used = "\n".join(pictures)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="title description">\n<title id="title">{escape(title)}</title>\n'
        f'<desc id="description">{escape(description)}</desc>\n'
        f"<style>{_style(frames, width, total)}</style>\n<defs>{definitions}</defs>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{_BACKGROUND}" stroke="{_BORDER}"/>\n'
        '<circle cx="18" cy="16" r="5" fill="#e88388"/><circle cx="36" cy="16" r="5" fill="#dbab79"/>'
        '<circle cx="54" cy="16" r="5" fill="#a8cc8c"/>\n'
        f'<svg y="{_BAR}" width="{width}" height="{height - _BAR}"><g class="film">\n{used}\n</g></svg>\n</svg>\n'
    )


def _used_lines(frames: Sequence[Frame]) -> int:
    last = 1
    for frame in frames:
        for index, row in enumerate(frame.rows):
            if not _is_blank(row):
                last = max(last, index + 1)
    return last


def _is_blank(row: Sequence[Cell]) -> bool:
    return all(cell.text == " " and cell.background == "default" for cell in row)


def _style(frames: Sequence[Frame], width: int, total: float) -> str:
    steps: list[str] = []
    passed = 0.0
    for index, frame in enumerate(frames):
        steps.append(f"{100 * passed / total:.2f}%{{transform:translateX(-{index * width}px)}}")
        passed += frame.seconds
    last = f"translateX(-{(len(frames) - 1) * width}px)"
    return (
        f"text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{_TEXT};white-space:pre}}"
        f".b{{font-weight:bold}}image{{image-rendering:pixelated}}"
        f".film{{transform:{last};animation:play {total:.2f}s steps(1,end) -{total - _FIRST_SECONDS:.2f}s infinite}}"
        f"@keyframes play{{{''.join(steps)}100%{{transform:{last}}}}}"
        f"@media (prefers-reduced-motion:reduce){{.film{{animation:none;transform:{last}}}}}"
    )


def _frame(frame: Frame, lines: int, rows: dict[tuple[Cell, ...], str], left: int) -> str:
    """Return a frame as references to its rows; `rows` maps each distinct row to its id."""
    uses: list[str] = []
    for index, row in enumerate(frame.rows[:lines]):
        if _is_blank(row):
            continue
        name = rows.setdefault(row, f"r{len(rows)}")
        uses.append(f'<use href="#{name}" y="{_MARGIN + index * _HEIGHT}"/>')
    return f'<g transform="translate({left + _MARGIN},0)">{"".join(uses)}</g>'


def _row(row: Sequence[Cell]) -> Iterator[str]:
    column = 0
    for look, group in groupby(row, key=_look):
        cells = list(group)
        x, count = column * _WIDTH, len(cells)
        column += count
        color, background, bold, is_picture = look
        if is_picture:
            yield _half_blocks(cells, x)
            continue
        if background != "default":
            yield f'<rect x="{x:.1f}" width="{count * _WIDTH:.1f}" height="{_HEIGHT}" fill="{_hex(background)}"/>'
        text = "".join(cell.text for cell in cells)
        if text.strip():
            fill = "" if color == "default" else f' style="fill:{_hex(color)}"'
            weight = ' class="b"' if bold else ""
            length = f' textLength="{count * _WIDTH:.1f}"'
            yield f'<text x="{x:.1f}" y="13"{length}{weight}{fill} xml:space="preserve">{escape(text)}</text>'


def _look(cell: Cell) -> tuple[str, str, bool, bool]:
    if cell.text == _UPPER_HALF and cell.background != "default":
        return "", "", False, True
    return cell.color, cell.background, cell.bold, False


def _half_blocks(cells: Sequence[Cell], x: float) -> str:
    """Return a line of half blocks, two pixels high, as a PNG."""
    pixels = [[cell.color for cell in cells], [cell.background for cell in cells]]
    lines = b"".join(b"\0" + b"".join(bytes.fromhex(_hex(color)[1:]) for color in line) for line in pixels)
    header = struct.pack(">IIBBBBB", len(cells), 2, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
    )
    data = base64.b64encode(png).decode()
    size = f'x="{x:.1f}" width="{len(cells) * _WIDTH:.1f}" height="{_HEIGHT + 0.5}"'
    return f'<image {size} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _hex(color: str) -> str:
    return _COLORS.get(color) or (_TEXT if color == "default" else f"#{color}")
