"""Convert a document's strings to Python docstrings and literals."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import safe_for_docstring

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["literal", "literals", "paragraph", "prose", "raw"]

_WIDTH = 100

Text = UntrustedString | str | None


def raw(value: Text) -> str:
    """Return the value of the generator's untrusted string; escape it before it becomes code or a docstring."""
    return value.get_untrusted_value() if isinstance(value, UntrustedString) else value or ""


def paragraph(value: Text) -> str:
    """Return a description on one line."""
    return " ".join(raw(value).split())


def prose(value: Text) -> str:
    """Return a description wrapped and escaped for a docstring, with `None` for `null`; the formatter indents it."""
    text = re.sub(r"(?<![\w`'\"])null(?![\w`'\"])", "None", raw(value))
    visible = "".join(each for each in text if each.isprintable() or each.isspace())
    safe = safe_for_docstring(visible)
    indent = " " * (len(safe) - len(safe.lstrip()))
    wrapped = textwrap.fill(
        safe.strip(),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}    " if indent else "",
        break_long_words=False,
    )
    return wrapped + " " if wrapped.endswith('"') else wrapped


def literal(value: Text) -> str:
    """Return a string as a Python literal."""
    return repr(raw(value))


def literals(values: Iterable[object]) -> str:
    """Return strings and numbers as Python literals, separated by commas."""
    return ", ".join(map(repr, values))
