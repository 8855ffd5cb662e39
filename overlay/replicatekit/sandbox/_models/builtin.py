"""The three models of every sandbox: a text, a streamed text, and a picture. Outputs are computed from inputs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from replicatekit.sandbox._models.declaration import Declaration
from replicatekit.sandbox._models.functions import current_job
from replicatekit.sandbox._models.painting import paint
from replicatekit.sandbox._models.signature import ConcatenateIterator, Input
from replicatekit.sandbox._models.writing import pieces, print_progress, sentences

Palette = Literal["sunset", "ocean", "forest"]


def hello(text: str = Input("world", description="Who is greeted", max_length=1000)) -> str:
    """Greet somebody."""
    return f"hello {text}"


def story(
    prompt: str = Input("a story", description="What the story is about"),
    sentences: int = Input(3, ge=1, le=100, description="Number of sentences"),
    seed: int = Input(0, description="The same seed tells the same story"),
    pause: float = Input(0.0, ge=0, le=10, description="Seconds between two pieces of the output"),
) -> ConcatenateIterator[str]:
    """Tell a story, streamed word by word."""
    print(f"Telling of {prompt!r}")  # noqa: T201 - what a model prints is its log
    for number, sentence in enumerate(_sentences(prompt, seed, sentences), start=1):
        for piece in pieces(sentence):
            time.sleep(pause)
            yield piece
        if number < sentences:
            yield "\n"
        print_progress(number, sentences)


def _sentences(prompt: str, seed: int, count: int) -> list[str]:
    first, *rest = sentences(f"{seed} {prompt}", count)
    return [f"This is about {prompt}. {first}", *rest]


def painter(
    prompt: str = Input("a landscape", description="Title of the picture; another title gives another picture"),
    width: int = Input(256, ge=16, le=2048, description="Width in pixels"),
    height: int = Input(256, ge=16, le=2048, description="Height in pixels"),
    palette: Palette = Input("sunset", description="Colors of the picture"),
    seed: int = Input(0, description="The same seed paints the same picture"),
) -> Path:
    """Paint waves of light as a PNG."""
    path = current_job().folder / "out-0.png"
    path.write_bytes(paint(prompt, seed, (width, height), palette, print_progress).encode())
    return path


BUILTIN = (
    Declaration(
        name="sandbox/hello",
        function=hello,
        readme="# hello\n\nReturns `hello`, and the name it is given.\n",
        example_input={"text": "llama"},
        example_output=lambda _: "hello llama",
    ),
    Declaration(
        name="sandbox/story",
        function=story,
        official=True,
        readme="# story\n\nStreams a story. The same `prompt` and `seed` always give the same text.\n",
        example_input={"prompt": "a llama in a library", "sentences": 1},
        example_output=lambda _: list(pieces(_sentences("a llama in a library", 0, 1)[0])),
    ),
    Declaration(
        name="sandbox/painter",
        function=painter,
        readme="# painter\n\nPaints a PNG. The same input always gives the same picture.\n",
        example_input={"prompt": "dunes at dusk", "width": 64, "height": 64},
        example_output=lambda save: save(paint("dunes at dusk", 0, (64, 64), "sunset").encode(), "out-0.png"),
    ),
)
