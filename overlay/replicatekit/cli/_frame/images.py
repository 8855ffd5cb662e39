"""Images in a terminal: by the protocols of kitty and iTerm2, as sixels, or as colored half blocks."""

from __future__ import annotations

import base64
import io
import os
import shutil
from typing import TYPE_CHECKING, Any

from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit import FileOutput
    from replicatekit.cli._frame.output import Output

_ESC = "\x1b"
_CHUNK = 4096
_MAX_BYTES = 20_000_000
_SIXEL_TERMINALS = ("foot", "mlterm", "yaft", "contour", "xterm-sixel")


def show_image(output: Output, file: FileOutput) -> None:
    """Show an image if the terminal supports it. Failing to is no error, as its URL is printed."""
    draw = protocol_of(os.environ)
    if draw is half_blocks and not output.has_color:
        return
    try:
        size = file.fetch_metadata().size
        if size is not None and size > _MAX_BYTES:
            return
        sequence = draw(file.read())
    except (ReplicateError, OSError, ValueError, ImportError):  # ImportError: without Pillow
        return
    output.control(sequence)


def protocol_of(environ: Mapping[str, str]) -> Callable[[bytes], str]:
    """The image protocol of the terminal, by its environment variables."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")):
        return half_blocks  # whether multiplexers pass images on depends on their settings
    if environ.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return kitty
    if program in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return iterm2
    return sixel if term.startswith(_SIXEL_TERMINALS) else half_blocks


def kitty(content: bytes) -> str:
    """An image by kitty's graphics protocol, https://sw.kovidgoyal.net/kitty/graphics-protocol/: always as PNG."""
    data = base64.standard_b64encode(_as_png(content)).decode()
    parts = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)] or [""]
    last = len(parts) - 1
    keys = [f"{'f=100,a=T,q=2,' if number == 0 else ''}m={int(number < last)}" for number in range(len(parts))]
    return "".join(f"{_ESC}_G{key};{part}{_ESC}\\" for key, part in zip(keys, parts, strict=True)) + "\n"


def iterm2(content: bytes) -> str:
    """An image by iTerm2's protocol, https://iterm2.com/documentation-images.html."""
    data = base64.standard_b64encode(content).decode()
    return f"{_ESC}]1337;File=inline=1;size={len(content)};preserveAspectRatio=1:{data}\a\n"


def sixel(content: bytes) -> str:
    """An image as sixels, of at most 128 colors and 640 pixels a side."""
    image = _opened(content).convert("RGB")
    image.thumbnail((640, 640))
    image = image.quantize(128)
    palette: list[int] = image.getpalette() or []
    width, height = image.size
    pixels = image.tobytes()
    parts = [f'{_ESC}Pq"1;1;{width};{height}']
    for number in range(len(palette) // 3):
        red, green, blue = (round(each / 2.55) for each in palette[3 * number : 3 * number + 3])
        parts.append(f"#{number};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        parts += [*_band(pixels, width, top, min(6, height - top)), "-"]
    return "".join([*parts, f"{_ESC}\\"])


def _band(pixels: bytes, width: int, top: int, rows: int) -> list[str]:
    """Six rows of pixels, encoded as one line per color."""
    lines: list[str] = []
    band = [pixels[(top + row) * width : (top + row + 1) * width] for row in range(rows)]
    for color in sorted(set(b"".join(band))):
        bits = (sum((band[row][x] == color) << row for row in range(rows)) for x in range(width))
        lines.append(f"#{color}{''.join(chr(63 + each) for each in bits)}$")
    return lines


def half_blocks(content: bytes) -> str:
    """An image as colored half blocks: two pixels in each character."""
    image = _opened(content).convert("RGB")
    columns, lines = shutil.get_terminal_size()
    image.thumbnail((min(columns, 80), 2 * min(lines - 2, 30)))
    width, height = image.size
    rows: list[str] = []
    for top in range(0, height, 2):
        parts: list[str] = []
        for x in range(width):
            upper = image.getpixel((x, top))
            lower = image.getpixel((x, min(top + 1, height - 1)))
            parts.append(f"{_ESC}[38;2;{_color(upper)};48;2;{_color(lower)}m▀")
        rows.append("".join(parts) + f"{_ESC}[0m\n")
    return "".join(rows)


def _color(pixel: Any) -> str:
    return ";".join(map(str, pixel))


def _as_png(content: bytes) -> bytes:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content
    target = io.BytesIO()
    _opened(content).save(target, "PNG")
    return target.getvalue()


def _opened(content: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(content))
