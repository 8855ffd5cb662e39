"""The ways in which servers say when to come back, and what they must not be believed."""

from __future__ import annotations

import json

import pytest

from replicatekit._http.retry_after import requested_wait, seconds

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def asked(status=429, body=b"", **headers):
    return requested_wait(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, NOW)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", 30.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0.25", 0.25),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue Nov 14 22:13:50 2023", 30.0),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30.0),
        ("1700000030", 30.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_in_any_of_the_forms_of_http(value, expected):
    for status in (429, 503):
        assert asked(status, retry_after=value) == expected


def test_a_date_is_counted_from_the_answers_own_clock():
    assert asked(retry_after="Tue, 14 Nov 2023 22:13:50 GMT", date="Tue, 14 Nov 2023 22:13:45 GMT") == 5.0
    assert asked(retry_after="Tue, 14 Nov 2023 22:13:50 GMT", date="garbage") == 30.0


HOSTILE = ["", "0", "-1", "-0", "nan", "NaN", "inf", "-inf", "Infinity", "1e3", "1e999", "0x10", "1_000"]
HOSTILE += ["soon", "1,5", "1 2", "+5", ".", "²", "\x00", "x" * 100_000, "9" * 400, "GMT", ", ,"]
HOSTILE_DATES = [
    "Tue, 14 Nov 2023 22:13:10 GMT",
    "Tue, 99 Nov 2023 22:13:10 GMT",
    "Mon, 01 Jan 0000 00:00:00 GMT",
]
HOSTILE_DATES += ["Fri, 31 Dec 999999 23:59:59 GMT"]
NO_DURATIONS = [None, True, False, [], {}, [5], -1, 0, float("nan"), float("inf"), 10**400]


@pytest.mark.parametrize("value", HOSTILE + HOSTILE_DATES)
def test_a_retry_after_that_says_nothing_is_passed_over(value):
    assert asked(503, retry_after=value) is None
    assert asked(429, retry_after=value, ratelimit_reset="4") == 4.0


@pytest.mark.parametrize(
    "value", [*HOSTILE, None, True, False, [], {}, [5], -1, 0, float("nan"), float("inf"), 10**400]
)
def test_a_retry_after_in_the_body_that_says_nothing_is_passed_over(value):
    assert asked(body=json.dumps({"retry_after": value}).encode()) is None


def test_the_body_says_it_as_a_number_or_its_text():
    assert asked(body=b'{"retry_after": 12}') == 12.0
    assert asked(body=b'{"retry_after": 1.5}') == 1.5
    assert asked(body=b'{"retry_after": "12"}') == 12.0
    assert asked(body=b'{"detail": "resets in ~30s", "retry_after": 12}') == 12.0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Request was throttled. Your rate limit resets in ~30s.", 30.0),
        ("Request was throttled. Your rate limit resets in ~1s.", 1.0),
        ("Your rate limit resets in 30 seconds", 30.0),
        ("resets in 45", 45.0),
        ("resets in ~2m.", 120.0),
        ("resets in about 2 minutes", 120.0),
        ("resets in ~1m30s", 90.0),
        ("resets in 1 minute and 30 seconds", 90.0),
        ("resets in 1 hour, 5 min, 3 sec", 3903.0),
        ("resets in 2h", 7200.0),
        ("Try again in 500ms", 0.5),
        ("Please retry after 1.5 s", 1.5),
        ("RESETS IN ~1 DAY", 86400.0),
        ("resets in 30 somethings", 30.0),
        ("resets in soon", None),
        ("resets in -30s", None),
        ("presets in 30s", None),
        ("the model has 30s", None),
    ],
)
def test_words_say_it_in_seconds_minutes_or_hours(words, expected):
    assert asked(body=json.dumps({"detail": words}).encode()) == expected
    assert asked(body=f"<html><p>{words}</p></html>".encode()) == expected


def test_the_order_is_retry_after_then_body_then_words_then_the_rate_limit():
    body = b'{"detail": "resets in ~30s", "retry_after": 20}'
    assert asked(body=body, retry_after="10", ratelimit_reset="40") == 10.0
    assert asked(body=body, ratelimit_reset="40") == 20.0
    assert asked(body=b'{"detail": "resets in ~30s"}', ratelimit_reset="40") == 30.0
    assert asked(ratelimit_reset="40") == 40.0


def test_only_a_throttled_request_is_about_the_rate_limit():
    body = b'{"detail": "resets in ~30s", "retry_after": 20}'
    assert asked(503, body=body, ratelimit_reset="40") is None
    assert asked(503, body=body, retry_after="5") == 5.0


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"retry_after":' * 50_000, b"null", b"[30]", b"30"]
)
def test_a_body_of_any_kind_is_read_without_an_error(body):
    assert asked(body=body) is None


def test_durations_are_never_negative_and_never_endless():
    assert seconds(3, NOW) == 3.0
    assert seconds(NOW - 5, NOW) == 0.0
    assert seconds(object(), NOW) is None
