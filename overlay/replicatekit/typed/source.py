"""Values and texts of a schema as Python source: whatever they contain, they stay what they are."""

from __future__ import annotations

import math
import textwrap
from typing import cast

__all__ = ["default_source", "docstring", "literal", "one_line", "wrapped"]

_LONGEST = 4000  # characters of a default that is written out


def literal(value: object) -> str:
    """A value as source, with text in double quotes where that needs no more escapes."""
    if not isinstance(value, str):
        return repr(value)
    body = "".join(char if char.isprintable() and char != "\\" else repr(char)[1:-1] for char in value)
    quote = '"' if value.count('"') <= value.count("'") else "'"
    return quote + body.replace(quote, f"\\{quote}") + quote


def default_source(value: object) -> str | None:
    """A default as source; None where it cannot be written as an immutable value of reasonable length."""
    if isinstance(value, list):
        items = [default_source(item) for item in cast("list[object]", value)]
        if None in items:
            return None
        inner = ", ".join(item or "" for item in items)
        return f"({inner},)" if len(items) == 1 else f"({inner})"
    if isinstance(value, dict) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int) and abs(value) > 10**30:
        return None
    source = literal(value)
    return source if len(source) <= _LONGEST else None


def one_line(text: str) -> str:
    """A text as one line of printable characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def docstring(lines: list[str], indent: str) -> list[str]:
    """The lines of a docstring as source."""
    found = [_escaped(line) for line in lines]
    if len(found) == 1:
        return [f'{indent}"""{found[0]}"""']
    return [f'{indent}"""{found[0]}', *(f"{indent}{line}".rstrip() for line in found[1:]), f'{indent}"""']


def _escaped(line: str) -> str:
    line = line.rstrip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{line[:-1]}\\"' if line.endswith('"') else line


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines of a width; the second and later ones are indented."""
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
