"""The models that every sandbox has: a text, a text in pieces, a picture; each really computed."""

from __future__ import annotations

import math
import random
import struct
import time
import zlib
from pathlib import Path  # noqa: TC003 - the painter's signature is read when it runs
from typing import TYPE_CHECKING, Literal

from replicatekit.sandbox._models.functions import current_job
from replicatekit.sandbox._models.signature import ConcatenateIterator, Input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replicatekit.sandbox._sandbox import Sandbox

Palette = Literal["sunset", "ocean", "forest"]
_PALETTES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "sunset": ((38, 20, 72), (255, 148, 64)),
    "ocean": ((4, 24, 64), (96, 220, 210)),
    "forest": ((12, 32, 20), (180, 214, 96)),
}
_HEROES = ("A lighthouse keeper", "An old llama", "The youngest cartographer", "A retired comet")
_PLACES = ("at the edge of a salt lake", "in a library without doors", "under the northern bridge")
_TURNS = (
    "found a letter that had not been written yet",
    "taught the wind to whistle",
    "counted the stars and came out one ahead",
    "followed a river back to its first drop",
)


def hello(text: str = Input("world", description="Who is greeted")) -> str:
    """Greets somebody."""
    return f"hello {text}"


def story(
    prompt: str = Input("a story", description="What the story is about"),
    sentences: int = Input(3, ge=1, le=100, description="How long it is"),
    seed: int = Input(0, description="The same seed tells the same story"),
    pause: float = Input(0.0, ge=0, le=10, description="Seconds between two pieces"),
) -> ConcatenateIterator[str]:
    """Tells a story, a piece at a time."""
    chance = random.Random(f"{seed} {prompt}")  # noqa: S311 - a story needs no secrets
    print(f"Telling of {prompt!r}")  # noqa: T201 - what a model prints is its log
    for number in range(1, sentences + 1):
        sentence = f"{chance.choice(_HEROES)} {chance.choice(_PLACES)} {chance.choice(_TURNS)}."
        if number == 1:
            sentence = f"This is about {prompt}. {sentence}"
        for piece in _pieces(sentence, last=number == sentences):
            time.sleep(pause)
            yield piece
        _print_progress(number, sentences)


def _pieces(sentence: str, *, last: bool) -> Iterator[str]:
    words = sentence.split(" ")
    for index, word in enumerate(words):
        yield word if index == 0 else f" {word}"
    if not last:
        yield "\n"


def _print_progress(done: int, total: int) -> None:
    share = done / total
    bar = ("█" * round(10 * share)).ljust(10)
    print(f"\r{share:4.0%}|{bar}| {done}/{total} [00:00<00:00, 100.00it/s]", end="")  # noqa: T201 - as above


def painter(
    prompt: str = Input("a landscape", description="The picture's title: another title, another picture"),
    width: int = Input(256, ge=16, le=2048, description="Width in pixels"),
    height: int = Input(256, ge=16, le=2048, description="Height in pixels"),
    palette: Palette = Input("sunset", description="The colours"),  # noqa: B008 - how inputs are declared
    seed: int = Input(0, description="The same seed paints the same picture"),
) -> Path:
    """Paints waves of light as a PNG."""
    chance = random.Random(f"{seed} {prompt}")  # noqa: S311 - as above
    waves = [(chance.uniform(1, 9), chance.uniform(1, 9), chance.uniform(0, math.tau)) for _ in range(3)]
    dark, light = _PALETTES[palette]
    rows: list[bytes] = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            bright = sum(math.sin(a * x / width + b * y / height + c) for a, b, c in waves) / 6 + 0.5
            row += bytes(round(low + (high - low) * bright) for low, high in zip(dark, light, strict=True))
        rows.append(bytes(row))
        if (y + 1) % max(1, height // 4) == 0:
            _print_progress(y + 1, height)
    path = current_job().folder / "out-0.png"
    path.write_bytes(png(width, height, rows))
    return path


def png(width: int, height: int, rows: list[bytes]) -> bytes:
    """A PNG of rows of red, green and blue bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def add_builtin(sandbox: Sandbox) -> None:
    """Puts the three models into a sandbox, and a collection around them."""
    sandbox.model("sandbox/hello")(hello)
    sandbox.model("sandbox/story", official=True)(story)
    sandbox.model("sandbox/painter")(painter)
    sandbox.collection(
        "built-in",
        ["sandbox/hello", "sandbox/story", "sandbox/painter"],
        description="The models that every sandbox has",
    )
