"""The states of a prediction or training, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._base.validation import check_flags
from replicatekit._domain.status import is_terminal
from replicatekit._predictions.follow import Follower
from replicatekit._predictions.lifecycle import raise_failure

if TYPE_CHECKING:
    from replicatekit._predictions.options import WaitSettings
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training


@define(eq=False)
class SnapshotFlow:
    """The current state of a run, and each later one that differs; the last one is terminal."""

    session: Session
    run: Prediction | Training
    settings: WaitSettings
    status_only: bool
    """Whether only changes of the status count."""
    _follower: Follower | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        check_flags(status_only=self.status_only)

    async def next_snapshot(self) -> Prediction | Training:
        """Wait for the next state.

        Raises:
            StopAsyncIteration: The last state was terminal.
            WaitTimeout: The run did not finish in time.
        """
        last = self.run
        if self._follower is None:
            self._follower = Follower(self.session, last, self.settings)
            return last
        follower = self._follower
        while not is_terminal(last):
            try:
                await follower.advance()
            except BaseException as error:  # noqa: BLE001 (raised again)
                await raise_failure(self.session, error, follower.run, self.settings)
            current = follower.run
            changed = current.status != last.status if self.status_only else current != last
            if changed or is_terminal(current):
                self.run = current
                return current
        raise StopAsyncIteration
