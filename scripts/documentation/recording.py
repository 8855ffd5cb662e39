"""Record commands in a terminal of their own: what a person types, and what the screen shows at each moment."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Cell", "Frame", "record"]

_PROMPT = "\x1b[1;32m$\x1b[0m "
_KEY_SECONDS = 0.045
_BEFORE_ENTER = 0.5
_AFTER_COMMAND = 1.6
_LONGEST_PAUSE = 1.0
_SHORTEST_FRAME = 0.09


@dataclass(frozen=True)
class Cell:
    """One character of the screen, with its colours as rich and pyte name them."""

    text: str
    colour: str
    background: str
    bold: bool


@dataclass(frozen=True)
class Frame:
    """What the screen shows, and for how many seconds."""

    rows: tuple[tuple[Cell, ...], ...]
    seconds: float


def record(
    commands: Sequence[str], *, columns: int, lines: int, folder: Path, environment: Mapping[str, str]
) -> list[Frame]:
    """Run shell commands one after another in a terminal, and return its frames."""
    pyte: Any = import_module("pyte")
    screen = pyte.Screen(columns, lines)
    stream = pyte.Stream(screen)
    frames: list[Frame] = []
    for command in commands:
        if screen.cursor.x:  # an output without a newline at its end, as zsh shows it
            stream.feed("\r\n")
        for seconds, text in _typed_and_run(command, columns, lines, folder, environment):
            if seconds > 0:
                frames.append(Frame(_rows(screen), seconds))
            stream.feed(text)
        frames.append(Frame(_rows(screen), _AFTER_COMMAND))
    return _merged(frames)


def _typed_and_run(
    command: str, columns: int, lines: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple[float, str]]:
    """Pairs of the seconds that pass and the text that the terminal then shows."""
    yield 0, _PROMPT
    for letter in command:
        yield _KEY_SECONDS, letter.replace("\n", "\r\n")
    yield _BEFORE_ENTER, "\r\n"
    last = time.monotonic()
    for text in _output(command, columns, lines, folder, environment):
        now = time.monotonic()
        yield min(now - last, _LONGEST_PAUSE), text
        last = now


def _output(command: str, columns: int, lines: int, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """What a command writes to its terminal, as it comes."""
    terminal, inside = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": str(lines)}
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"stty cols {columns} rows {lines}; {command}"],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=folder,
        env={**environment, **size},
        start_new_session=True,
    )
    os.close(inside)
    pending = b""
    try:
        while True:
            select.select([terminal], [], [])
            try:
                pending += os.read(terminal, 65536)
            except OSError:  # how Linux says that nobody writes any more
                break
            text = pending.decode("utf-8", "ignore")
            pending = pending[len(text.encode()) :]
            yield text
    finally:
        os.close(terminal)
    if code := process.wait():
        raise SystemExit(f"{command!r} ended with {code}")


def _rows(screen: Any) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(_cell(screen.buffer[line][column]) for column in range(screen.columns)) for line in range(screen.lines)
    )


def _cell(char: Any) -> Cell:
    colours = (char.bg, char.fg) if char.reverse else (char.fg, char.bg)
    return Cell(char.data, *colours, char.bold)


def _merged(frames: list[Frame]) -> list[Frame]:
    """The frames without those that show the same as the one before, or too briefly to be seen."""
    merged: list[Frame] = []
    for frame in frames:
        if merged and (merged[-1].rows == frame.rows or merged[-1].seconds < _SHORTEST_FRAME):
            last = merged.pop()
            merged.append(Frame(frame.rows, last.seconds + frame.seconds))
        else:
            merged.append(frame)
    return merged
