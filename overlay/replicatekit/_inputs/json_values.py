"""Convert input values other than files to JSON, and explain why some cannot be sent."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import ParseResult, SplitResult

from replicatekit._base.validation import format_value, with_article
from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from decimal import Decimal

_INSTEAD = {
    "model_dump": "its model_dump()",
    "__attrs_attrs__": "attrs.asdict of it",
    "__dataclass_fields__": "dataclasses.asdict of it",
}
_LONG_KEY = 80  # characters; longer keys are shortened in messages

Where: TypeAlias = "tuple[Where | None, str | int]"
"""The place of a value in the input: the place of its container (None for the root), and its key or index there."""


def path_of(where: Where) -> str:
    """A place as a Python expression: `input.images[2]`, `input["a key"]`."""
    steps: list[str] = []
    at: Where | None = where
    while at:
        at, key = at
        if at is None:
            steps.append(str(key))
        elif isinstance(key, int):
            steps.append(f"[{key}]")
        elif key.isidentifier() and len(key) <= _LONG_KEY:
            steps.append(f".{key}")
        else:
            steps.append(
                f"[{format_value(key)}]" if len(key) > _LONG_KEY else f"[{json.dumps(key, ensure_ascii=False)}]"
            )
    return "".join(reversed(steps))


def invalid_input(where: Where, why: str) -> InvalidInput:
    """The error for a value that cannot be sent."""
    path = path_of(where)
    return InvalidInput(f"{path}: {why}", path=path)


def text(value: str, where: Where) -> str:
    """Text that UTF-8 can encode, as a plain `str`."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise invalid_input(where, f"this text cannot be encoded as UTF-8: {error.reason}") from None
    return str.__str__(value)


def number(value: float, where: Where) -> float:
    """A finite number, as a plain `float`."""
    if not math.isfinite(value):
        raise invalid_input(where, f"{float(value)} is not valid in JSON")
    return float(value)


def decimal(value: Decimal, where: Where) -> float:
    """A Decimal as an int if it is whole, else as the nearest float."""
    if not value.is_finite():
        raise invalid_input(where, f"{value} is not valid in JSON")
    return int(value) if value == value.to_integral_value() else number(float(value), where)


def key_text(key: object, where: Where) -> str:
    """A key of an object, which must be text."""
    if not isinstance(key, str):
        raise invalid_input(where, f"the key {format_value(key)} must be a str, not {type(key).__name__}")
    return text(key, (where, key))


def is_url(value: object) -> bool:
    """Whether a value is a URL object of httpx, yarl, pydantic or the like; imports none of them."""
    if isinstance(value, (SplitResult, ParseResult)):
        return True
    is_named_url = any(base.__name__.lower().endswith("url") for base in type(value).__mro__)
    return is_named_url and str(value).lower().startswith(("https:", "http:", "data:"))


def is_array(value: object) -> bool:
    """Whether a value is a numpy array or scalar, or similar: a tensor, a column."""
    return hasattr(value, "dtype") and callable(getattr(value, "tolist", None))


def is_hosted(value: object) -> bool:
    """Whether a value represents a file that has a URL: a `FileOutput`, a `File`, or one with `__replicate_url__`."""
    kind = type(value)
    if hasattr(kind, "__replicate_url__"):
        return True
    package = kind.__module__.partition(".")[0]
    if package == "replicatekit_api":
        return kind.__name__ == "File"
    return package == "replicatekit" and isinstance(getattr(value, "url", None), str)


def url_of(value: object) -> str | None:
    """The URL of a hosted file, or None if it has none."""
    url: object = getattr(value, "__replicate_url__", None) or getattr(value, "url", None)
    if url is None and hasattr(value, "to_dict"):
        urls: object = cast("Any", value).to_dict().get("urls")
        url = cast("Mapping[str, object]", urls).get("get") if isinstance(urls, Mapping) else None
    return url if isinstance(url, str) and url else None


def why_not(value: object) -> str:
    """Why a value cannot be sent, and what to do instead."""
    if isinstance(value, type):
        return f"{value.__name__} is a class, not a value"
    kind = type(value)
    name = kind.__name__
    if inspect.isawaitable(value):
        return f"this {name} is still to be awaited: pass its result"
    if hasattr(value, "__aiter__"):
        return f"this {name} is iterated asynchronously: collect its items first"
    is_ours = kind.__module__.partition(".")[0] in ("replicatekit", "replicatekit_api")
    for attribute, instead in _INSTEAD.items():
        if hasattr(kind, attribute) and not is_ours:
            return f"{with_article(name)} is not a JSON value: pass {instead}"
    return f"{with_article(name)} cannot be sent: use JSON values, paths, bytes, file objects or images"
