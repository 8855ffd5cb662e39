"""When the next create may be sent: one rate for all workers of a journal.

A worker reserves its turn in the journal, waits for it, and reserves another one if the rate has changed since. A 429
lowers the rate for all. A response with many creates left raises it. If responses do not state how many are left,
a higher rate is tried after a while, and the lower one is restored if the API throttles again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.rate import RateState

if TYPE_CHECKING:
    from replicatekit.batch._journal.writer import JournalWriter

log = logging.getLogger("replicatekit")

_MINUTE = 60.0
_RESERVED_AHEAD = 0.2  # seconds of turns that a worker reserves at once
_MOST_RESERVED = 64
_SLACK = 1.005  # so that a slightly late create does not exceed the API's limit a minute
_LOOK_AGAIN = 5.0
# The API allows 600 creates a minute, and 6 if credit is low. Most responses say how many are left.
_LOW_CREDIT_GAP = 10.1
_FIRST_GAP = 1.0  # until the first response states what is left
_SHORTEST_GAP = 0.01  # the next shorter gap is none
_SHORT_PAUSE = 2.0
_PLENTY = 20  # if credit is low, fewer are left at all times
_MARGIN = 0.1  # of a gap, added to the pause of a 429: creates are not punctual
# Turns after which a gap is halved. After a 429, enough that less than 0.5% of responses are further 429s.
_SHORT_TRIAL, _LONG_TRIAL = 20, 250


class Pace:
    """The turns of one worker.

    Args:
        writer: The journal.
        creates_per_minute: The highest rate to use. None: the highest that the API allows.
    """

    def __init__(self, writer: JournalWriter, creates_per_minute: float | None) -> None:
        self._writer = writer
        self._rate = writer.journal.rate
        self._usual = 0.0 if creates_per_minute is None else _MINUTE / creates_per_minute * _SLACK
        first = max(self._usual, 0.0 if creates_per_minute is None else _FIRST_GAP)
        self._lock = anyio.Lock()
        self._reserved: list[float] = []
        self._first = self._state = RateState(first, self._usual, None, 0, _SHORT_TRIAL, -1)

    async def enter(self) -> None:
        """Record the rate in the journal; it applies to all workers."""
        await self._writer.acall(self._rate.enter, self._first)

    async def turn(self) -> int:
        """Wait until the next create may be sent, and return the rate's version."""
        async with self._lock:
            while True:
                if not self._reserved:
                    await self._reserve()
                wait = self._reserved[0] - self._writer.journal.database.now()
                if wait <= 0:
                    self._reserved.pop(0)
                    return self._state.version
                await anyio.sleep(min(wait, _LOOK_AGAIN))
                if wait > self._state.gap and await self._is_old(self._state.version):
                    self._reserved.clear()

    async def _reserve(self) -> None:
        gap = self._state.gap
        count = max(1, min(_MOST_RESERVED, int(_RESERVED_AHEAD / gap) if gap else _MOST_RESERVED))
        first, self._state = await self._writer.acall(self._rate.reserve, count)
        self._reserved = [first + self._state.gap * index for index in range(count)]

    async def _is_old(self, version: int) -> bool:
        return (await self._writer.acall(self._rate.state)).version != version

    def outdated(self) -> None:
        """Drop the reserved turns: another worker has changed the rate."""
        self._reserved.clear()

    async def throttled(self, seconds: float | None, version: int) -> None:
        """Slow all workers down after a 429. `seconds` is its Retry-After, `version` the rate's when it was sent."""
        state = await self._writer.acall(self._rate.state)
        if state.version != version:
            self._reserved.clear()  # the create was sent before the rate was lowered
            return
        pause = seconds or 1.0
        slower = _LOW_CREDIT_GAP if pause > _SHORT_PAUSE else min(max(2 * state.gap, 0.2), _LOW_CREDIT_GAP)
        gap = max(state.gap, slower if state.good is None else state.good)
        await self._change(state, gap, None, _LONG_TRIAL, pause + _MARGIN * gap)

    async def learn(self, remaining: float | None) -> None:
        """Adapt the rate after an accepted create, by the number of creates left if its response states it."""
        state = self._state
        if state.gap <= state.usual:
            return
        if remaining is not None and remaining >= _PLENTY:
            await self._change(state, state.usual, None, _SHORT_TRIAL, 0.0)
        elif remaining is not None and remaining < 1:
            if state.good is not None:
                await self._change(state, state.good, None, _LONG_TRIAL, state.good)
        elif state.turns >= state.trial:
            gap = max(state.usual, state.gap / 2 if state.gap > _SHORTEST_GAP else 0.0)
            good = None if state.good is None and state.trial == _SHORT_TRIAL else state.gap
            await self._change(state, gap, good, _SHORT_TRIAL, 0.0)

    async def _change(self, state: RateState, gap: float, good: float | None, trial: int, pause: float) -> None:
        if gap != state.gap:
            log.info("creates are sent every %.1f s from now on, as the API's rate limit asks", gap)
        self._state = await self._writer.acall(self._rate.change, state, gap, good, trial, pause)
        self._reserved.clear()


resolvable(__name__)
