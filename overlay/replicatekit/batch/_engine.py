"""Completes a journal's items: claims them, creates their predictions, waits for them, saves their outputs.

Every step is journaled before the next one, so that another worker can continue if this one dies.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
from attrs import evolve

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit.batch._creating import LONGEST_RETRY, RETRY_SECONDS, Creator, sent_before
from replicatekit.batch._failures import RETRIED, kind_of_refusal, outcome_of, stops_batch
from replicatekit.batch._journal.records import ClaimLost, Outcome
from replicatekit.batch._plan import Tally
from replicatekit.batch._processes import HOST, LIVE, has_ended, this_process
from replicatekit.batch._secrets import read_secrets
from replicatekit.batch._watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit import AsyncClient
    from replicatekit.batch._journal.records import Claim, StoredRow
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.batch._model import BatchModel
    from replicatekit.batch._outputs import Outputs
    from replicatekit.batch._plan import Plan
    from replicatekit.resources.prediction import AsyncPrediction

log = logging.getLogger("replicatekit")

_BEATS = 4  # heartbeats per lease
_IDLE_SECONDS = 0.25
_CLAIMED_AHEAD = 32  # at most: claims share one commit, and other workers get their share of the items
_SAVE_ATTEMPTS = 3


class Engine:
    """One worker of a batch."""

    def __init__(
        self,
        client: AsyncClient,
        writer: JournalWriter,
        plan: Plan,
        model: BatchModel,
        outputs: Outputs,
        on_row: Callable[[StoredRow], object],
    ) -> None:
        self._writer, self._journal = writer, writer.journal
        self._plan, self._outputs, self._on_row = plan, outputs, on_row
        self._worker = uuid4().hex
        self._tally = Tally()
        self._claims: list[Claim] = []
        self._secrets = read_secrets(plan.secrets)
        self._creator = Creator(client, writer, plan, model, self._secrets, self._worker, self._tally)
        self._watcher = Watcher(client, writer, webhooks=plan.webhook is not None)

    async def run(self) -> Tally:
        """Work until nothing is left, or until a limit is reached."""
        self._slots = anyio.Semaphore(self._plan.concurrency)
        self._changed = anyio.Event()
        LIVE.add(self._worker)
        try:
            await self._beat()
            await self._creator.pace.enter()
            async with anyio.create_task_group() as background:
                background.start_soon(self._keep_alive)
                background.start_soon(self._watcher.run)
                await self._work()
                background.cancel_scope.cancel()
        finally:
            LIVE.discard(self._worker)
            with anyio.CancelScope(shield=True):
                await self._writer.acall(self._journal.workers.leave, self._worker)
        if self._tally.fatal is not None:
            raise self._tally.fatal
        return self._tally

    # --- claiming items

    async def _work(self) -> None:
        async with anyio.create_task_group() as group:
            while True:
                await self._slots.acquire()
                claim = await self._next()
                if claim is None:
                    self._slots.release()
                    return
                self._tally.in_flight += 1
                group.start_soon(self._complete, claim)

    async def _next(self) -> Claim | None:
        """Wait for the next item. None if none is left, or a limit is reached."""
        plan, workers = self._plan, self._journal.workers
        ahead = max(1, min(plan.concurrency, _CLAIMED_AHEAD))
        while not self._must_stop():
            if not self._claims:
                self._claims = await self._take_over()
            if not self._claims:
                self._claims = await self._writer.acall(workers.claim, self._worker, ahead, plan.only)
            if self._claims:
                return self._claims.pop(0)
            if not self._tally.in_flight and not await self._writer.acall(self._journal.rows.has_open, plan.only):
                return None
            self._changed = anyio.Event()
            with anyio.move_on_after(_IDLE_SECONDS):
                await self._changed.wait()
        return None

    def _must_stop(self) -> bool:
        plan, tally = self._plan, self._tally
        if tally.fatal is not None:
            return True
        if plan.max_failures is not None and tally.failed >= plan.max_failures:
            tally.stopped = "max_failures"
        elif plan.max_predict_time is not None and tally.predict_time >= plan.max_predict_time:
            tally.stopped = "max_predict_time"
        return tally.stopped is not None

    # --- other workers

    async def _beat(self) -> None:
        await self._writer.acall(self._journal.workers.enter, self._worker, HOST, this_process())

    async def _keep_alive(self) -> None:
        while True:
            await anyio.sleep(self._plan.lease / _BEATS)
            await self._beat()

    async def _take_over(self) -> list[Claim]:
        """Take over the items of dead workers."""
        taken: list[Claim] = []
        workers = self._journal.workers
        for dead_worker, seen_at in await self._writer.acall(workers.dead, self._worker, self._plan.lease, has_ended):
            taken += await self._writer.acall(workers.take_over, self._worker, dead_worker, seen_at)
        if taken:
            log.info("%d inputs of workers that have ended are continued", len(taken))
        return taken

    # --- completing an item

    async def _complete(self, claim: Claim) -> None:
        try:
            outcome = await self._outcome_of(claim)
            if outcome is not None:
                await self._end(claim, outcome)
        except ClaimLost:
            log.info("input %d was taken over by another worker", claim.id)
        finally:
            self._tally.in_flight -= 1
            self._slots.release()
            self._changed.set()

    async def _outcome_of(self, claim: Claim) -> Outcome | None:
        """An item's outcome; None if it continues later."""
        try:
            return await self._run_to_end(claim)
        except errors.JournalError:
            raise
        except errors.ReplicateError as error:
            return await self._give_up(claim, error)

    async def _give_up(self, claim: Claim, error: errors.ReplicateError) -> Outcome | None:
        """An item's outcome after an error; None if the API may have its create, which the next run then continues."""
        stops = stops_batch(error)
        is_sent = await self._writer.acall(self._journal.items.is_sent, self._worker, claim.id)
        if stops or is_sent:
            self._tally.fatal = self._tally.fatal or error
        if is_sent:
            return None
        if stops:
            await self._writer.acall(self._journal.items.put_back, self._worker, claim.id, 0.0)
            return None
        return Outcome("failed", None, kind_of_refusal(error), str(error))

    async def _run_to_end(self, claim: Claim) -> Outcome | None:
        prediction_or_id = await self._creator.prediction_of(claim)
        if prediction_or_id is None or isinstance(prediction_or_id, Outcome):
            return prediction_or_id
        prediction = await self._watcher.ended(prediction_or_id)
        if prediction is None:
            return Outcome("failed", None, "expired", f"the API does not show prediction {prediction_or_id}")
        failure = outcome_of(prediction)
        if failure is None:
            return await self._save_output(claim, prediction)
        if failure.error_kind not in RETRIED or sent_before(claim) >= self._plan.retries:
            return failure
        delay = min(RETRY_SECONDS * 2 ** sent_before(claim), LONGEST_RETRY)
        await self._writer.acall(self._journal.items.put_back, self._worker, claim.id, delay, failure)
        self._tally.predict_time += failure.predict_time or 0.0
        return None

    async def _save_output(self, claim: Claim, prediction: AsyncPrediction) -> Outcome:
        seconds = prediction.metrics.predict_time if prediction.metrics else None
        for attempt in range(1, _SAVE_ATTEMPTS + 1):
            try:
                return Outcome("succeeded", await self._outputs.store(claim, prediction), None, None, seconds)
            except errors.LocalFileError:
                raise  # such as a full disk, which every item would meet: the next run saves the output
            except errors.ReplicateError as error:
                gone = isinstance(error, errors.FileGoneError)
                if gone or attempt == _SAVE_ATTEMPTS:
                    text = f"the output was not saved: {error}"
                    return Outcome("failed", None, "expired" if gone else "api", text, seconds)
            await anyio.sleep(RETRY_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns")

    async def _end(self, claim: Claim, outcome: Outcome) -> None:
        redacted = evolve(outcome, error=self._redact(outcome.error))
        row = await self._writer.acall(self._finished, claim, redacted)
        self._tally.succeeded += outcome.status == "succeeded"
        self._tally.failed += outcome.status != "succeeded"
        self._tally.predict_time += outcome.predict_time or 0.0
        self._on_row(row)
        try:
            await self._outputs.note(row)
        except errors.LocalFileError as error:  # every item would meet it
            self._tally.fatal = self._tally.fatal or error

    def _finished(self, claim: Claim, outcome: Outcome) -> StoredRow:
        self._journal.items.finished(self._worker, claim.id, outcome)
        return self._journal.rows.one(claim.id)

    def _redact(self, text: str | None) -> str | None:
        """An error's text without secrets, and without characters that databases refuse."""
        for value in self._secrets.values():
            text = (text or "").replace(value, "***")
        return (text or "").replace("\0", "").encode("utf-8", "replace").decode() or None


resolvable(__name__)
