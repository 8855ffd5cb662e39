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
from replicatekit._domain.reference import parse
from replicatekit.batch._prepare import described

if TYPE_CHECKING:
    from replicatekit import AsyncClient
    from replicatekit.batch._engine import Plan
    from replicatekit.batch._journal.journal import Attempt, Claim
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.resources.prediction import AsyncPrediction

__all__ = ["Fate", "Reconciler"]

_CLOCKS_APART = 60.0  # seconds by which the API's clock and ours may differ


@frozen
class Fate:
    """What became of a create."""

    kind: Literal["created", "not created", "unclear"]
    prediction: AsyncPrediction | str | None = None
    """What it created, or the id of that."""


class Reconciler:
    """Finds out what became of a worker's creates."""

    def __init__(self, client: AsyncClient, writer: JournalWriter, plan: Plan, worker: str) -> None:
        self._client = client
        self._writer = writer
        self._reference = parse(plan.reference)
        self._settle = plan.settle
        self._secrets = frozenset(plan.secrets or ())
        self._worker = worker
        self._lock = anyio.Lock()

    async def fate_of(self, claim: Claim) -> Fate:
        """What became of the last create of an item. A prediction that is found is the item's from then on.

        Raises:
            APIError: The list cannot be read.
        """
        journal = self._writer.journal
        attempt = await self._writer.acall(journal.last_attempt, claim.id)
        if attempt is None:
            return Fate("not created")
        # What the API took before the connection broke it may not list yet.
        await anyio.sleep(max(0.0, attempt.sending_at + self._settle - journal.database.now()))
        async with self._lock:  # one list after another
            found = await self._look(claim, attempt)
        # Its sender may be alive after all, and have got the answer meanwhile.
        last = await self._writer.acall(journal.last_attempt, claim.id)
        if found.prediction is None and last is not None and last.prediction_id is not None:
            await self._writer.acall(journal.running, self._worker, claim.id, last.prediction_id)
            return Fate("created", last.prediction_id)
        return found

    async def _look(self, claim: Claim, attempt: Attempt) -> Fate:
        journal, sent = self._writer.journal, attempt.sent
        if sent is None:
            return Fate("unclear")
        since = await self._since(attempt.sending_at - _CLOCKS_APART)
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
            known = (self._worker, claim.id, attempt.number, prediction_id)
            is_ours: bool = bool(same) and await self._writer.acall(journal.created, *known)
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
        return described({name: value for name, value in given.items() if name not in self._secrets}) == sent


resolvable(__name__)
