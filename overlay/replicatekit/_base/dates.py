"""Points in time as filters accept them: datetimes, dates, ISO text, and words such as `3 days ago`.

Values without a time zone are local times, as everywhere in Python. Tests pass `now` and the zone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

Moment = str | date
"""A datetime, a date (its first moment), or text."""

_EXPECTED = (
    "a datetime, a date, ISO text (2026-11-01, 2026-11-01T10:00:00Z) or words (yesterday, 3 days ago, last week)"
)

_UNITS = {
    **dict.fromkeys(("s", "sec", "second"), "seconds"),
    **dict.fromkeys(("m", "min", "minute"), "minutes"),
    **dict.fromkeys(("h", "hr", "hour"), "hours"),
    **dict.fromkeys(("d", "day"), "days"),
    **dict.fromkeys(("w", "wk", "week"), "weeks"),
    **dict.fromkeys(("mo", "month"), "months"),
    **dict.fromkeys(("y", "yr", "year"), "years"),
}
_NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WORDS = {"a": 1.0, "an": 1.0, **{word: float(number) for number, word in enumerate(_NUMBERS)}}
_PART = re.compile(
    rf"({'|'.join(_WORDS)}|[0-9]{{1,6}}(?:\.[0-9]{{1,6}})?) ?({'|'.join(sorted(_UNITS, key=len, reverse=True))})s?\b"
    r"(?:,? and |, | )?"
)
_COMPACT = re.compile(r"(?<=[a-z])(?=[0-9])")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(
    r"(today|yesterday|(?:last )?(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)"
    r"(?:,? (?:at )?([0-9]{1,2}(?::[0-9]{2}){1,2}(?: ?[ap]m)?|[0-9]{1,2} ?[ap]m))?"
)
_YEAR_FIRST = re.compile(r"[0-9]{4}[-/.]")
_SHORT_YEAR = re.compile(r"(?<![0-9])[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])")
# A text's missing year, month and day are taken from these; what differs was not in the text. Both are leap years.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001 (the zone, if any, is in the text)


def moment(value: Moment, *, now: datetime | None = None, zone: tzinfo | None = None) -> datetime:
    """Return a value as a datetime in UTC.

    A day of the week is the latest one before today. A date without a year is the latest such date.

    Args:
        value: See `Moment`.
        now: The current time, with its zone. By default the clock's.
        zone: The zone of values that name none. By default this machine's.

    Raises:
        InvalidArgument: The value cannot be read, or is ambiguous.
    """
    try:
        if isinstance(value, datetime):
            return _utc(value, zone)
        if isinstance(value, date):
            return _utc(datetime.combine(value, time()), zone)
        if isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return _from_text(value, now or datetime.now(UTC), zone)
    except InvalidArgument:
        raise  # it is a ValueError too
    except (ValueError, ArithmeticError, OSError, TypeError) as error:
        raise _invalid(value, str(error)) from None
    raise _invalid(value, f"it is of the type {type(value).__name__}")


def _from_text(value: str, now: datetime, zone: tzinfo | None) -> datetime:
    text = " ".join(value.lower().split())
    if not text or len(text) > 100:
        raise _invalid(value, "it is empty" if not text else f"it has {len(text)} characters")
    if not text.isprintable():
        raise _invalid(value, "it has control characters")
    if text.isdigit() and len(text) not in (4, 8):
        raise _invalid(value, "a number alone is ambiguous; for seconds since 1970 pass datetime.fromtimestamp(…, UTC)")
    if text == "now":
        return _utc(now, zone)
    ago = _ago(text)
    if ago is not None:
        return _before(now, ago, zone)
    day = _DAY.fullmatch(text)
    if day:
        return _utc(_of_day(day[1], day[2], _local(now, zone)), zone)
    try:
        return _utc(datetime.fromisoformat(text.upper()), zone)
    except ValueError:
        return _by_dateutil(value, now, zone)


def _ago(text: str) -> dict[str, float] | None:
    """The parts of `3 days ago`, `an hour and 5 minutes ago`, `1h30m ago`, `last week`."""
    if text.startswith("last ") and text[5:] in _UNITS:
        text = f"a {text[5:]} ago"
    if not text.endswith(" ago"):
        return None
    rest, parts = _COMPACT.sub(" ", text[:-4]), dict[str, float]()
    while rest:
        part = _PART.match(rest)
        if part is None:
            return None
        unit = _UNITS[part[2]]
        parts[unit] = parts.get(unit, 0.0) + (_WORDS[part[1]] if part[1] in _WORDS else float(part[1]))
        rest = rest[part.end() :]
    return parts or None


def _before(now: datetime, parts: dict[str, float], zone: tzinfo | None) -> datetime:
    from dateutil.relativedelta import relativedelta

    months = {unit: parts.pop(unit, 0.0) for unit in ("years", "months")}
    if any(number % 1 for number in months.values()):
        raise ValueError("months and years must be whole numbers")
    # Days and longer go by the calendar (to the same time of day), hours and shorter by the clock.
    days = timedelta(**{unit: parts.pop(unit, 0.0) for unit in ("weeks", "days")})
    calendar = relativedelta(years=int(months["years"]), months=int(months["months"]))
    return _utc(_local(now, zone) - calendar - days, zone) - timedelta(**parts)


def _of_day(name: str, at: str | None, now: datetime) -> datetime:
    from dateutil import parser

    back = {"today": 0, "yesterday": 1}.get(name)
    if back is None:
        back = (now.weekday() - _DAYS.index(name.removeprefix("last ")[:3]) - 1) % 7 + 1
    day = datetime.combine(now.date() - timedelta(days=back), time())
    return parser.parse(at, default=day) if at else day


def _by_dateutil(value: str, now: datetime, zone: tzinfo | None) -> datetime:
    """Parse dates in words and in other orders."""
    from dateutil import parser

    text = re.sub(r"\b(?:utc|gmt)\b", "UTC", value.strip(), flags=re.IGNORECASE)
    if _SHORT_YEAR.search(text):
        raise _invalid(value, "the year needs four digits")
    first, second = (parser.parse(text, default=default, tzinfos=_zone) for default in _DEFAULTS)
    if not _YEAR_FIRST.match(text) and parser.parse(text, default=_DEFAULTS[0], tzinfos=_zone, dayfirst=True) != first:
        raise _invalid(value, "day and month could be either way round")
    if first.year == second.year:
        return _utc(first, zone)
    if (first.month, first.day) == (second.month, second.day):
        candidates = [first.replace(year=_local(now, zone).year - back) for back in (0, 1)]
    elif (first.date(), second.date()) == (_DEFAULTS[0].date(), _DEFAULTS[1].date()):
        today = datetime.combine(_local(now, zone), first.timetz())
        candidates = [today, today - timedelta(days=1)]
    else:
        raise _invalid(value, "it is incomplete")
    this, last = (_utc(candidate, zone) for candidate in candidates)
    return this if this <= now else last


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    from dateutil import tz

    if offset is not None:
        return tz.tzoffset(name, offset)
    if name is None:
        return None
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    raise ValueError(f"the time zone {name} is ambiguous: give it as an offset, such as +02:00")


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return the local time, without its zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _utc(moment: datetime, zone: tzinfo | None) -> datetime:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _invalid(value: object, why: str) -> InvalidArgument:
    return InvalidArgument(f"{format_value(value)} is not a time: {why}; expected {_EXPECTED}")
