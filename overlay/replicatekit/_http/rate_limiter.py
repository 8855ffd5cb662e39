"""Slow a client down before the API throttles it, from the limits in its responses. No I/O, no clock.

`ratelimit-remaining` is the number of requests left, `ratelimit-reset` the seconds until more are allowed. Once less
than a quarter of the allowance is left, the rest is spread over that time. Whatever the two headers mean, the rate
settles at what the API allows: at the end of a window of a minute, or half-way up a bucket that fills evenly (where the
reset is the time until it is full). Above that, and without these headers, requests go at full speed. No header
makes a request wait for more than a minute.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from replicatekit._base.locks import fork_safe_lock
from replicatekit._http.retry_after import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

CREATES, OTHERS = "creates", "others"

# Seconds after which a waiting request checks again: other responses may have changed its turn.
_LOOK_AGAIN = 1.0
# Below this a clock may not show that any time has passed.
_SHORTEST = 0.001
# The pause after a 429 that does not state one.
_UNKNOWN_PAUSE = 1.0
# After a pause, requests start at one a second (or one in each requested pause, if that is shorter), and a tenth faster
# after each one that is not throttled.
_CAUTIOUS, _TRUST, _TRUSTED = 1.0, 1.1, 100.0
# Below this share of the allowance, the rest is spread over time.
_SCARCE = 0.25
# Resets are rounded up to whole seconds: shorter ones say nothing about how fast a bucket fills.
_LONG_RESET = 5.0
# The API counts by the minute: a header that asks for more is wrong, or means a date.
_LONGEST_RESET = 60.0


def bucket_of(method: str, path: str) -> str:
    """Which of the API's two allowances a request counts against: that for new runs, or that for all others."""
    creates = method.upper() == "POST" and path.rstrip("/").endswith(("/predictions", "/trainings"))
    return CREATES if creates else OTHERS


class Permit:
    """A request's place in the queue of its allowance."""

    __slots__ = ("alone", "bucket", "number", "ticket")

    def __init__(self, bucket: str, ticket: int, *, alone: bool) -> None:
        self.bucket = bucket
        self.ticket = ticket
        self.alone = alone
        """Whether no other request waited when it was acquired."""
        self.number = 0
        """The index of the request among those sent, from 1; 0 until it may be sent."""


class Limiter:
    """The allowances of one client, shared by its threads and tasks.

    Each attempt of a request acquires a permit, waits until it may be sent, and records the response:

        permit = limiter.acquire(bucket_of(method, path))
        while (wait := limiter.wait(permit, now())) > 0:
            sleep(wait)
        ...
        limiter.record(permit, response.headers, now())

    `now` is any clock that only goes forward, in seconds.
    """

    def __init__(self) -> None:
        self._allowances = {CREATES: _Allowance(), OTHERS: _Allowance()}
        self._lock = fork_safe_lock()

    def acquire(self, bucket: str) -> Permit:
        """A permit behind all those acquired before it."""
        with self._lock:
            allowance = self._allowances[bucket]
            alone = allowance.called >= allowance.issued
            allowance.issued += 1
            return Permit(bucket, allowance.issued, alone=alone)

    def wait(self, permit: Permit, now: float) -> float:
        """Seconds after which to call this again, a second at most; 0 if the request may be sent now."""
        with self._lock:
            return self._allowances[permit.bucket].wait(permit, now)

    def record(
        self,
        permit: Permit,
        headers: Mapping[str, str],
        now: float,
        *,
        throttled: bool = False,
        asked: float | None = None,
    ) -> None:
        """Learn from the headers of a response.

        Args:
            permit: Of the request.
            headers: Headers with names in lower case, or a mapping that ignores case.
            now: The clock.
            throttled: Whether the status was 429: then all requests of this kind wait.
            asked: The seconds to wait, if the response states them.
        """
        remaining, reset = _number(headers.get("ratelimit-remaining")), _number(headers.get("ratelimit-reset"))
        with self._lock:
            allowance = self._allowances[permit.bucket]
            if throttled:
                allowance.pause(now, min(asked or _UNKNOWN_PAUSE, _LONGEST_RESET))
            elif remaining is not None and reset is not None:
                allowance.learn(permit.number, remaining, min(reset, _LONGEST_RESET), now)
            if not throttled and allowance.caution < inf:
                allowance.trust(now)


def _number(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 9 else seconds(value, 0.0)


class _Allowance:
    """A queue whose tickets are called at a pace that follows the responses."""

    def __init__(self) -> None:
        self.issued = 0
        self._sent = 0
        # The number of tickets called up to `_at`; its fraction is progress towards the next one.
        self.called = 0.0
        self._at = 0.0
        self._paused_until = -inf
        self.caution = inf
        self._limit = 0.0
        self._refill = 0.0
        # The response to the latest request, by its number.
        self._number = 0
        self._remaining = inf
        self._reset = 0.0
        self._learned_at = -inf

    def wait(self, permit: Permit, now: float) -> float:
        pace = self._advance(now)
        if permit.number:
            return 0.0
        if now < self._paused_until:
            return min(self._paused_until - now, _LOOK_AGAIN)
        if permit.alone and now > self._learned_at + self._reset:
            # The numbers are outdated. They count while others wait, whose responses bring newer ones.
            self._remaining, pace = inf, self.caution
        missing = permit.ticket - self.called
        if missing > 0 and pace < inf:
            return min(max(missing / pace, _SHORTEST), _LOOK_AGAIN)
        self.called = max(self.called, permit.ticket)
        self._sent += 1
        permit.number = self._sent
        return 0.0

    def learn(self, number: int, remaining: float, reset: float, now: float) -> None:
        self._advance(now)
        if remaining >= self._limit:
            self._limit, self._refill = remaining + 1, 0.0
        if reset >= _LONG_RESET:
            refill = (self._limit - remaining) / reset
            self._refill = min(self._refill or refill, refill)
        if number >= self._number:
            self._number, self._remaining, self._reset = number, remaining, max(reset, 0.001)
            self._learned_at = now

    def pause(self, now: float, asked: float) -> None:
        self._advance(now)
        self._paused_until = max(self._paused_until, now + asked)
        self.caution = max(_CAUTIOUS, 1 / asked)

    def trust(self, now: float) -> None:
        if now >= self._paused_until:
            self._advance(now)
            self.caution *= _TRUST
            if self.caution > _TRUSTED:
                self.caution = inf

    def _advance(self, now: float) -> float:
        """Call the tickets whose turn has come, and return the pace: requests a second."""
        # Requests sent since that response may not be counted in it yet.
        left, pace = self._remaining - (self._sent - self._number), self.caution
        if left < self._limit * _SCARCE:
            pace = min(pace, max(max(left, 1.0) / self._reset, self._refill))
        since, self._at = max(self._at, self._paused_until), max(self._at, now)
        if now > since:
            # Idle time is not saved up.
            self.called = min(float(self.issued), self.called + pace * (now - since))
        return pace
