"""How long a server asks to wait before a retry: from headers, from a JSON body, from a text (`resets in ~30s`)."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_BODY = 65_536
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
# A count this large is a moment (seconds since 1970), not a duration.
_A_MOMENT = 1e9

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_UNITS = {
    **dict.fromkeys(("ms", "millisecond"), 0.001),
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("m", "min", "minute"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hour"), _HOUR),
    **dict.fromkeys(("d", "day"), _DAY),
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AMOUNT = re.compile(rf"([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s{{0,3}}({_UNIT})?s?(?![a-z])", re.IGNORECASE)
# "Your rate limit resets in ~30s.", "try again in about 2 minutes", "Retry after 1m30s"
_WORDS = re.compile(
    r"\b(?:resets?|retry|again|available)\s{1,3}(?:in|after)\s{0,3}(?:~|≈|about|approximately)?\s{0,3}(?=[0-9])",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s{0,3}(?:,|and\b)?\s{0,3}", re.IGNORECASE)


def requested_wait(status: int, headers: Mapping[str, str], body: bytes, now: float) -> float | None:
    """Seconds that a response asks to wait, or None if it does not ask, or not intelligibly.

    In this order: `Retry-After` (seconds or a date), and for a 429 also `retry_after` in the body, its text
    (`resets in ~30s`) and `ratelimit-reset`. Zero counts as none.

    Args:
        status: The status.
        headers: Headers with names in lower case, or a mapping that ignores case.
        body: The body, as far as it was read.
        now: The wall clock's seconds since 1970; the response's own `Date` is preferred.
    """
    now = date_seconds(headers.get("date")) or now
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
    moment = date_seconds(value)
    return None if moment is None else max(0.0, moment - now)


def date_seconds(value: str | None) -> float | None:
    """Seconds since 1970 of a date in the form of headers; None for anything else."""
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
    return _from_words(body.decode("utf-8", "replace"))


def _from_words(text: str) -> float | None:
    """Seconds, or None if the text names none."""
    words = _WORDS.search(text)
    if words is None:
        return None
    total, at = 0.0, words.end()
    while (amount := _AMOUNT.match(text, at)) is not None:
        total += float(amount[1]) * _UNITS[(amount[2] or "s").lower()]
        joint = _JOINT.match(text, amount.end())
        at = joint.end() if joint else amount.end()
        if amount[2] is None:
            break
    return total
