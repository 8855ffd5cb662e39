"""Checks of arguments. Each raises `InvalidArgument`, which shows the value and says what is expected."""

from __future__ import annotations

import math
import os
import reprlib
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_LARGEST_INT = 2**53  # larger integers are not exact in JSON
_LONGEST = 120  # characters of a value in a message


class _Short(reprlib.Repr):
    """A repr whose time and length are limited, however large or deep the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxother, self.maxlong = 4, 10 * _LONGEST, _LONGEST
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 10

    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002 (the base's signature)
        return repr(x) if len(x) <= _LONGEST else f"{x[: _LONGEST - 20]!r}… ({len(x)} characters)"

    def repr_bytes(self, x: bytes, level: int) -> str:  # noqa: ARG002 (as above)
        return repr(x) if len(x) <= _LONGEST else f"{x[: _LONGEST - 20]!r}… ({len(x)} bytes)"

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """In the dict's own order, where the base sorts."""
        if level <= 0:
            return "{...}" if x else "{}"
        items = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, self.maxdict)]
        return f"{{{', '.join([*items, '...'] if len(x) > self.maxdict else items)}}}"


_SHORT = _Short()


def format_value(value: object) -> str:
    """Return a value as Python writes it, shortened for a message."""
    try:
        text = _SHORT.repr1(value, _SHORT.maxlevel)
    except Exception:  # noqa: BLE001 (from the value's repr, or an integer of thousands of digits)
        return f"a value of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= _LONGEST + 30 else f"{text[:_LONGEST]}…"


def with_article(noun: str) -> str:
    """`an int`, `a str`."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def check_options(options: Mapping[str, object], known: Iterable[str], *, takes_input: bool = False) -> None:
    """Check that all keyword options are known.

    Args:
        options: The options by name.
        known: The names of all options.
        takes_input: Whether the function also takes a model's input, which an unknown option may belong to.
    """
    unknown = sorted(set(options) - set(known))
    if not unknown:
        return
    from difflib import get_close_matches

    name = unknown[0]
    close = get_close_matches(name, known, n=1)
    if close:
        hint = f"did you mean {close[0]}?"
    elif takes_input:
        hint = f"inputs of the model go into `input`: input={{{name!r}: ...}}"
    else:
        hint = f"the options are {', '.join(known)}"
    raise InvalidArgument(f"there is no option {name!r}; {hint}")


def check_flags(**flags: object) -> None:
    """Check that each value is True or False."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidArgument(f"{name} must be True or False, not {format_value(value)}")


def check_text(value: object, what: str, *, blank: bool = False) -> str:
    """Check that a value is text that can be sent; not blank, unless `blank`. Return it."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{what} must be a str, not {format_value(value)}")
    if not blank and not value.strip():
        raise InvalidArgument(f"{what} must not be blank, but it is {format_value(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(
            f"{what} contains a lone surrogate, which cannot be sent: {format_value(value)}"
        ) from None
    return value


def check_line(value: object, what: str) -> str:
    """Check that a value is one line of text, and not blank. Return it."""
    line = check_text(value, what)
    if not line.isprintable():
        raise InvalidArgument(f"{what} must be one line without control characters, not {format_value(value)}")
    return line


def check_url(value: object, what: str) -> str:
    """Check that a value is an http or https URL. Return it."""
    url = check_text(value, what)
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("https", "http") or not separator or not rest.isprintable() or " " in rest or not rest:
        raise InvalidArgument(f"{what} must be a URL that begins with https://, not {format_value(value)}")
    return url


def check_choice(value: object, what: str, choices: Iterable[str]) -> None:
    """Check that a value is one of the choices."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        either = " or ".join(filter(None, [", ".join(known[:-1]), known[-1]]))
        raise InvalidArgument(f"{what} must be {either}, not {format_value(value)}")


def check_count(value: object, what: str, *, least: int = 0) -> None:
    """Check that a value is a whole number from `least` on."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_INT:
        is_larger = isinstance(value, int) and value > _LARGEST_INT
        expected = f"an int from {least} to {_LARGEST_INT}" if is_larger else f"an int of {least} or more"
        raise InvalidArgument(f"{what} must be {expected}, not {format_value(value)}")


def check_seconds(value: object, what: str) -> float:
    """Check that a value is a number of seconds, 0 or more. Return it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15 and math.isfinite(value):
        return float(value)
    raise InvalidArgument(f"{what} must be a number of seconds from 0, not {format_value(value)}")


def check_callable(value: object, what: str) -> None:
    """Check that a value is callable or None."""
    if value is not None and not callable(value):
        raise InvalidArgument(f"{what} must be callable, not {format_value(value)}")


def path_of(value: object, what: str) -> Path:
    """Return a value as a path, whether or not it exists."""
    from pathlib import Path

    if isinstance(value, (str, os.PathLike)) and value != "":
        try:
            path = Path(cast("str", value))
            if b"\x00" not in os.fsencode(path):
                return path
        except (TypeError, ValueError):  # a path of bytes; a lone surrogate
            pass
    raise InvalidArgument(f"{what} must be a str or a pathlib.Path, not {format_value(cast('object', value))}")
