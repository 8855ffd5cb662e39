"""Creates an item's prediction once, or finds the one that an earlier create made."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit._predictions.inputs import validate_input
from replicatekit.batch._allowance import Allowance, TooLate, creating_client, latest_start
from replicatekit.batch._clock import steady_seconds
from replicatekit.batch._failures import stops_batch
from replicatekit.batch._journal.records import Outcome
from replicatekit.batch._pace import Pace
from replicatekit.batch._prepare import Uploads, described
from replicatekit.batch._reconcile import Fate, Reconciler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit import AsyncClient
    from replicatekit.batch._journal.records import Claim
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.batch._model import BatchModel
    from replicatekit.batch._plan import Plan, Tally
    from replicatekit.resources.prediction import AsyncPrediction

log = logging.getLogger("replicatekit")

RETRY_SECONDS = 2.0  # before the second attempt; twice as long before each further one
LONGEST_RETRY = 60.0
_MOST_UNSENT = 8  # creates of one item in a row that did not leave this machine
_SEARCHES = 6  # attempts to read the list of predictions


class Creator:
    """Creates predictions for one worker."""

    def __init__(
        self,
        client: AsyncClient,
        writer: JournalWriter,
        plan: Plan,
        model: BatchModel,
        secrets: Mapping[str, str],
        worker: str,
        tally: Tally,
    ) -> None:
        self._allowance = Allowance()
        self._client = creating_client(client, self._allowance)
        self._writer, self._items = writer, writer.journal.items
        self._plan, self._model, self._secrets = plan, model, dict(secrets)
        self._worker, self._tally = worker, tally
        self._uploads = Uploads(client, writer)
        self._reconciler = Reconciler(client, writer, plan, model.reference, worker)
        self.pace = Pace(writer, plan.creates_per_minute)

    async def prediction_of(self, claim: Claim) -> AsyncPrediction | str | Outcome | None:
        """An item's prediction or its id; its outcome if it ended without one; None if it was put back.

        Raises:
            ReplicateError: The API refused the create, or cannot be reached.
        """
        if claim.status == "sending":
            return await self._reconcile(claim)
        return claim.prediction_id or await self._create(claim)

    async def _create(self, claim: Claim) -> AsyncPrediction | str | Outcome | None:
        body = await self._uploads.prepare(claim)
        sent = described(body)  # without secrets
        body |= self._secrets
        if self._model.schema is not None:
            validate_input(self._model.schema, self._plan.reference, body)
        unsent = 0
        while unsent < _MOST_UNSENT:
            rate = await self.pace.turn()
            latest_start.set(steady_seconds() + self._plan.lease / 2)
            number = await self._writer.acall(self._items.sending, self._worker, claim.id, sent, rate)
            if number is None:
                self.pace.outdated()
                continue
            prediction: AsyncPrediction | str
            try:
                prediction = await self._send(body)
            except (errors.OutcomeUnknownError, errors.ServerError) as error:
                if error.prediction_id is None:
                    return await self._reconcile(claim)
                prediction = error.prediction_id
            except TooLate:
                await self._writer.acall(self._items.not_sent, self._worker, claim.id, number)
                continue
            except errors.ReplicateError as error:
                await self._writer.acall(self._items.not_sent, self._worker, claim.id, number)
                unsent += await self._wait_after(error, rate, unsent)
                continue
            self._tally.created += 1
            prediction_id = prediction if isinstance(prediction, str) else prediction.id
            is_ours = await self._writer.acall(self._items.created, self._worker, claim.id, number, prediction_id)
            await self.pace.learn(self._allowance.remaining)
            # Otherwise, the prediction belongs to another item with the same input.
            return prediction if is_ours else await self._reconcile(claim)
        raise errors.APIConnectionError(f"{_MOST_UNSENT} creates in a row did not reach the API")

    async def _wait_after(self, error: errors.ReplicateError, rate: int, unsent: int) -> int:
        """Wait until an unaccepted create may be sent again. Returns 1 if it did not leave this machine, else 0.

        Raises:
            ReplicateError: The error is permanent.
        """
        if isinstance(error, errors.RateLimitError):
            await self.pace.throttled(error.retry_after, rate)
            return 0
        if not isinstance(error, errors.APIConnectionError):
            raise error
        log.warning("a create was not sent, and will be again: %s", error)
        await anyio.sleep(min(RETRY_SECONDS * 2**unsent, LONGEST_RETRY))
        return 1

    async def _send(self, body: dict[str, Any]) -> AsyncPrediction:
        """Send a create, and wait for its response even if this task is cancelled."""
        plan = self._plan
        hook: dict[str, Any] = {} if plan.webhook is None else {
            "webhook": plan.webhook, "webhook_events_filter": ["completed"],
        }  # fmt: skip
        with anyio.CancelScope(shield=True):
            return await self._client.predictions.create(self._model.reference, body, wait=False, check=False, **hook)
        raise AssertionError("a scope without a deadline is not cancelled by itself")

    async def _reconcile(self, claim: Claim) -> AsyncPrediction | str | Outcome | None:
        """The prediction of a create whose outcome is unknown. Without one, put the item back or end it."""
        fate = await self._fate_of(claim)
        if fate.prediction is not None:
            return fate.prediction
        if fate.kind == "unclear" and not self._plan.retry_unknown:
            text = "the create may have reached the API, whose list of predictions does not tell; it was not sent again"
            return Outcome("unknown", None, "unknown", text)
        if sent_before(claim) >= self._plan.retries + _MOST_UNSENT:
            return Outcome("failed", None, "api", f"the API answered none of {sent_before(claim) + 1} creates")
        delay = min(RETRY_SECONDS * sent_before(claim), LONGEST_RETRY)
        await self._writer.acall(self._items.put_back, self._worker, claim.id, delay)
        return None

    async def _fate_of(self, claim: Claim) -> Fate:
        for attempt in range(_SEARCHES):
            try:
                return await self._reconciler.fate_of(claim)
            except errors.ReplicateError as error:
                if stops_batch(error) or isinstance(error, errors.JournalError):
                    raise
                log.warning("searching for an interrupted create request failed, will retry: %s", error)
                await anyio.sleep(min(RETRY_SECONDS * 2**attempt, LONGEST_RETRY))
        return Fate("unclear")


def sent_before(claim: Claim) -> int:
    """How many creates of an item were sent before the current one."""
    return claim.attempts - (1 if claim.status in {"sending", "running"} else 0)


resolvable(__name__)
