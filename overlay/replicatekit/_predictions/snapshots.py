"""The states of a prediction or training, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.validation import check_flags
from replicatekit._domain.status import is_terminal
from replicatekit._predictions.follow import Follower
from replicatekit._predictions.lifecycle import WaitSettings, guard

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

__all__ = ["snapshots"]


async def snapshots(
    session: Session, run: Prediction | Training, settings: WaitSettings, *, status_only: bool
) -> AsyncGenerator[Prediction | Training, None]:
    """Yield the current state, and each later one that differs; the last one is terminal."""
    check_flags(status_only=status_only)
    follower = Follower(session.with_prediction_id(run.id), run, settings)
    last = run
    yield run
    while not is_terminal(last):
        await guard(follower.session, follower.advance(), lambda: follower.run, settings)
        current = follower.run
        changed = current.status != last.status if status_only else current != last
        if changed or is_terminal(current):
            last = current
            yield current
