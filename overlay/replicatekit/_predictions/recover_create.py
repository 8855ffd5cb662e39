"""Find a prediction whose create was broken off before it was answered, to cancel it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from replicatekit._domain.status import is_terminal

if TYPE_CHECKING:
    from replicatekit._session.pending_creates import Pending
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

__all__ = ["cancel_unanswered"]

log = logging.getLogger("replicatekit")

_CLOCKS_APART = timedelta(seconds=60)
_JUST_BEFORE = timedelta(seconds=5)


async def cancel_unanswered(session: Session, pending: Pending, sent_at: datetime) -> Prediction | None:
    """Cancel what a create left behind that was given up while the API held it.

    Only where it can be told from everything else: of the same model or version, with the same input, not ended, made
    since, known to nobody, and with nobody left who waits for its like. Anything else is left alone, and the log says
    how to look for it.

    Returns:
        What was cancelled; where there were several alike, the last of them.
    """
    from replicatekit_api.api.predictions import cancel
    from replicatekit_api.api.predictions import list as list_predictions

    page = await session.io.call(list_predictions, client=session.api, created_after=sent_at - _CLOCKS_APART)
    alike = [each.id for each in page.results if _is_it(each, pending, sent_at)]
    ended = None
    for left in session.unanswered.left_behind(pending, alike):
        log.info("canceling prediction %s, whose create was given up", left)
        ended = await session.io.call(cancel, left, client=session.api.with_prediction_id(left))
    if ended is None:
        log.warning(
            "a create of %s was given up, and %d predictions could be it; see predictions.list(created_after=%s)",
            pending.reference,
            len(alike),
            sent_at.isoformat(timespec="seconds"),
        )
    return ended


def _is_it(prediction: Prediction, pending: Pending, sent_at: datetime) -> bool:
    created, reference = prediction.created_at, pending.reference
    same = (
        prediction.version == reference.version
        if reference.version
        else reference.model in (prediction.model, prediction.deployment)
    )
    return (
        same
        and bool(prediction.id)
        and not is_terminal(prediction)
        and (created is None or created >= sent_at - _JUST_BEFORE)
        and prediction.input == pending.input
    )
