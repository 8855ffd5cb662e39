"""Arguments that are not what they have to be: an error that shows the value and says what is expected. Pure."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, cast

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "check_callable",
    "check_choice",
    "check_count",
    "check_flags",
    "check_line",
    "check_seconds",
    "check_text",
    "check_url",
    "path_of",
    "shown",
]

_MOST = 2**53  # beyond it JSON has no exact whole numbers
_LONGEST = 120  # characters of a value in a message


def shown(value: object) -> str:
    """A value in a message: as Python writes it, and cut where that is long."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 (somebody else's, or an integer of thousands of digits)
        return f"a value of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}… ({len(text)} characters)"


def check_flags(**flags: object) -> None:
    """That each is True or False.

    Raises:
        InvalidArgument: One is not.
    """
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidArgument(f"{name} must be True or False, not {shown(value)}")


def check_text(value: object, what: str, *, blank: bool = False) -> str:
    """A text that can be sent, with something in it unless it may be blank.

    Raises:
        InvalidArgument: It is none.
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} must be text, not {shown(value)}")
    if not blank and not value.strip():
        raise InvalidArgument(f"{what} must be a text with something in it, not {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"{what} has half a character (a lone surrogate) in it: {shown(value)}") from None
    return value


def check_line(value: object, what: str) -> str:
    """A text of one line, with something in it.

    Raises:
        InvalidArgument: It is none.
    """
    line = check_text(value, what)
    if not line.isprintable():
        raise InvalidArgument(f"{what} must be one line without control characters, not {shown(value)}")
    return line


def check_url(value: object, what: str) -> str:
    """The address of something on the web.

    Raises:
        InvalidArgument: It is none.
    """
    url = check_text(value, what)
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("https", "http") or not separator or not rest.isprintable() or " " in rest or not rest:
        raise InvalidArgument(f"{what} must be a URL that begins with https://, not {shown(value)}")
    return url


def check_choice(value: object, what: str, choices: Iterable[str]) -> None:
    """That it is one of a few texts.

    Raises:
        InvalidArgument: It is not.
    """
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        either = " or ".join(filter(None, [", ".join(known[:-1]), known[-1]]))
        raise InvalidArgument(f"{what} must be {either}, not {shown(value)}")


def check_count(value: object, what: str, *, least: int = 0) -> None:
    """That it is a whole number.

    Raises:
        InvalidArgument: It is not, or too small, or beyond all that can be counted.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
        raise InvalidArgument(f"{what} must be a whole number from {least} to {_MOST}, not {shown(value)}")


def check_seconds(value: object, what: str) -> float:
    """A number of seconds from 0 that a clock can have.

    Raises:
        InvalidArgument: It is none.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15 and math.isfinite(value):
        return float(value)
    raise InvalidArgument(f"{what} must be a number of seconds from 0, not {shown(value)}")


def check_callable(value: object, what: str) -> None:
    """That it can be called, or is None.

    Raises:
        InvalidArgument: It cannot.
    """
    if value is not None and not callable(value):
        raise InvalidArgument(f"{what} must be something that can be called, not {shown(value)}")


def path_of(value: object, what: str) -> Path:
    """A path on this machine, whether or not there is something.

    Raises:
        InvalidArgument: It is none, or none that a file system could have.
    """
    from pathlib import Path

    if isinstance(value, (str, os.PathLike)) and value != "":
        try:
            path = Path(cast("str", value))
            if b"\x00" not in os.fsencode(path):
                return path
        except (TypeError, ValueError):  # of bytes; half a character
            pass
    raise InvalidArgument(f"{what} must be a path, as text or a pathlib.Path, not {shown(cast('object', value))}")
