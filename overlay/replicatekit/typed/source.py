"""Renders values and texts of a schema as Python source, with everything escaped that needs it."""

from __future__ import annotations

import textwrap
from typing import cast

__all__ = ["default_source", "docstring", "literal", "one_line", "wrapped"]


def literal(value: object) -> str:
    """A value as source. Text is in double quotes unless that needs more escapes."""
    if not isinstance(value, str):
        return repr(value)
    body = "".join(char if char.isprintable() and char != "\\" else repr(char)[1:-1] for char in value)
    quote = '"' if value.count('"') <= value.count("'") else "'"
    return quote + body.replace(quote, f"\\{quote}") + quote


def default_source(value: object) -> str:
    """A default as source: a list as an immutable tuple."""
    if isinstance(value, list):
        items = [default_source(item) for item in cast("list[object]", value)]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return literal(value)


def one_line(text: str) -> str:
    """A text as one line of printable characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def docstring(lines: list[str], indent: str) -> list[str]:
    """The lines of a docstring as source."""
    escaped = [_escaped(line) for line in lines]
    if len(escaped) == 1:
        return [f'{indent}"""{escaped[0]}"""']
    return [f'{indent}"""{escaped[0]}', *(f"{indent}{line}".rstrip() for line in escaped[1:]), f'{indent}"""']


def _escaped(line: str) -> str:
    line = line.rstrip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{line[:-1]}\\"' if line.endswith('"') else line


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Wrap a text to a width, with a hanging indent."""
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
