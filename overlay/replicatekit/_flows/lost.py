"""Find a prediction whose create was broken off before it was answered, to cancel it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from replicatekit._status import is_terminal

if TYPE_CHECKING:
    from replicatekit._core import Core
    from replicatekit._flows.create import Order
    from replicatekit._reference import Reference
    from replicatekit_api.models import Prediction

__all__ = ["cancel_unanswered"]

log = logging.getLogger("replicatekit")

_CLOCKS_APART = timedelta(seconds=60)


async def cancel_unanswered(core: Core, reference: Reference, order: Order, sent_at: datetime) -> Prediction | None:
    """Cancel what a create left behind that was given up while the API held it.

    Only where it can be told from everything else: exactly one prediction of the same model or version, with the
    same input, not ended, made since. Anything else is left alone, and the log says how to look for it.
    """
    from replicatekit_api.api.predictions import cancel
    from replicatekit_api.api.predictions import list as list_predictions

    page = await core.io.call(list_predictions, client=core.api, created_after=sent_at - _CLOCKS_APART)
    found = [each for each in page.results if _is_it(each, reference, order, sent_at)]
    if len(found) == 1:
        log.info("canceling prediction %s, whose create was given up", found[0].id)
        return await core.io.call(cancel, found[0].id, client=core.api.about(found[0].id))
    log.warning(
        "a create of %s was given up, and %d predictions could be it; see predictions.list(created_after=%s)",
        reference,
        len(found),
        sent_at.isoformat(timespec="seconds"),
    )
    return None


def _is_it(prediction: Prediction, reference: Reference, order: Order, sent_at: datetime) -> bool:
    created = prediction.created_at
    same = (
        prediction.version == reference.version
        if reference.version
        else reference.model in (prediction.model, prediction.deployment)
    )
    return (
        same
        and bool(prediction.id)
        and not is_terminal(prediction)
        and (created is None or created >= sent_at - timedelta(seconds=5))
        and prediction.input == order.input
    )
