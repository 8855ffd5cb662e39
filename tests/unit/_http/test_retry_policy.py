"""What is made again, what never, and how long is waited in between."""

from __future__ import annotations

import itertools
import random
from functools import partial

import pytest

from replicatekit._http.retry_policy import ErrorResponse, Failure, Policy, RequestKind, is_gone, kind_of, may_have_run
from replicatekit.errors import InvalidArgument

NOW = 1_700_000_000.0
STATUSES = (
    200,
    301,
    400,
    401,
    402,
    403,
    404,
    408,
    409,
    413,
    422,
    425,
    429,
    499,
    500,
    501,
    502,
    503,
    504,
    520,
    527,
)


def wait(outcome, kind=RequestKind.READ, attempt=1, dice=0.5, time_left=None, **policy):
    return Policy(random=lambda: dice, **policy).wait(kind, outcome, attempt=attempt, now=NOW, time_left=time_left)


def again(outcome, kind):
    return wait(outcome, kind) is not None


def test_reads_are_repeated_on_broken_connections_and_passing_statuses():
    assert again(Failure.REFUSED, RequestKind.READ)
    assert again(Failure.AMBIGUOUS, RequestKind.READ)
    repeated = {status for status in STATUSES if again(ErrorResponse(status), RequestKind.READ)}
    assert repeated == {408, 409, 429, 500, 501, 502, 503, 504, 520, 527}
    assert all(again(ErrorResponse(status), RequestKind.READ) for status in range(500, 600))


def test_a_create_is_repeated_only_where_it_is_certain_that_it_did_not_run():
    assert again(Failure.REFUSED, RequestKind.CREATE)
    assert not again(Failure.AMBIGUOUS, RequestKind.CREATE)
    assert {status for status in range(100, 1000) if again(ErrorResponse(status), RequestKind.CREATE)} == {429}


def test_no_header_or_body_talks_the_policy_into_a_second_create():
    tempting = {"retry-after": "1", "ratelimit-reset": "1", "x-should-retry": "true"}
    for status in STATUSES:
        outcome = ErrorResponse(status, tempting, b'{"retry_after": 1, "detail": "resets in 1s"}')
        assert again(outcome, RequestKind.CREATE) == (status == 429)


def test_cancels_deletes_and_updates_are_repeated_but_not_on_a_conflict():
    assert again(Failure.AMBIGUOUS, RequestKind.IDEMPOTENT)
    repeated = {status for status in STATUSES if again(ErrorResponse(status), RequestKind.IDEMPOTENT)}
    assert repeated == {408, 429, 500, 501, 502, 503, 504, 520, 527}


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/v1/predictions/abc", RequestKind.READ),
        ("get", "/v1/account", RequestKind.READ),
        ("HEAD", "/v1/x", RequestKind.READ),
        ("QUERY", "/v1/models", RequestKind.READ),
        ("POST", "/v1/predictions", RequestKind.CREATE),
        ("POST", "/v1/models/acme/cancel/predictions", RequestKind.CREATE),
        ("POST", "/v1/deployments/acme/thumbs/predictions", RequestKind.CREATE),
        ("POST", "/v1/models/acme/a/versions/1/trainings", RequestKind.CREATE),
        ("POST", "/v1/files", RequestKind.CREATE),
        ("POST", "/v1/models", RequestKind.CREATE),
        ("POST", "/v1/predictions/abc/cancel", RequestKind.IDEMPOTENT),
        ("POST", "/v1/trainings/abc/cancel/", RequestKind.IDEMPOTENT),
        ("DELETE", "/v1/files/abc", RequestKind.IDEMPOTENT),
        ("PATCH", "/v1/deployments/acme/thumbs", RequestKind.IDEMPOTENT),
        ("BREW", "/v1/pot", RequestKind.CREATE),
    ],
)
def test_the_method_and_path_tell_what_a_repetition_would_mean(method, path, kind):
    assert kind_of(method, path) is kind


def test_a_delete_that_is_not_found_on_its_repetition_has_succeeded():
    assert is_gone("DELETE", ErrorResponse(404), repeated=True)
    assert not is_gone("DELETE", ErrorResponse(404), repeated=False)
    assert not is_gone("DELETE", ErrorResponse(403), repeated=True)
    assert not is_gone("GET", ErrorResponse(404), repeated=True)
    assert not is_gone("DELETE", Failure.AMBIGUOUS, repeated=True)


