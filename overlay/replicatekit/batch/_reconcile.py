"""What became of creates whose answers nobody has: the API's list of predictions tells.

A prediction is an attempt's where it was created since, runs the same model with the same input, and belongs to no
other attempt of the journal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import anyio
from attrs import frozen

from replicatekit._base.signatures import resolvable
from replicatekit.batch._prepare import described

if TYPE_CHECKING:
    from replicatekit import AsyncClient
    from replicatekit._domain.reference import Reference
    from replicatekit.batch._journal.journal import Claim
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.resources.prediction import AsyncPrediction

__all__ = ["Fate", "Reconciler"]

_CLOCKS_APART = 10.0  # seconds by which the API's clock and ours may differ


@frozen
class Fate:
    """What became of a create."""

    kind: Literal["created", "not created", "unclear"]
    prediction: AsyncPrediction | None = None


class Reconciler:
    """Finds out what became of a worker's creates."""

    def __init__(self, client: AsyncClient, writer: JournalWriter, reference: Reference, settle: float) -> None:
        self._client = client
        self._writer = writer
        self._reference = reference
        self._settle = settle
        self._lock = anyio.Lock()

    async def fate_of(self, claim: Claim) -> Fate:
        """What became of the last create of an item. A prediction that is found is the item's from then on.

        Raises:
            APIError: The list cannot be read.
        """
        journal = self._writer.journal
        attempt = await self._writer.acall(journal.sent_by, claim.id)
        if attempt is None:
            return Fate("not created")
        number, sending_at, sent = attempt
        # What the API took before the connection broke it may not list yet.
        await anyio.sleep(max(0.0, sending_at + self._settle - journal.database.now()))
        async with self._lock:  # one list after another
            return await self._look(claim, number, sending_at, sent)

    async def _look(self, claim: Claim, number: int, sending_at: float, sent: str) -> Fate:
        journal = self._writer.journal
        since = await self._since(sending_at - _CLOCKS_APART)
        alike = {
            prediction.id: (prediction, same)
            for prediction in since
            if (same := self._is_same(prediction, sent)) is not False
        }
        nobodys = await self._writer.acall(journal.not_known, list(alike))
        for prediction_id in reversed(nobodys):  # the oldest first
            prediction, same = alike[prediction_id]
            # Where another item of the same input is still to be answered, either may have created it. Whoever is
            # left without one then looks for the other.
            is_ours: bool = bool(same) and await self._writer.acall(journal.created, claim.id, number, prediction_id)
            if is_ours:
                return Fate("created", prediction)
        return Fate("unclear" if any(alike[each][1] is None for each in nobodys) else "not created")

    async def _since(self, moment: float) -> list[AsyncPrediction]:
        page = await self._client.predictions.list(created_after=datetime.fromtimestamp(moment, UTC))
        found = [*page.results]
        while page.has_next:
            page = await page.next_page()
            found += page.results
        return found

    def _is_same(self, prediction: AsyncPrediction, sent: str) -> bool | None:
        """Whether a prediction is of this input; None where the API does not say what its input was."""
        reference = self._reference
        runs = (
            prediction.version == reference.version
            if reference.version
            else reference.model in (prediction.model, prediction.deployment)
        )
        if not runs:
            return False
        given: Any = prediction.input
        if not given:
            return None if json.loads(sent) else True
        return described(dict(given)) == sent


resolvable(__name__)
