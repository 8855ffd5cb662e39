"""Finds the outcome of creates whose response was lost, in the API's list of predictions.

A prediction belongs to an attempt if it was created after it was sent, runs the same model with the same input, and
belongs to no other attempt of the journal.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import anyio
from attrs import frozen

from replicatekit._base.signatures import resolvable
from replicatekit._domain.reference import parse
from replicatekit.batch._allowance import ClockReader, client_with_clock
from replicatekit.batch._prepare import described

if TYPE_CHECKING:
    from replicatekit import AsyncClient
    from replicatekit.batch._journal.records import Attempt, Claim
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.batch._plan import Plan
    from replicatekit.resources.prediction import AsyncPrediction

log = logging.getLogger("replicatekit")

_CLOCKS_APART = 60.0  # seconds by which the clocks may differ beyond the offset from `Date`
_LONGEST_ON_ITS_WAY = 900.0  # seconds after which a sent create has no effect any more


@frozen
class Fate:
    """The outcome of a create."""

    kind: Literal["created", "not created", "unclear"]
    prediction: AsyncPrediction | str | None = None
    """The created prediction, or its id."""


class Reconciler:
    """Finds the outcomes of a worker's creates."""

    def __init__(self, client: AsyncClient, writer: JournalWriter, plan: Plan, reference: str, worker: str) -> None:
        self._clock = ClockReader()
        self._api_ahead = 0.0
        self._client = client_with_clock(client, self._clock)
        self._writer = writer
        self._reference = parse(reference)
        self._settle = plan.settle
        self._latest = max(_LONGEST_ON_ITS_WAY, 2 * plan.lease)
        self._secrets = frozenset(plan.secrets or ())
        self._worker = worker
        self._lock = anyio.Lock()

    async def fate_of(self, claim: Claim) -> Fate:
        """Find the outcome of an item's last create. A prediction that is found is assigned to the item.

        Raises:
            APIError: The list cannot be read.
        """
        journal = self._writer.journal
        attempt = await self._writer.acall(journal.items.last_attempt, claim.id)
        if attempt is None:
            return Fate("not created")
        # The API may not list a prediction yet that it accepted before the connection broke.
        await anyio.sleep(max(0.0, attempt.sending_at + self._settle - journal.database.now()))
        async with self._lock:  # one search at a time
            fate = await self._search(claim, attempt)
        # The sender may be alive after all, and have received the response meanwhile.
        last = await self._writer.acall(journal.items.last_attempt, claim.id)
        if fate.prediction is None and last is not None and last.prediction_id is not None:
            await self._writer.acall(journal.items.running, self._worker, claim.id, last.prediction_id)
            return Fate("created", last.prediction_id)
        return fate

    async def _search(self, claim: Claim, attempt: Attempt) -> Fate:
        journal, sent = self._writer.journal, attempt.sent
        if sent is None:
            return Fate("unclear")
        since = await self._sent_about(attempt.sending_at)
        alike = {
            prediction.id: (prediction, same)
            for prediction in since
            if (same := self._is_same(prediction, sent)) is not False
        }
        assigned = await self._writer.acall(journal.items.known, list(alike))
        unassigned = [each for each in alike if each not in assigned]
        for prediction_id in reversed(unassigned):  # the oldest first
            prediction, same = alike[prediction_id]
            # If another item with the same input also waits for its outcome, either may have created it. The item
            # that is left without one then searches again.
            if not same:
                continue
            if await self._writer.acall(journal.items.created, self._worker, claim.id, attempt.number, prediction_id):
                return Fate("created", prediction)
        return Fate("unclear" if any(alike[each][1] is None for each in unassigned) else "not created")

    async def _sent_about(self, moment: float) -> list[AsyncPrediction]:
        """The predictions that were created at about this time by the journal's clock."""
        predictions = await self._created_about(moment + self._api_ahead)
        ahead = self._clock.ahead_of(self._writer.journal.database.now())
        if abs(ahead - self._api_ahead) < _CLOCKS_APART / 2:
            return predictions
        log.warning("the API's clock is %.0f s ahead of the journal's", ahead)
        self._api_ahead = ahead
        return await self._created_about(moment + ahead)

    async def _created_about(self, moment: float) -> list[AsyncPrediction]:
        page = await self._client.predictions.list(
            created_after=datetime.fromtimestamp(moment - _CLOCKS_APART, UTC),
            created_before=datetime.fromtimestamp(moment + self._latest, UTC),
        )
        predictions = [*page.results]
        while page.has_next:
            page = await page.next_page()
            predictions += page.results
        return predictions

    def _is_same(self, prediction: AsyncPrediction, sent: str) -> bool | None:
        """Whether a prediction has this input; None if the API does not show its model or input."""
        runs, values = self._runs(prediction), cast("Any", prediction.input)
        if runs is False:
            return False
        if not values and json.loads(sent):
            return None
        same = described({name: value for name, value in values.items() if name not in self._secrets}) == sent
        return same and runs

    def _runs(self, prediction: AsyncPrediction) -> bool | None:
        """Whether a prediction runs the batch's model; None if the API does not show it."""
        reference = self._reference
        if reference.deployment:
            return prediction.deployment == reference.model
        if reference.version and prediction.version and prediction.version != "hidden":
            return prediction.version == reference.version
        return prediction.model == reference.model if prediction.model and reference.model else None


resolvable(__name__)