def test_a_create_may_have_run_unless_it_was_refused_or_told_no():
    assert may_have_run(RequestKind.CREATE, Failure.AMBIGUOUS)
    assert not may_have_run(RequestKind.CREATE, Failure.REFUSED)
    assert {s for s in STATUSES if may_have_run(RequestKind.CREATE, ErrorResponse(s))} == {
        s for s in STATUSES if s >= 500
    } | {408}
    assert not may_have_run(RequestKind.READ, Failure.AMBIGUOUS)


def test_the_wait_doubles_up_to_its_cap_with_full_jitter():
    waits = [wait(Failure.AMBIGUOUS, attempt=n, dice=1.0, max_retries=99) for n in range(1, 9)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert wait(Failure.AMBIGUOUS, attempt=3, dice=0.0) == 0.0
    assert wait(Failure.AMBIGUOUS, attempt=10**9, dice=1.0, max_retries=10**9) == 8.0


def test_attempts_end_at_the_limit_and_twice_as_late_when_throttled():
    assert wait(Failure.AMBIGUOUS, attempt=5) is not None
    assert wait(Failure.AMBIGUOUS, attempt=6) is None
    assert wait(ErrorResponse(429), attempt=10) is not None
    assert wait(ErrorResponse(429), attempt=11) is None
    for outcome in (Failure.REFUSED, ErrorResponse(429), ErrorResponse(503)):
        assert wait(outcome, attempt=1, max_retries=0) is None


def test_attempts_that_are_not_counted_have_no_limit_but_the_deadline():
    wait = partial(Policy(max_retries=0, random=lambda: 0.5).wait, now=NOW, counts=False)
    assert wait(RequestKind.READ, Failure.AMBIGUOUS, attempt=100_000) == 4.0
    assert wait(RequestKind.READ, Failure.AMBIGUOUS, attempt=1, time_left=0.01) is None
    assert wait(RequestKind.CREATE, Failure.AMBIGUOUS, attempt=1) is None


def test_no_wait_is_begun_that_would_not_end_before_the_deadline():
    asked = ErrorResponse(429, {"retry-after": "30"})
    assert wait(asked, time_left=29.9) is None
    assert wait(asked, dice=0.0, time_left=30.1) == 30.0
    assert wait(asked, dice=0.999, time_left=30.1) == pytest.approx(30.05)
    assert wait(Failure.AMBIGUOUS, attempt=6, dice=0.999, max_retries=9, time_left=2.0) == pytest.approx(1.95)
    for left in (0.0, -1.0, float("nan"), float("-inf")):
        assert wait(Failure.AMBIGUOUS, time_left=left) is None
    assert wait(Failure.AMBIGUOUS, time_left=float("inf")) is not None


def test_a_server_is_asked_again_no_sooner_than_it_says_and_soon_after():
    for asked, dice in itertools.product((1, 5, 30), (0.0, 0.5, 0.999)):
        waited = wait(ErrorResponse(429, {"retry-after": str(asked)}), RequestKind.CREATE, dice=dice)
        assert asked <= waited <= asked + 1


def test_what_a_server_asks_is_capped():
    assert 60.0 <= wait(ErrorResponse(429, {"retry-after": "86400"})) <= 61.0
    assert wait(ErrorResponse(503, {"retry-after": "9" * 300}), dice=0.0, cap=2.0) == 2.0


def test_the_same_dice_give_the_same_wait():
    first, second = (Policy(random=random.Random(7).random) for _ in range(2))
    for attempt in range(1, 6):
        args = (RequestKind.READ, Failure.AMBIGUOUS)
        assert first.wait(*args, attempt=attempt, now=NOW) == second.wait(*args, attempt=attempt, now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": True},
        {"max_retries": 1.5},
        {"cap": -1.0},
        {"base": float("nan")},
        {"backoff_cap": float("inf")},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        Policy(**wrong)


@pytest.mark.parametrize("text", ["resets in ", "resets in 1m1m", "1m", "[", "again in     ", "9"])
def test_a_hostile_body_is_read_in_linear_time(text):
    # A pattern that backtracks over these would not come to an end.
    for body in (text * 60_000, "resets in 1m" + text * 60_000, "resets in" + text * 60_000):
        assert wait(ErrorResponse(429, {}, body.encode())) is not None
