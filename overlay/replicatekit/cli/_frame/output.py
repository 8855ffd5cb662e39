"""Where a command writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from replicatekit.errors import LocalFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

Columns: TypeAlias = "Mapping[str, str | Callable[[Any], object]]"
"""Column titles, each with a field such as `urls.get`, or a function of the object."""

_WHOLE = ("id", "status", "created", "updated", "expires")
"""The table columns that are neither wrapped nor cut."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """A text without control characters, which a terminal would obey; tabs and newlines stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def cell(value: object) -> str:
    """A value on one line, for a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    isoformat: Callable[..., str] | None = getattr(value, "isoformat", None)
    text = isoformat(timespec="seconds").replace("+00:00", "Z") if isoformat is not None else str(value)
    return " ".join(printable(text).split())


def _read(value: Any, column: str | Callable[[Any], object]) -> object:
    if not isinstance(column, str):
        return column(value)
    for name in column.split("."):
        value = getattr(value, name, None)
    return value


def _cells(value: Any, columns: Columns) -> list[str]:
    return [cell(_read(value, column)) for column in columns.values()]


class Output:
    """Writes results and messages.

    Args:
        as_json: Write results as JSON.
        as_lines: Write results as JSON, one object a line.
    """

    def __init__(self, *, as_json: bool = False, as_lines: bool = False) -> None:
        self.as_json = as_json or as_lines
        self.as_lines = as_lines
        self._is_in_line = True  # an empty result is an empty line
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")  # a model's text may not fit the terminal's encoding
        in_ci = bool(os.environ.get("CI"))
        self.is_watched = _is_terminal(sys.stdout) and not in_ci
        """Whether stdout is a terminal."""
        self.shows_progress = _is_terminal(sys.stderr) and not in_ci
        """Whether stderr is a terminal."""
        self.has_color = self.is_watched and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def can_ask(self) -> bool:
        """Whether a person can answer a question."""
        return self.shows_progress and _is_terminal(sys.stdin)

    def ask(self, question: str) -> str:
        """Ask a question on stderr, and return the line that was typed."""
        self._message(question)
        return sys.stdin.readline()

    def text(self, text: str) -> None:
        """Write a text of a result and flush it. On a terminal, control characters are removed."""
        with _writing():
            sys.stdout.write(printable(text) if self.is_watched else text)
            sys.stdout.flush()

        self._is_in_line = not text.endswith("\n") if text else self._is_in_line

    def end_line(self) -> None:
        """End the line if the last text did not."""
        if self._is_in_line:
            self.text("\n")

    def line(self, text: str) -> None:
        """Write a line of a result."""
        self.text(f"{text}\n")

    def data(self, content: bytes) -> None:
        """Write bytes of a result."""
        with _writing():
            sys.stdout.buffer.write(content)
            sys.stdout.flush()

    def control(self, sequence: str) -> None:
        """Write a terminal control sequence, such as an image."""
        sys.stdout.write(sequence)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Write a message for a person to stderr."""
        self._message(f"{printable(text)}\n")

    def _message(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    def json(self, value: Any) -> None:
        """Write a value as JSON: indented, or on one line for `--jsonl`."""
        indent = None if self.as_lines else 2
        # Escaped on terminals, which would obey control characters in strings.
        self.text(json.dumps(value, indent=indent, ensure_ascii=False, default=str) + "\n")

    def record(self, value: Any, columns: Columns) -> None:
        """Write one object: as `name: value`, or as JSON.

        Args:
            value: The object of the API.
            columns: The fields shown if not JSON.
        """
        if self.as_json:
            self.json(value.to_dict())
            return
        width = max(map(len, columns), default=0) + 2
        for name, column in columns.items():
            each = _read(value, column)
            if each not in (None, ""):
                text = str(each) if isinstance(each, str) else cell(each)
                self.line(f"{name + ':':<{width}}{text.rstrip()}")

    def records(self, values: Iterable[Any], columns: Columns) -> None:
        """Write a list: a table on a terminal, tab-separated lines in a pipe, or JSON.

        Args:
            values: The objects of the API.
            columns: The fields shown if not JSON.
        """
        if self.as_lines:
            for value in values:
                self.json(value.to_dict())
        elif self.as_json:
            self.json([value.to_dict() for value in values])
        elif not self.is_watched:
            for value in values:
                self.line("\t".join(_cells(value, columns)))
        else:
            self.table(list(columns), [_cells(value, columns) for value in values])

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table, with rich if it is installed."""
        try:
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            for row in ([title.upper() for title in titles], *rows):
                self.line("  ".join(row))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in titles:
            table.add_column(title.upper(), overflow="ellipsis", no_wrap=title in _WHOLE)
        for row in rows:
            table.add_row(*map(Text, row))
        Console(no_color=not self.has_color, highlight=False).print(table)


@contextmanager
def _writing() -> Generator[None]:
    """Convert errors of stdout to `LocalFileError`; a closed pipe stays `BrokenPipeError`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LocalFileError(f"the output cannot be written: {error.strerror}", cause=error) from None


def _is_terminal(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # stdout is closed
        return False
