"""When the next create may be sent: one rate for all workers of a journal.

Creates are spread evenly: 600 a minute is one each 0.1 s. A worker reserves its turn in the journal, waits for it, and
asks again if the rate has changed since. A 429 lowers the rate for all, and an answer that says that plenty is left
raises it again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from replicatekit.batch._journal.writer import JournalWriter

__all__ = ["Pace"]

log = logging.getLogger("replicatekit")

_MINUTE = 60.0
_RESERVED_AHEAD = 0.2  # seconds of turns that a worker reserves at once
_MOST_RESERVED = 64
_SLACK = 1.005  # a create that is a little late must not meet the next one inside the API's minute
_LOOK_AGAIN = 5.0
# The API allows 600 creates a minute, and 6 where credit is low. Its answers say how many are left.
_LOW_CREDIT_GAP = 10.1
_FIRST_GAP = 1.0  # until the first answer has said what is left
_SHORT_PAUSE = 2.0
_PLENTY = 20  # where credit is low, fewer are left at any time


class Pace:
    """The turns of one worker. None for the rate: as fast as may be."""

    def __init__(self, writer: JournalWriter, creates_per_minute: float | None) -> None:
        self._writer = writer
        self._journal = writer.journal
        self._usual = None if creates_per_minute is None else _MINUTE / creates_per_minute * _SLACK
        self._gap = self._usual
        self._lock = anyio.Lock()
        self._reserved: list[float] = []
        self._version = -1

    async def enter(self) -> None:
        """Note the rate in the journal, unless another worker has."""
        if self._gap is not None:
            await self._writer.acall(self._journal.pace, max(self._gap, _FIRST_GAP))

    async def turn(self) -> int | None:
        """Wait until the next create may be sent, and return the version of the rate by which it may."""
        if self._gap is None:
            return None
        async with self._lock:
            while True:
                if not self._reserved:
                    await self._reserve()
                then = self._reserved[0]
                wait = then - self._journal.database.now()
                if wait <= 0:
                    self._reserved.pop(0)
                    return self._version
                await anyio.sleep(min(wait, _LOOK_AGAIN))
                if wait > self._gap and await self._is_old(self._version):
                    self._reserved.clear()

    async def _reserve(self) -> None:
        count = max(1, min(_MOST_RESERVED, int(_RESERVED_AHEAD / (self._gap or 1.0))))
        first, self._gap, self._version = await self._writer.acall(self._journal.reserve, count)
        gap = self._gap or 0.0
        self._reserved = [first + gap * index for index in range(count)]

    async def _is_old(self, known: int) -> bool:
        _, version = await self._writer.acall(self._journal.rate)
        return version != known

    def outdated(self) -> None:
        """Let go of the reserved turns: another worker has changed the rate."""
        self._reserved.clear()

    async def throttled(self, seconds: float | None, rate: int | None) -> None:
        """Slow all workers down after a 429 that asks to wait so long, to a create sent by this version of the rate."""
        if rate is not None and await self._is_old(rate):
            self._reserved.clear()  # an answer to what was sent before the rate was lowered
            return
        pause = seconds or 1.0
        slow = _LOW_CREDIT_GAP if pause > _SHORT_PAUSE else min(max(2 * (self._gap or 0.0), 0.2), 1.0)
        await self._change(max(self._gap or 0.0, slow), pause)

    async def learn(self, remaining: float | None) -> None:
        """Go to the usual rate where the answer to a create says that plenty is left, or the first one says nothing."""
        usual = self._usual or 0.0
        if self._gap is None or self._gap <= usual:
            return
        if self._gap == _FIRST_GAP if remaining is None else remaining >= _PLENTY:
            await self._change(usual, 0.0)

    async def _change(self, gap: float, pause: float) -> None:
        if self._gap is None:
            await self._writer.acall(self._journal.pace, 0.0)
            _, self._version = await self._writer.acall(self._journal.rate)
        log.info("creates are sent each %.1f s from now on, as the API's allowance asks", gap)
        await self._writer.acall(self._journal.change_pace, gap, pause, self._version)
        self._gap, self._version = await self._writer.acall(self._journal.rate)
        self._reserved.clear()


resolvable(__name__)
