"""Values that are not files, as JSON has them; and why some cannot be sent."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import ParseResult, SplitResult

from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "Where",
    "decimal",
    "is_array",
    "is_hosted",
    "is_url",
    "key_text",
    "number",
    "path_of",
    "refused",
    "text",
    "url_of",
    "why_not",
]

Where: TypeAlias = "tuple[Where | None, str | int]"
"""The place of a value: that of what it stands in (None for the root), and its key or index there."""


def path_of(where: Where) -> str:
    """A place as it would be written in Python: `input.images[2]`, `input["a key"]`."""
    steps: list[str] = []
    at: Where | None = where
    while at:
        at, key = at
        if at is None:
            steps.append(str(key))
        elif isinstance(key, int):
            steps.append(f"[{key}]")
        elif key.isidentifier():
            steps.append(f".{key}")
        else:
            steps.append(f"[{json.dumps(key, ensure_ascii=False)}]")
    return "".join(reversed(steps))


def refused(where: Where, why: str) -> InvalidInput:
    """The error for a value that cannot be sent."""
    path = path_of(where)
    return InvalidInput(f"{path}: {why}", path=path)


def text(value: str, where: Where) -> str:
    """Text that can be written as UTF-8, as a plain `str`."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise refused(where, f"this text cannot be written as UTF-8: {error.reason}") from None
    return str.__str__(value)


def number(value: float, where: Where) -> float:
    """A number that JSON has, as a plain `float`."""
    if not math.isfinite(value):
        raise refused(where, f"{float(value)} is no number that JSON has")
    return float(value)


def decimal(value: Decimal, where: Where) -> float:
    """A Decimal as an int where it is whole, else as the nearest float."""
    if not value.is_finite():
        raise refused(where, f"{value} is no number that JSON has")
    return int(value) if value == value.to_integral_value() else number(float(value), where)


def key_text(key: object, where: Where) -> str:
    """A key of an object; JSON has only text there."""
    if not isinstance(key, str):
        raise refused(where, f"the key {key!r} is a {type(key).__name__}, and JSON has only text for keys")
    return text(key, (where, key))


def is_url(value: object) -> bool:
    """Whether a value is a URL of httpx, yarl, pydantic or others; none of them is imported for this."""
    if isinstance(value, (SplitResult, ParseResult)):
        return True
    named_so = any(base.__name__.lower().endswith("url") for base in type(value).__mro__)
    return named_so and str(value).lower().startswith(("https:", "http:", "data:"))


def is_array(value: object) -> bool:
    """Whether a value is numpy's, or like numpy's: an array, a scalar, a tensor, a column."""
    return hasattr(value, "dtype") and callable(getattr(value, "tolist", None))


def is_hosted(value: object) -> bool:
    """Whether a value stands for a file that already has a URL: `FileOutput`, `File`, or one that says so."""
    kind = type(value)
    if hasattr(kind, "__replicate_url__"):
        return True
    package = kind.__module__.partition(".")[0]
    if package == "replicatekit_api":
        return kind.__name__ == "File"
    return package == "replicatekit" and isinstance(getattr(value, "url", None), str)


def url_of(value: object) -> str | None:
    """The URL of a hosted file, or None where it has none."""
    url: object = getattr(value, "__replicate_url__", None) or getattr(value, "url", None)
    if url is None and hasattr(value, "to_dict"):
        urls: object = cast("Any", value).to_dict().get("urls")
        url = cast("Mapping[str, object]", urls).get("get") if isinstance(urls, Mapping) else None
    return url if isinstance(url, str) and url else None


def why_not(value: object) -> str:
    """What to say of a value that cannot be sent, and what to do instead."""
    if isinstance(value, type):
        return f"{value.__name__} is a class, not a value"
    kind = type(value)
    name = kind.__name__
    if inspect.isawaitable(value):
        return f"this {name} is still to be awaited: give what it returns"
    if hasattr(value, "__aiter__"):
        return f"this {name} is iterated asynchronously: collect its items first"
    for attribute, instead in (
        ("model_dump", "its model_dump()"),
        ("__attrs_attrs__", "attrs.asdict of it"),
        ("__dataclass_fields__", "dataclasses.asdict of it"),
    ):
        if hasattr(kind, attribute):
            return f"a {name} is no JSON value: give {instead}"
    return f"a {name} is neither a JSON value nor a file"
