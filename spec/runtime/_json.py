"""The one place that parses JSON: with msgspec where it is installed, always with the standard library's result.

msgspec parses integers of any length, floats to the last bit and repeated keys exactly as the standard library does.
What it refuses (NaN, a number beyond all floats, half of a surrogate pair, a byte order mark, UTF-16, invalid JSON) is
then given to the standard library, whose value or error counts. orjson is as fast, but silently turns integers beyond
64 bits into floats.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_LARGE = 100_000


def read_json(text: str | bytes | bytearray) -> Any:
    """Parse JSON as `json.loads` does.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: The text is nested too deeply.
    """
    try:
        return _quick(text)
    except Exception:  # noqa: BLE001 (the standard library decides about whatever this reader refuses)
        return json.loads(text)


def standard_reader() -> Callable[[str | bytes | bytearray], Any]:
    """Return the standard library's parser without the search for an encoding and for leading blanks."""
    scan = json.JSONDecoder().raw_decode

    def read(text: str | bytes | bytearray) -> Any:
        whole = text if isinstance(text, str) else text.decode()
        value, end = scan(whole)
        if end != len(whole) and whole[end:].strip(" \t\n\r"):
            raise ValueError("more than one value")
        return value

    return read


def quick_reader() -> Callable[[str | bytes | bytearray], Any] | None:
    """Return msgspec's parser, or None where msgspec is not installed."""
    try:
        from msgspec.json import Decoder
    except ImportError:
        return None
    return Decoder().decode


def _choose(text: str | bytes | bytearray) -> Any:
    global _quick  # noqa: PLW0603 (msgspec is imported when the second text is parsed)
    _quick = quick_reader() or standard_reader()
    return _quick(text)


def _first(text: str | bytes | bytearray) -> Any:
    """Parse one small text without msgspec: loading it takes longer, and a program may end with its first answer."""
    global _quick  # noqa: PLW0603 (as above)
    _quick = _choose
    return standard_reader()(text) if len(text) < _LARGE else _choose(text)


_quick = _first
