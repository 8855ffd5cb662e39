"""For how long a text asks to wait: `resets in ~30s`, `retry after 1m30s`."""

from __future__ import annotations

import re

__all__ = ["wait_in"]

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


def wait_in(text: str) -> float | None:
    """Seconds, or None where it says none."""
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
