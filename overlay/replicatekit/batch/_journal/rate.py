"""The rate of creates that all workers of a journal share. `replicatekit.batch._pace` decides when to change it.

Turns are spread evenly, `gap` seconds apart. A change of the rate raises its version, which outdates turns that were
reserved before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from replicatekit._base.signatures import resolvable
from replicatekit.batch._journal.records import LONGEST_WAIT

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database

_ROW = "gap, usual, good, turns, trial, version"
_MOST_WAITING = 1000  # turns that workers have reserved ahead
_FORGOTTEN_SECONDS = 600.0  # without a create: the learned rate may be outdated


@frozen
class RateState:
    """The shared rate."""

    gap: float
    """Seconds between two creates."""
    usual: float
    """The shortest gap that the caller allows."""
    good: float | None
    """The gap that worked before, while a shorter one is tried."""
    turns: int
    """How many turns were taken since the rate changed."""
    trial: int
    """After how many turns a shorter gap may be tried."""
    version: int


class Rate:
    """The single row of the table `rate`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, first: RateState) -> None:
        """Set the usual gap for all workers, and start with the rate `first` if none is recorded."""
        fresh = {"gap": first.gap, "trial": first.trial}
        now = self._database.now()
        self._database.change(
            "INSERT INTO rate (id, gap, usual, trial, turns, next_at, version)"
            " VALUES (1, :gap, :usual, :trial, 0, 0, 0) ON CONFLICT DO NOTHING",
            usual=first.usual,
            **fresh,
        )
        self._database.change(
            "UPDATE rate SET gap = :gap, good = NULL, trial = :trial, turns = 0, version = version + 1"
            " WHERE id = 1 AND next_at > 0 AND next_at < :then",
            then=now - _FORGOTTEN_SECONDS,
            **fresh,
        )
        self._database.change(
            "UPDATE rate SET gap = CASE WHEN gap = usual OR gap < :usual THEN :usual ELSE gap END, usual = :usual,"
            " version = version + 1 WHERE id = 1 AND usual <> :usual",
            usual=first.usual,
        )

    def reserve(self, count: int) -> tuple[float, RateState]:
        """Reserve turns. Returns the time of the first, and the rate that spaces the others."""
        rows = self._database.rows(
            "UPDATE rate SET turns = turns + :count, next_at = gap * :count"
            " + CASE WHEN next_at > :now AND next_at < :latest + gap * :waiting THEN next_at ELSE :now END"
            f" WHERE id = 1 RETURNING next_at, {_ROW}",
            now=(now := self._database.now()),
            latest=now + LONGEST_WAIT,
            waiting=_MOST_WAITING,
            count=count,
        )
        then, *fields = rows[0]
        state = RateState(*fields)
        return then - state.gap * count, state

    def state(self) -> RateState:
        """The current rate."""
        return RateState(*self._database.rows(f"SELECT {_ROW} FROM rate WHERE id = 1")[0])

    def change(self, state: RateState, gap: float, good: float | None, trial: int, pause: float) -> RateState:
        """Change the rate unless another worker has; no worker sends for `pause` seconds. Returns the rate."""
        self._database.change(
            "UPDATE rate SET gap = :gap, good = :good, trial = :trial, turns = 0, next_at = :then,"
            " version = version + 1 WHERE id = 1 AND version = :version",
            gap=gap,
            good=good,
            trial=trial,
            then=self._database.now() + pause,
            version=state.version,
        )
        return self.state()


resolvable(__name__)
