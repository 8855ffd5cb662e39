"""When a server says that it may be asked again: read from headers, from a body, from its words."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["asked_wait", "seconds"]

_LONGEST_BODY = 65_536
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
# A count this large is a moment (seconds since 1970), not a duration.
_A_MOMENT = 1e9


def asked_wait(status: int, headers: Mapping[str, str], body: bytes, now: float) -> float | None:
    """Seconds that an answer asks to wait, or None where it asks for nothing that can be understood.

    In this order: `Retry-After` (seconds or a date), and for a 429 also `retry_after` in the body, its words
    (`resets in ~30s`) and `ratelimit-reset`. A zero says nothing.

    Args:
        status: of the answer.
        headers: with names in lower case, or a mapping that ignores case.
        body: the answer's, as far as it was read.
        now: the wall clock's seconds since 1970; the answer's own `Date` is preferred.
    """
    now = _moment(headers.get("date")) or now
    wait = _retry_after(headers.get("retry-after"), now)
    if not wait and status == 429:
        wait = _from_body(body[:_LONGEST_BODY], now) or seconds(headers.get("ratelimit-reset"), now)
    return wait or None


def seconds(value: Any, now: float) -> float | None:
    """A duration of at least 0 from a number or its text; a moment is counted from `now`. Else None."""
    if isinstance(value, str) and len(value) <= 400 and _NUMBER.fullmatch(value.strip()):
        number = float(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return None
    else:
        return None
    if not math.isfinite(number) or number < 0:
        return None
    return max(0.0, number - now) if number >= _A_MOMENT else number


def _retry_after(value: str | None, now: float) -> float | None:
    if value is None:
        return None
    wait = seconds(value, now)
    if wait is not None:
        return wait
    moment = _moment(value)
    return None if moment is None else max(0.0, moment - now)


def _moment(value: str | None) -> float | None:
    if value is None or len(value) > 100:
        return None
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _from_body(body: bytes, now: float) -> float | None:
    try:
        problem: Any = json.loads(body)
    except (ValueError, RecursionError):
        problem = None
    if isinstance(problem, dict):
        wait = seconds(cast("dict[str, Any]", problem).get("retry_after"), now)
        if wait:
            return wait
    from replicatekit._http.retry_words import wait_in

    return wait_in(body.decode("utf-8", "replace"))
