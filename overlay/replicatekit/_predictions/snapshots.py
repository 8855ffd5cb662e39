"""The changes of a prediction or training, as they are seen from outside."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from replicatekit._base.validation import check_flags
from replicatekit._domain.status import is_terminal
from replicatekit._predictions.lifecycle import WaitSettings, guard, look
from replicatekit._predictions.polling import Schedule
from replicatekit._predictions.run_times import model_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

__all__ = ["snapshots"]


async def snapshots(
    session: Session, run: Prediction | Training, following: WaitSettings, *, status_only: bool
) -> AsyncGenerator[Prediction | Training, None]:
    """What it is now, and again each time that it has changed; the last one is terminal."""
    check_flags(status_only=status_only)
    session = session.with_prediction_id(run.id)
    schedule = Schedule(session.run_times.known(model_of(run)))
    shown, begun = run, time.monotonic()
    yield run
    while not is_terminal(shown):
        delay = following.poll_interval or schedule.next_delay(time.monotonic() - begun)
        seen = await guard(session, _next(session, shown, following, delay), lambda: shown, following)  # noqa: B023
        changed = seen.status != shown.status if status_only else seen != shown
        if changed or is_terminal(seen):
            shown = seen
            yield seen


async def _next(
    session: Session, run: Prediction | Training, following: WaitSettings, delay: float
) -> Prediction | Training:
    await session.io.sleep(following.deadline.sooner(delay), following.token)
    following.check(session, run)
    return await look(session, run, following)
