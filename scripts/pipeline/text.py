"""Texts of a document as they may stand in Python: in a docstring, or as a literal."""

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
    """The text of one of the generator's guarded strings; it is escaped where it becomes code or docstring."""
    return value.get_untrusted_value() if isinstance(value, UntrustedString) else value or ""


def paragraph(value: Text) -> str:
    """A description on one line."""
    return " ".join(raw(value).split())


def prose(value: Text) -> str:
    """A description, wrapped and escaped for a docstring; the formatter indents it. JSON's `null` is Python's None."""
    text = re.sub(r"(?<![\w`'\"])null(?![\w`'\"])", "None", raw(value))
    visible = "".join(each for each in text if each.isprintable() or each.isspace())
    safe = safe_for_docstring(visible)
    lead = " " * (len(safe) - len(safe.lstrip()))
    wrapped = textwrap.fill(
        safe.strip(),
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=f"{lead}    " if lead else "",
        break_long_words=False,
    )
    return wrapped + " " if wrapped.endswith('"') else wrapped


def literal(value: Text) -> str:
    """A text as a Python literal."""
    return repr(raw(value))


def literals(values: Iterable[object]) -> str:
    """Texts and numbers as Python literals, in a row."""
    return ", ".join(map(repr, values))
