"""Moments as callers give them, on a Sunday morning in Zurich: 2026-11-22 10:30, which is 09:30 in UTC."""

from __future__ import annotations

import contextlib
import random
import time as clock
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from replicatekit._base.dates import moment
from replicatekit.errors import InvalidArgument

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NAIVE = datetime.fromisoformat("2026-11-01T10:00:00")


def api_text(value, *, now, zone):
    return moment(value, now=now, zone=zone).isoformat().replace("+00:00", "Z")


def read(value):
    return api_text(value, now=NOW, zone=ZURICH)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 11, 1, 10, tzinfo=UTC), "2026-11-01T10:00:00Z"),
        (datetime(2026, 11, 1, 10, tzinfo=timezone(timedelta(hours=-8))), "2026-11-01T18:00:00Z"),
        (NAIVE, "2026-11-01T09:00:00Z"),
        (NAIVE.replace(month=7), "2026-07-01T08:00:00Z"),
        (datetime(2026, 11, 1, 10, 0, 0, 1500, tzinfo=UTC), "2026-11-01T10:00:00.001500Z"),
        (date(2026, 11, 1), "2026-10-31T23:00:00Z"),
        ("2026-11-01", "2026-10-31T23:00:00Z"),
        ("20261101", "2026-10-31T23:00:00Z"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00Z"),
        ("2026-11-01t10:00:00z", "2026-11-01T10:00:00Z"),
        ("2026-11-01T10:00:00.765994657Z", "2026-11-01T10:00:00.765994Z"),
        ("2026-11-01T10:00:00-08:00", "2026-11-01T18:00:00Z"),
        ("2026-11-01T10:00:00+0200", "2026-11-01T08:00:00Z"),
        ("2026-11-01 10:00", "2026-11-01T09:00:00Z"),
        ("2026-11-01 10:00 UTC", "2026-11-01T10:00:00Z"),
        ("nov 1 2026 10:00 utc", "2026-11-01T10:00:00Z"),
        ("2026-11-01 10:00 +02:00", "2026-11-01T08:00:00Z"),
        ("2026-W45", "2026-11-01T23:00:00Z"),
        ("2026-11-1", "2026-10-31T23:00:00Z"),
        ("2026/11/01", "2026-10-31T23:00:00Z"),
    ],
)
def test_datetimes_dates_and_iso_text_are_sent_in_utc(value, expected):
    assert read(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("now", "2026-11-22T09:30:00Z"),
        ("today", "2026-11-21T23:00:00Z"),
        ("yesterday", "2026-11-20T23:00:00Z"),
        ("  Yesterday ", "2026-11-20T23:00:00Z"),
        ("yesterday at 10:30", "2026-11-21T09:30:00Z"),
        ("yesterday 9am", "2026-11-21T08:00:00Z"),
        ("today, 8:15", "2026-11-22T07:15:00Z"),
        ("3 days ago", "2026-11-19T09:30:00Z"),
        ("three days ago", "2026-11-19T09:30:00Z"),
        ("3d ago", "2026-11-19T09:30:00Z"),
        ("1.5 days ago", "2026-11-20T21:30:00Z"),
        ("an hour ago", "2026-11-22T08:30:00Z"),
        ("a minute ago", "2026-11-22T09:29:00Z"),
        ("90 seconds ago", "2026-11-22T09:28:30Z"),
        ("15 mins ago", "2026-11-22T09:15:00Z"),
        ("1h30m ago", "2026-11-22T08:00:00Z"),
        ("1 hour and 30 minutes ago", "2026-11-22T08:00:00Z"),
        ("2 weeks, 3 days ago", "2026-11-05T09:30:00Z"),
        ("a month ago", "2026-10-22T08:30:00Z"),
        ("2 months ago", "2026-09-22T08:30:00Z"),
        ("9 months ago", "2026-02-22T09:30:00Z"),
        ("a year ago", "2025-11-22T09:30:00Z"),
        ("last hour", "2026-11-22T08:30:00Z"),
        ("last week", "2026-11-15T09:30:00Z"),
        ("last month", "2026-10-22T08:30:00Z"),
        ("last year", "2025-11-22T09:30:00Z"),
        ("monday", "2026-11-15T23:00:00Z"),
        ("last monday", "2026-11-15T23:00:00Z"),
        ("Mon 9:00", "2026-11-16T08:00:00Z"),
        ("thurs", "2026-11-18T23:00:00Z"),
        ("saturday", "2026-11-20T23:00:00Z"),
        ("sunday", "2026-11-14T23:00:00Z"),
        ("Nov 1", "2026-10-31T23:00:00Z"),
        ("1 November", "2026-10-31T23:00:00Z"),
        ("Dec 24", "2025-12-23T23:00:00Z"),
        ("Nov 1 2026", "2026-10-31T23:00:00Z"),
        ("Sun, Nov 1 2026 10am", "2026-11-01T09:00:00Z"),
        ("1 Nov 2026 10:00:00 GMT", "2026-11-01T10:00:00Z"),
        ("Nov 2026", "2026-10-31T23:00:00Z"),
        ("2026", "2025-12-31T23:00:00Z"),
        ("25/12/2025", "2025-12-24T23:00:00Z"),
        ("12/25/2025", "2025-12-24T23:00:00Z"),
        ("25.12.2025 18:00", "2025-12-25T17:00:00Z"),
        ("9:15", "2026-11-22T08:15:00Z"),
        ("11pm", "2026-11-21T22:00:00Z"),
    ],
)
def test_words_are_read_as_people_mean_them(value, expected):
    assert read(value) == expected


