"""Paints the pictures of the sandbox's models: waves of light, computed from a text and a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from replicatekit.sandbox._models.png import rgb
from replicatekit.sandbox._models.writing import chance_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._models.png import Picture

PALETTES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "sunset": ((38, 20, 72), (255, 148, 64)),
    "ocean": ((4, 24, 64), (96, 220, 210)),
    "forest": ((12, 32, 20), (180, 214, 96)),
}
"""The darkest and the lightest color of each palette."""
_LEVELS = 256


def paint(
    text: str,
    seed: int,
    size: tuple[int, int],
    palette: str,
    on_row: Callable[[int, int], object] = lambda _, __: None,
) -> Picture:
    """Paint a picture: the same text, seed, size and palette give the same pixels.

    Args:
        text: Chooses the waves.
        seed: Varies the picture of a text.
        size: Width and height in pixels.
        palette: A key of `PALETTES`.
        on_row: Called after each quarter of the rows with the number of rows painted, and of all rows.
    """
    width, height = size
    chance = chance_of(f"{seed} {text}")
    waves = [(chance.uniform(1, 9), chance.uniform(1, 9), chance.uniform(0, math.tau)) for _ in range(3)]
    colors = _gradient(palette)
    # sin(a + b) = sin(a) cos(b) + cos(a) sin(b) avoids trigonometry for each pixel.
    columns = [
        tuple(term for a, _, c in waves for term in (math.sin(a * x / width + c), math.cos(a * x / width + c)))
        for x in range(width)
    ]
    middle, scale = _LEVELS / 2, (_LEVELS - 1) / 6
    rows: list[bytes] = []
    for y in range(height):
        angles = [b * y / height for _, b, _ in waves]
        (s1, c1), (s2, c2), (s3, c3) = ((math.sin(angle), math.cos(angle)) for angle in angles)
        rows.append(
            b"".join([
                colors[int(middle + scale * (p * c1 + q * s1 + r * c2 + t * s2 + u * c3 + v * s3))]
                for p, q, r, t, u, v in columns
            ])
        )  # fmt: skip
        if (y + 1) % max(1, height // 4) == 0:
            on_row(y + 1, height)
    return rgb(width, rows)


def _gradient(palette: str) -> list[bytes]:
    dark, light = PALETTES[palette]
    return [
        bytes(round(low + (high - low) * level / (_LEVELS - 1)) for low, high in zip(dark, light, strict=True))
        for level in range(_LEVELS)
    ]


def random_palette(text: str) -> str:
    """Choose a palette by a text."""
    return chance_of(text).choice(sorted(PALETTES))
