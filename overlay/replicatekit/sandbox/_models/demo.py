"""The models that the README and the pages use, in the sandbox's console and with `Sandbox(demo=True)`.

Their inputs are declared like those of real models, with descriptions, ranges, choices and defaults. Their outputs
are computed on this machine, by rules.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import Literal, TypedDict

from replicatekit.sandbox._models import png
from replicatekit.sandbox._models.declaration import Declaration
from replicatekit.sandbox._models.functions import current_job
from replicatekit.sandbox._models.painting import paint, random_palette
from replicatekit.sandbox._models.signature import ConcatenateIterator, Input
from replicatekit.sandbox._models.writing import pieces, print_progress, sentences, subject
from replicatekit.sandbox._storage.blobs import make_data_url

AspectRatio = Literal["1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"]
Megapixels = Literal["0.25", "1"]
_TOKEN_SECONDS = 0.005


def llama(
    prompt: str = Input(description="Prompt to send to the model"),
    system_prompt: str = Input(
        "You are a helpful assistant",
        description="System prompt to send to the model: it guides how the model behaves",
    ),
    max_tokens: int = Input(512, ge=1, le=4096, description="Maximum number of tokens to generate"),
    min_tokens: int = Input(0, ge=0, le=4096, description="Minimum number of tokens to generate"),
    temperature: float = Input(0.7, ge=0, le=5, description="Randomness of the output: 0 is deterministic"),
    top_p: float = Input(0.95, ge=0, le=1, description="Sample from the most likely tokens up to this probability"),
    top_k: int = Input(0, ge=0, description="Sample from so many of the most likely tokens; 0 for all of them"),
    presence_penalty: float = Input(0.0, ge=-2, le=2, description="Penalty for tokens that occurred before"),
    frequency_penalty: float = Input(0.0, ge=-2, le=2, description="Penalty for each occurrence of a token"),
    stop_sequences: str = Input("<|end_of_text|>,<|eot_id|>", description="Texts at which to stop, comma-separated"),
    seed: int | None = Input(None, description="Random seed; leave blank to randomize"),
) -> ConcatenateIterator[str]:
    """Llama 3 8B Instruct, as the sandbox imitates it: text about the prompt, streamed token by token."""
    del system_prompt, min_tokens, temperature, top_p, top_k, presence_penalty, frequency_penalty
    print(f"Random seed: {seed or 0}")  # noqa: T201 - what a model prints is its log
    stops = [stop for stop in stop_sequences.split(",") if stop]
    for count, token in enumerate(_tokens(prompt, seed or 0)):
        if count >= max_tokens or any(stop in token for stop in stops):
            break
        time.sleep(_TOKEN_SECONDS)
        yield token


def _tokens(prompt: str, seed: int) -> list[str]:
    text = f"You asked: {prompt.strip()}\n\n" + " ".join(sentences(f"{seed} {prompt}", 3))
    return list(pieces(text))


def flux(
    prompt: str = Input(description="Prompt for generated image"),
    aspect_ratio: AspectRatio = Input("1:1", description="Aspect ratio for the generated image"),
    num_outputs: int = Input(1, ge=1, le=4, description="Number of outputs to generate"),
    num_inference_steps: int = Input(4, ge=1, le=4, description="Number of denoising steps; 4 is recommended"),
    seed: int | None = Input(None, description="Random seed. Set for reproducible generation"),
    megapixels: Megapixels = Input("0.25", description="Approximate number of megapixels"),
    output_quality: int = Input(80, ge=0, le=100, description="Quality of lossy formats; without effect for PNG"),
    go_fast: bool = Input(True, description="Run faster predictions with an optimized model"),
    disable_safety_checker: bool = Input(False, description="Disable the safety checker"),
) -> list[Path]:
    """FLUX schnell, as the sandbox imitates it: pictures chosen by the prompt and the seed."""
    del output_quality, go_fast, disable_safety_checker
    size = _size(aspect_ratio, float(megapixels))
    paths: list[Path] = []
    for number in range(num_outputs):
        for step in range(num_inference_steps):
            print_progress(step + 1, num_inference_steps)
        path = current_job().folder / f"out-{number}.png"
        path.write_bytes(paint(prompt, (seed or 0) + number, size, random_palette(prompt)).encode())
        paths.append(path)
    return paths


def _size(aspect_ratio: str, megapixels: float) -> tuple[int, int]:
    """Width and height in pixels, multiples of 16."""
    across, down = (int(part) for part in aspect_ratio.split(":"))
    unit = (megapixels * 2**20 / (across * down)) ** 0.5
    return max(16, round(across * unit / 16) * 16), max(16, round(down * unit / 16) * 16)


def caption(
    image: Path = Input(description="Picture to describe"),
    style: Literal["plain", "poetic"] = Input("plain", description="Style of the caption"),
    max_words: int = Input(40, ge=1, le=100, description="Maximum number of words"),
) -> str:
    """Describe a picture in one sentence: the same picture always gets the same sentence."""
    content = image.read_bytes()
    picture = png.decode(content)
    text = subject(hashlib.sha256(content).hexdigest())
    text = f"{text}, and time stands still" if style == "poetic" else text
    if picture is not None:
        text = f"{text} ({picture.width} by {picture.height} pixels)"
    return " ".join(text.split()[:max_words])


def upscale(
    image: Path = Input(description="Picture to enlarge; one that is no PNG stays as it is"),
    factor: int = Input(2, ge=1, le=8, description="How many times wider and higher"),
) -> Path:
    """Enlarge a picture."""
    picture = png.decode(image.read_bytes())
    if picture is None:
        print("This is no PNG with 8 bits a channel: it is returned as it came")  # noqa: T201 - its log
        return image
    path = current_job().folder / "output.png"
    path.write_bytes(picture.scaled(factor).encode())
    return path


class Detection(TypedDict):
    """One object in a picture."""

    label: str
    score: float
    box: list[int]


def detect(
    image: Path = Input(description="Picture to search"),
    threshold: float = Input(0.5, ge=0, le=1, description="Least score of a detection"),
    labels: list[str] | None = Input(None, description="Labels to look for; leave blank for all"),
) -> list[Detection]:
    """Find objects in a picture: labels, scores and boxes in pixels (left, top, right, bottom)."""
    digest = hashlib.sha256(image.read_bytes()).digest()
    names = ("llama", "comet", "letter", "river")
    detections: list[Detection] = []
    for label, byte, left, top in zip(names, digest, digest[8:], digest[16:], strict=False):
        score = round(0.3 + byte / 365, 3)
        if score >= threshold and (not labels or label in labels):
            detections.append({"label": label, "score": score, "box": [left, top, left + 64, top + 64]})
    return detections


def summarize(
    text: str = Input(description="Text to summarize", min_length=1, max_length=100_000),
    sentences: int = Input(1, ge=1, le=10, description="Number of sentences to keep"),
) -> str:
    """Summarize a text by its first sentences."""
    return " ".join(re.split(r"(?<=[.!?])\s+", text.strip())[:sentences])


def moody(
    mood: Literal["good", "bad"] = Input("good", description="`bad` makes the model fail"),
) -> str:
    """Fail when in a bad mood: for trying out what your code does then."""
    print(f"The mood is {mood}")  # noqa: T201 - its log
    if mood == "bad":
        raise ValueError("not in the mood")
    return "What a day!"


def slow(seconds: float = Input(1.0, ge=0, le=3600, description="How many seconds to take")) -> str:
    """Take a while, with progress in the logs: for trying out timeouts, progress and canceling."""
    start = time.monotonic()
    steps, done = 20, 0
    while done < steps:
        time.sleep(0.01)
        share = min(1.0, (time.monotonic() - start) / seconds) if seconds else 1.0
        if int(share * steps) > done:
            done = int(share * steps)
            print_progress(done, steps)
    return "done"


_EXAMPLE = paint("dunes at dusk", 0, (32, 32), "sunset")
_PICTURE = make_data_url(paint("dunes at dusk", 0, (8, 8), "sunset").encode(), "image/png")

DEMO = (
    Declaration(
        name="meta/meta-llama-3-8b-instruct",
        function=llama,
        official=True,
        readme="# Llama 3 8B Instruct\n\nAn imitation: the sandbox writes text about the prompt, and streams it.\n",
        example_input={"prompt": "Write a haiku about llamas"},
        example_output=lambda _: _tokens("Write a haiku about llamas", 0),
    ),
    Declaration(
        name="black-forest-labs/flux-schnell",
        function=flux,
        official=True,
        readme="# FLUX schnell\n\nAn imitation: the sandbox paints waves of light by the prompt and the seed.\n",
        example_input={"prompt": "two llamas", "num_outputs": 1},
        example_output=lambda save: [save(_EXAMPLE.scaled(4).encode(), "out-0.png")],
    ),
    Declaration(
        name="acme/caption",
        function=caption,
        readme="# caption\n\nDescribes a picture in one sentence.\n",
        example_input={"image": _PICTURE},
        example_output=lambda _: "An old llama in a library without doors",
    ),
    Declaration(
        name="acme/upscale",
        function=upscale,
        readme="# upscale\n\nEnlarges a PNG by repeating its pixels.\n",
        example_input={"image": _PICTURE, "factor": 4},
        example_output=lambda save: save(_EXAMPLE.scaled(4).encode(), "output.png"),
    ),
    Declaration(
        name="acme/detect",
        function=detect,
        readme="# detect\n\nFinds llamas, comets, letters and rivers in a picture.\n",
        example_input={"image": _PICTURE, "threshold": 0.6},
        example_output=lambda _: [{"label": "llama", "score": 0.93, "box": [12, 8, 76, 72]}],
    ),
    Declaration(
        name="acme/summarize",
        function=summarize,
        readme="# summarize\n\nKeeps the first sentences of a text.\n",
        example_input={"text": "All is well. There is more to say."},
        example_output=lambda _: "All is well.",
    ),
    Declaration(
        name="acme/moody",
        function=moody,
        readme='# moody\n\nFails with `{"mood": "bad"}`.\n',
        example_input={"mood": "good"},
        example_output=lambda _: "What a day!",
    ),
    Declaration(
        name="acme/slow",
        function=slow,
        readme="# slow\n\nTakes as long as you say, and prints a progress bar.\n",
        example_input={"seconds": 1.0},
        example_output=lambda _: "done",
    ),
)
