"""Slows a client down before the API throttles it, by what the API's answers say is left. No I/O, no clock.

`ratelimit-remaining` tells how many requests are left, `ratelimit-reset` for how many seconds. What is left is
spread over that time once less than half of the allowance is left. Whatever the two mean, that settles where as
much is sent as may be: in a window of a minute at its end; in a bucket that fills evenly, where the reset is the
time until it is full, half-way up. Above that, and where an answer says nothing, requests go at full speed.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from replicatekit._base.locks import fork_safe_lock
from replicatekit._http.retry_after import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Limiter", "Turn", "bucket_of"]

CREATES, OTHERS = "creates", "others"

# After this long a waiting request looks again: the answers to others may have changed its turn.
_LOOK_AGAIN = 1.0
# Below this a clock may not show that any time has passed.
_SHORTEST = 0.001
# A 429 that does not say for how long.
_UNKNOWN_PAUSE = 1.0
# After a pause requests begin at one a second, and half as fast again with each that is let through.
_CAUTIOUS, _TRUST, _TRUSTED = 1.0, 1.1, 100.0
# The share of the allowance from which on what is left is spread.
_SCARCE = 0.25
# Resets are rounded up to whole seconds: shorter ones say nothing about how fast a bucket fills.
_LONG_RESET = 5.0


def bucket_of(method: str, path: str) -> str:
    """Which of the API's two allowances a request draws on: the one for new runs, or the one for the rest."""
    creates = method.upper() == "POST" and path.rstrip("/").endswith(("/predictions", "/trainings"))
    return CREATES if creates else OTHERS


class Turn:
    """One request's place in the queue of its allowance."""

    __slots__ = ("alone", "bucket", "number", "ticket")

    def __init__(self, bucket: str, ticket: int, *, alone: bool) -> None:
        self.bucket = bucket
        self.ticket = ticket
        self.alone = alone
        """Whether nobody waited when it was taken."""
        self.number = 0
        """The how-manieth request it was of those sent; 0 until it may be."""


class Limiter:
    """The allowances of one client, shared by its threads and tasks.

    Each attempt of a request takes a turn, waits until it may be sent, and tells what was answered:

        turn = limiter.take(bucket_of(method, path))
        while (wait := limiter.wait(turn, now())) > 0:
            sleep(wait)
        ...
        limiter.observe(turn, answer.headers, now())

    `now` is any clock that only goes forward, in seconds.
    """

    def __init__(self) -> None:
        self._allowances = {CREATES: _Allowance(), OTHERS: _Allowance()}
        self._lock = fork_safe_lock()

    def take(self, bucket: str) -> Turn:
        """A turn behind all that were taken before it."""
        with self._lock:
            allowance = self._allowances[bucket]
            alone = allowance.called >= allowance.issued
            allowance.issued += 1
            return Turn(bucket, allowance.issued, alone=alone)

    def wait(self, turn: Turn, now: float) -> float:
        """Seconds after which to ask again, a second at most; 0 where the request is to be sent now."""
        with self._lock:
            return self._allowances[turn.bucket].wait(turn, now)

    def observe(
        self, turn: Turn, headers: Mapping[str, str], now: float, *, throttled: bool = False, asked: float | None = None
    ) -> None:
        """What the answer said.

        Args:
            turn: of the request that was answered.
            headers: with names in lower case, or a mapping that ignores case.
            now: the clock.
            throttled: whether the answer was a 429: then all requests of this kind wait.
            asked: for how long, where the answer says so.
        """
        remaining = seconds(headers.get("ratelimit-remaining"), 0.0)
        reset = seconds(headers.get("ratelimit-reset"), 0.0)
        with self._lock:
            allowance = self._allowances[turn.bucket]
            if throttled:
                allowance.pause(now, asked or _UNKNOWN_PAUSE)
            elif remaining is not None and reset is not None:
                allowance.learn(turn.number, remaining, reset, now)
            if not throttled:
                allowance.trust(now)


class _Allowance:
    """A queue whose tickets are called at a pace that follows the answers."""

    def __init__(self) -> None:
        self.issued = 0
        self._sent = 0
        # Tickets called up to `_at`; a fraction is on its way.
        self.called = 0.0
        self._at = 0.0
        self._paused_until = -inf
        self._caution = inf
        self._limit = 0.0
        self._refill = 0.0
        # The answer to the latest request, by its number.
        self._number = 0
        self._remaining = inf
        self._reset = 0.0
        self._learned_at = -inf

    def wait(self, turn: Turn, now: float) -> float:
        self._advance(now)
        if turn.number:
            return 0.0
        if now < self._paused_until:
            return min(self._paused_until - now, _LOOK_AGAIN)
        if turn.alone and now > self._learned_at + self._reset:
            # Old news. While others wait it holds: their answers bring newer.
            self._remaining = inf
        pace = self._pace()
        missing = turn.ticket - self.called
        if missing > 0 and pace < inf:
            return min(max(missing / pace, _SHORTEST), _LOOK_AGAIN)
        self.called = max(self.called, turn.ticket)
        self._sent += 1
        turn.number = self._sent
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
        self._caution = _CAUTIOUS

    def trust(self, now: float) -> None:
        if now >= self._paused_until and self._caution < inf:
            self._advance(now)
            self._caution *= _TRUST
            if self._caution > _TRUSTED:
                self._caution = inf

    def _pace(self) -> float:
        """Requests a second."""
        # What was sent since that answer may not be counted in it yet.
        left = self._remaining - (self._sent - self._number)
        if left >= self._limit * _SCARCE:
            return self._caution
        return min(self._caution, max(max(left, 1.0) / self._reset, self._refill))

    def _advance(self, now: float) -> None:
        since, self._at = max(self._at, self._paused_until), max(self._at, now)
        if now > since:
            # Idle time is not saved up.
            self.called = min(float(self.issued), self.called + self._pace() * (now - since))
