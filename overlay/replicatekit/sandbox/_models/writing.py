"""Generates the texts of the sandbox's models: sentences chosen by a text and a seed, and progress bars for logs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEROES = ("A lighthouse keeper", "An old llama", "The youngest cartographer", "A retired comet")
_PLACES = ("at the edge of a salt lake", "in a library without doors", "under the northern bridge")
_TURNS = (
    "found a letter that had not been written yet",
    "taught the wind to whistle",
    "counted the stars and came out one ahead",
    "followed a river back to its first drop",
)


def chance_of(key: str) -> random.Random:
    """Random numbers determined by a key, which may contain lone surrogates, as prompts may."""
    return random.Random(key.encode("utf-8", "surrogatepass"))  # noqa: S311 - no secret


def subject(key: str) -> str:
    """Choose a character and a place, determined by a key."""
    chance = chance_of(key)
    return f"{chance.choice(_HEROES)} {chance.choice(_PLACES)}"


def sentences(key: str, count: int) -> Iterator[str]:
    """Write sentences, determined by a key."""
    chance = chance_of(key)
    for _ in range(count):
        yield f"{chance.choice(_HEROES)} {chance.choice(_PLACES)} {chance.choice(_TURNS)}."


def pieces(sentence: str) -> Iterator[str]:
    """Split a sentence into words; each but the first has its space before it."""
    for index, word in enumerate(sentence.split(" ")):
        yield word if index == 0 else f" {word}"


def print_progress(done: int, total: int) -> None:
    """Print a progress bar in tqdm's format; it becomes part of the model's logs."""
    share = done / total
    bar = ("█" * round(10 * share)).ljust(10)
    print(f"\r{share:4.0%}|{bar}| {done}/{total} [00:00<00:00, 100.00it/s]", end="")  # noqa: T201 - as above