def test_days_go_by_the_calendar_and_hours_by_the_clock_where_the_clocks_change():
    monday = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
    assert api_text("2 days ago", now=monday, zone=ZURICH) == "2026-10-24T08:00:00Z"
    assert api_text("48 hours ago", now=monday, zone=ZURICH) == "2026-10-24T09:00:00Z"


def test_the_end_of_a_shorter_month_stands_for_a_day_that_it_has_not():
    now = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
    assert api_text("a month ago", now=now, zone=UTC) == "2026-02-28T12:00:00Z"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("soon", "soon"),
        ("3 bananas ago", "ago"),
        ("days ago", "ago"),
        ("-3 days ago", "ago"),
        ("3 days", "days"),
        ("1.5 months ago", "whole numbers"),
        ("999999 years ago", "year"),
        ("tomorrow morning", "morning"),
        ("yesterday evening", "evening"),
        ("yesterday Nov 3", "yesterday"),
        ("yesterday 2026", "yesterday"),
        ("1/2/2026", "either way round"),
        ("2.1.2026", "either way round"),
        ("yesterday 9", "yesterday"),
        ("yesterday 25:00", "hour"),
        ("1/2", "either way round"),
        ("10-11-12", "four digits"),
        ("1/2/26", "four digits"),
        ("5", "a number alone"),
        ("1700000000", "a number alone"),
        ("2026-13-01", "month"),
        ("2026-02-30", "day"),
        ("2026-11-01 10:00 PST", "PST"),
        ("2026-11-01 25:00", "hour"),
        ("x" * 101, "101 characters"),
        ("2026-11-01\x00", "control characters"),
        (1_700_000_000, "type int"),
        (1.5, "type float"),
        (True, "type bool"),
        (None, "type NoneType"),
        (b"2026", "type bytes"),
        (timedelta(days=3), "type timedelta"),
        (datetime.fromisoformat("0001-01-01T00:00:00"), "range"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "range"),
    ],
)
def test_what_cannot_be_read_or_in_two_ways_is_refused_with_the_reason(value, why):
    with pytest.raises(InvalidArgument) as caught:
        moment(value, now=NOW, zone=ZURICH)
    assert why.lower() in str(caught.value).lower()
    assert "expected a datetime" in str(caught.value)


def test_without_a_zone_this_machines_local_time_is_meant():
    assert moment(NAIVE).timestamp() == clock.mktime((2026, 11, 1, 10, 0, 0, 0, 0, -1))
    assert moment("2026-11-01 10:00") == moment(NAIVE)


def test_without_a_now_the_clocks_is_taken():
    before = datetime.now(UTC)
    assert before <= moment("now") <= datetime.now(UTC)


@pytest.mark.parametrize("seed", range(10))
def test_no_text_brings_another_error_or_a_warning(seed):
    rng = random.Random(seed)
    pieces = [
        "3",
        "11",
        "2026",
        "99999999",
        "day",
        "days",
        "ago",
        "last",
        "monday",
        "nov",
        "am",
        "at",
        "utc",
        "est",
        "z",
    ]
    pieces += ["-", "/", ":", ".", ",", " ", " ", " ", "t", "+", "w", "and", "a", "1e5", "\u0663", "é", "'", "(", ")"]
    for _ in range(300):
        text = "".join(rng.choices(pieces, k=rng.randrange(1, 9)))
        with contextlib.suppress(InvalidArgument):
            assert moment(text, now=NOW, zone=ZURICH).tzinfo is UTC
