"""JSON bodies of requests: RFC 8259, limited to values that the sandbox can store, compare and send back."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, cast

_MAX_DEPTH = 100


def read_json(raw: bytes | str) -> Any:
    """Read JSON.

    Raises:
        ValueError: The text is not JSON (NaN, infinity and numbers beyond a double are not), is not UTF-8, or is
            nested more than 100 levels deep.
    """
    text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
    try:
        value = json.loads(text, parse_constant=_refuse_number, parse_float=_read_float)
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > _MAX_DEPTH:
        _check_depth(value)
    return value


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _refuse_number(text)
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:50]} is not a number in JSON")


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {_MAX_DEPTH} levels deep")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        level = [inner for one in level for inner in _inner(one)]
        if not level:
            return
    raise _too_deep()


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []
