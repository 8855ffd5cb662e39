"""Record commands in a pseudoterminal: typed characters, and the screen at each moment."""

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
_MAX_PAUSE = 1.0
_MIN_FRAME = 0.09


@dataclass(frozen=True)
class Cell:
    """One character of the screen, with its colors as rich and pyte name them."""

    text: str
    color: str
    background: str
    bold: bool


@dataclass(frozen=True)
class Frame:
    """The content of the screen, and for how many seconds it is shown."""

    rows: tuple[tuple[Cell, ...], ...]
    seconds: float


def record(
    commands: Sequence[str], *, columns: int, lines: int, folder: Path, environment: Mapping[str, str]
) -> list[Frame]:
    """Run shell commands one after another in a terminal, and return the frames."""
    pyte: Any = import_module("pyte")
    screen = pyte.Screen(columns, lines)
    stream = pyte.Stream(screen)
    frames: list[Frame] = []
    for command in commands:
        if screen.cursor.x:  # the output did not end with a newline
            stream.feed("\r\n")
        for seconds, text in _typed_and_run(command, columns, lines, folder, environment):
            if seconds > 0:
                frames.append(Frame(_rows(screen), seconds))
            stream.feed(text)
        frames.append(Frame(_rows(screen), _AFTER_COMMAND))
    return _merge(frames)


def _typed_and_run(
    command: str, columns: int, lines: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple[float, str]]:
    """Yield pairs of a delay in seconds and the text that the terminal shows after it."""
    yield 0, _PROMPT
    for letter in command:
        yield _KEY_SECONDS, letter.replace("\n", "\r\n")
    yield _BEFORE_ENTER, "\r\n"
    last = time.monotonic()
    for text in _output(command, columns, lines, folder, environment):
        now = time.monotonic()
        yield min(now - last, _MAX_PAUSE), text
        last = now


def _output(command: str, columns: int, lines: int, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run a command and yield its terminal output as it arrives."""
    terminal, device = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": str(lines)}
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"stty cols {columns} rows {lines}; {command}"],
        stdin=device,
        stdout=device,
        stderr=device,
        cwd=folder,
        env={**environment, **size},
        start_new_session=True,
    )
    os.close(device)
    pending = b""
    try:
        while True:
            select.select([terminal], [], [])
            try:
                pending += os.read(terminal, 65536)
            except OSError:  # Linux: no process has the device open any more
                break
            text = pending.decode("utf-8", "ignore")
            pending = pending[len(text.encode()) :]
            yield text
    finally:
        os.close(terminal)
    if code := process.wait():
        raise SystemExit(f"{command!r} exited with {code}")


def _rows(screen: Any) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(_cell(screen.buffer[line][column]) for column in range(screen.columns)) for line in range(screen.lines)
    )


def _cell(char: Any) -> Cell:
    colors = (char.bg, char.fg) if char.reverse else (char.fg, char.bg)
    return Cell(char.data, *colors, char.bold)


def _merge(frames: list[Frame]) -> list[Frame]:
    """Merge each frame with the previous one if both are equal, or if the previous one is too short to be seen."""
    merged: list[Frame] = []
    for frame in frames:
        if merged and (merged[-1].rows == frame.rows or merged[-1].seconds < _MIN_FRAME):
            last = merged.pop()
            merged.append(Frame(frame.rows, last.seconds + frame.seconds))
        else:
            merged.append(frame)
    return merged
