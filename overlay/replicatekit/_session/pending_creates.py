"""The creates of a client that have no response yet, so that a prediction whose create was given up can be recognized.

The API returns a prediction's id only in the response to its create, which it may hold for a minute. A create that is
given up earlier leaves a prediction that only the account's list shows, among those of other processes.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit._base.locks import fork_safe_lock
from replicatekit._runtime import TokenSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._domain.reference import Reference
    from replicatekit._runtime import Pending
    from replicatekit_api.models import Prediction


_RELEVANT_SECONDS = 10.0  # for which a create that ended without a known prediction still claims one


class PendingCreate:
    """One create request."""

    def __init__(self, reference: Reference, input: Any, token: CancelToken | None) -> None:
        self.reference = reference
        self.input = input
        self.token = token
        self.started_at: datetime | None = None
        """When the attempt that may have created it was started, by this machine's clock; None if there is none."""
        self.sent_at: datetime | None = None
        """When that attempt was sent completely; None if it was not, or if that is unknown."""
        self.prediction: Prediction | None = None
        """The prediction, once the API has responded."""
        self.is_given_up = False
        """Whether nobody waits for the response any more."""
        self.is_resolved = False
        """Whether the prediction that it left behind was found."""
        self.ended = 0.0

    def sending(self) -> None:
        """Record that an attempt starts.

        Raises:
            TokenSet: It must not start: the create was given up.
        """
        self.refused()  # a new attempt means that the earlier one was refused
        if self.is_given_up or (self.token is not None and self.token.is_set):
            raise TokenSet
        self.started_at = datetime.now(UTC)

    def sent(self) -> None:
        """Record that the attempt was sent completely."""
        self.sent_at = datetime.now(UTC)

    def refused(self) -> None:
        """Record that the attempt created nothing."""
        self.started_at = self.sent_at = None

    def is_like(self, other: PendingCreate) -> bool:
        """Whether both have the same model and input."""
        return self.reference.identity == other.reference.identity and self.input == other.input


class Search(NamedTuple):
    """A request for the account's list of predictions that is in progress."""

    started_at: datetime
    thread: int
    """The thread of its event loop."""
    work: Pending[Any]


class PendingCreates:
    """The creates of one client that have no response yet, and the ids of its latest predictions. Thread-safe."""

    def __init__(self, *, remembered: int = 1000) -> None:
        self._lock = fork_safe_lock()
        self._pending: list[PendingCreate] = []
        self._lost: deque[PendingCreate] = deque(maxlen=remembered)
        """Creates that were given up, and whose predictions could not be told from others."""
        self._created: deque[str] = deque(maxlen=remembered)
        self.search: Search | None = None
        """The search that creates given up at the same time share."""

    @property
    def earliest_start(self) -> datetime | None:
        """When the first of the creates without a known prediction was started."""
        with self._lock:
            return min((each.started_at for each in self._relevant() if each.started_at), default=None)

    def _relevant(self) -> list[PendingCreate]:
        since = time.monotonic() - _RELEVANT_SECONDS
        return [*(each for each in self._lost if each.ended > since), *self._pending]

    def start(self, reference: Reference, input: Any, token: CancelToken | None = None) -> PendingCreate:
        """Add a create, which starts no further attempt once the token is set."""
        pending = PendingCreate(reference, input, token)
        with self._lock:
            self._pending.append(pending)
        return pending

    def end(self, pending: PendingCreate) -> None:
        """Remove a create that got its response, or was given up."""
        with self._lock:
            self._pending.remove(pending)
            if pending.is_given_up and not pending.is_resolved:
                pending.ended = time.monotonic()
                self._lost.append(pending)

    def give_up(self, pending: PendingCreate) -> None:
        """Record that nobody waits for the response any more."""
        with self._lock:
            pending.is_given_up = True

    def add_created(self, prediction_id: str) -> None:
        """Record that a prediction belongs to a create that got its response."""
        with self._lock:
            self._created.append(prediction_id)

    def without_created(self, ids: Sequence[str]) -> list[str]:
        """The ids that belong to no create that got its response."""
        with self._lock:
            return [each for each in ids if each not in self._created]

    def like(self, pending: PendingCreate) -> list[PendingCreate]:
        """The creates that may claim the same predictions, this one among them."""
        with self._lock:
            return [each for each in self._relevant() if not each.is_resolved and each.is_like(pending)]

    def orphans(self, pending: PendingCreate, candidates: Sequence[str]) -> dict[str, PendingCreate]:
        """Match predictions by id to the creates like this one that left them behind; empty unless that is proved.

        It is proved if all of these creates were given up after they were sent completely, and there are exactly as
        many candidates: with one more, or while one still waits for its response, each may belong to another create.

        Args:
            pending: The create that was given up.
            candidates: The ids of the predictions that may be theirs, the oldest first.
        """
        alike, unknown = self.like(pending), self.without_created(candidates)
        if len(unknown) != len(alike) or not all(each.is_given_up and each.sent_at for each in alike):
            return {}
        return dict(zip(unknown, sorted(alike, key=_sent_at), strict=True))

    def resolve(self, pending: PendingCreate, prediction_id: str) -> None:
        """Record that the prediction that a create left behind was found."""
        with self._lock:
            pending.is_resolved = True
            self._created.append(prediction_id)
            self._lost = deque((each for each in self._lost if each is not pending), self._lost.maxlen)


def _sent_at(pending: PendingCreate) -> datetime:
    return pending.sent_at or datetime.max.replace(tzinfo=UTC)
