"""The creates of a client that nobody has the answer to yet: what a broken-off one left behind is told by them."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from replicatekit._base.locks import fork_safe_lock

if TYPE_CHECKING:
    from collections.abc import Collection

    from replicatekit._domain.reference import Reference

__all__ = ["Pending", "Unanswered"]


_LOST_FOR = 10.0  # seconds; what is alike after that is rather somebody else's


class Pending:
    """One create that was sent."""

    def __init__(self, reference: Reference, given: Any) -> None:
        self.reference = reference
        self.input = given
        self.is_given_up = False
        """Whether nobody waits for its answer any more."""
        self.is_found = False
        """Whether what it left behind has been found since."""
        self.ended_at = 0.0


class Unanswered:
    """The creates that are under way in one client, and the ids of those that were answered. Safe across threads."""

    def __init__(self, *, remembered: int = 1000) -> None:
        self._lock = fork_safe_lock()
        self._pending: list[Pending] = []
        # Given up, and not told from others while some of these were still waited for: the last one finds them all.
        self._lost: deque[Pending] = deque(maxlen=remembered)
        self._answered: deque[str] = deque(maxlen=remembered)

    def begin(self, reference: Reference, given: Any) -> Pending:
        """A create is sent."""
        pending = Pending(reference, given)
        with self._lock:
            self._pending.append(pending)
        return pending

    def end(self, pending: Pending) -> None:
        """Whatever became of it is known now, or is not to be known."""
        with self._lock:
            self._pending.remove(pending)
            if pending.is_given_up and not pending.is_found:
                pending.ended_at = time.monotonic()
                self._lost.append(pending)

    def give_up(self, pending: Pending) -> None:
        """Nobody waits for its answer any more."""
        with self._lock:
            pending.is_given_up = True

    def answered(self, prediction_id: str) -> None:
        """This prediction is somebody's."""
        with self._lock:
            self._answered.append(prediction_id)

    def left_behind(self, pending: Pending, ids: Collection[str]) -> list[str]:
        """Which of these predictions, all of the same input, are left of creates that were given up.

        None of them, where one could be what somebody still waits for.
        """
        with self._lock:
            since = time.monotonic() - _LOST_FOR
            alike = [
                each
                for each in (*self._pending, *(lost for lost in self._lost if lost.ended_at > since))
                if each.reference.meant == pending.reference.meant and each.input == pending.input
            ]
            unknown = [each for each in ids if each not in self._answered]
            if not all(each.is_given_up for each in alike) or len(unknown) > len(alike):
                return []
            for each in alike if unknown else ():
                each.is_found = True
            self._lost = deque((each for each in self._lost if not each.is_found), self._lost.maxlen)
        return unknown
