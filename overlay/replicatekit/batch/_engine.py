"""Brings a journal's items to their end: claims them, creates their predictions, waits, saves what they have made.

Every step is written down before the next one, so that this may end at any moment and another one goes on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
from attrs import define, evolve, field, frozen

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit._predictions.inputs import validate_input
from replicatekit.batch._allowance import Allowance, creating_client
from replicatekit.batch._failures import RETRIED, STOPS, kind_of_refusal, outcome_of
from replicatekit.batch._journal.journal import ClaimLost, Outcome
from replicatekit.batch._outputs import Outputs
from replicatekit.batch._pace import Pace
from replicatekit.batch._prepare import Uploads, described
from replicatekit.batch._reconcile import Fate, Reconciler
from replicatekit.batch._schema import find_schema, read_secrets
from replicatekit.batch._watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit import AsyncClient
    from replicatekit.batch._journal.journal import Claim, StoredRow
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.resources.prediction import AsyncPrediction

__all__ = ["Engine", "Plan"]

log = logging.getLogger("replicatekit")

_BEATS = 4  # heartbeats in the time after which a worker is taken for dead
_IDLE_SECONDS = 0.25
_RETRY_SECONDS = 2.0  # before the second attempt; twice as long before each further one
_LONGEST_RETRY = 60.0
_MOST_UNSENT = 8  # creates of one item in a row that did not leave this machine
_SAVE_ATTEMPTS = 3
_LOOKS = 6  # for a create, where the list of predictions cannot be read


@frozen
class Plan:
    """How a batch is to be run."""

    reference: str
    concurrency: int = 64
    output_dir: str | os.PathLike[str] | None = None
    retries: int = 2
    retry_unknown: bool = False
    creates_per_minute: float | None = 600.0
    max_failures: int | None = None
    max_predict_time: float | None = None
    lease: float = 60.0
    settle: float = 5.0
    webhook: str | None = None
    secrets: Mapping[str, str] | None = None
    only: frozenset[str] | None = None
    """The fingerprints of the items to run, in place of all."""


@define
class Tally:
    """What one run has done so far."""

    succeeded: int = 0
    failed: int = 0
    created: int = 0
    predict_time: float = 0.0
    in_flight: int = 0
    stopped: str | None = None
    fatal: BaseException | None = None
    started: float = field(factory=time.monotonic)


class Engine:
    """One worker of a batch."""

    def __init__(
        self, client: AsyncClient, writer: JournalWriter, plan: Plan, on_row: Callable[[StoredRow], object]
    ) -> None:
        self._allowance = Allowance()
        self._client = creating_client(client, self._allowance)
        self._patient = client
        self._writer, self._journal = writer, writer.journal
        self._plan = plan
        self._on_row = on_row
        self.worker = uuid4().hex
        self.tally = Tally()
        self._claims: list[Claim] = []
        self._secrets = read_secrets(plan.secrets)

    async def run(self) -> Tally:
        """Work until nothing is left, or until a limit is reached."""
        plan = self._plan
        self._pace = Pace(self._writer, plan.creates_per_minute)
        self._uploads = Uploads(self._patient, self._writer)
        self._watcher = Watcher(self._patient, self._writer, webhooks=plan.webhook is not None)
        self._reconciler = Reconciler(self._patient, self._writer, plan, self.worker)
        self._outputs = Outputs(plan.output_dir)
        self._slots = anyio.Semaphore(plan.concurrency)
        self._changed = anyio.Event()
        self._schema = await find_schema(self._client, plan.reference)
        await self._beat()
        await self._pace.enter()
        try:
            async with anyio.create_task_group() as background:
                background.start_soon(self._keep_alive)
                background.start_soon(self._watcher.run)
                await self._work()
                background.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._writer.acall(self._journal.leave, self.worker)
        if self.tally.fatal is not None:
            raise self.tally.fatal
        return self.tally

    # --- which item next

    async def _work(self) -> None:
        async with anyio.create_task_group() as group:
            while True:
                await self._slots.acquire()
                claim = await self._next()
                if claim is None:
                    self._slots.release()
                    return
                self.tally.in_flight += 1
                group.start_soon(self._complete, claim)

    async def _next(self) -> Claim | None:
        """The next item, as soon as there is one; None where nothing is left, or no more is to be begun."""
        while not self._must_stop():
            if not self._claims:
                self._claims = await self._take_over() or await self._claim()
            if self._claims:
                return self._claims.pop(0)
            if not self.tally.in_flight and await self._is_done():
                return None
            self._changed = anyio.Event()
            with anyio.move_on_after(_IDLE_SECONDS):
                await self._changed.wait()
        return None

    def _must_stop(self) -> bool:
        plan, tally = self._plan, self.tally
        if tally.fatal is not None:
            return True
        if plan.max_failures is not None and tally.failed >= plan.max_failures:
            tally.stopped = "max_failures"
        elif plan.max_predict_time is not None and tally.predict_time >= plan.max_predict_time:
            tally.stopped = "max_predict_time"
        return tally.stopped is not None

    async def _claim(self) -> list[Claim]:
        if self._plan.only is not None:
            return await self._writer.acall(self._journal.claim_only, self.worker, self._plan.only)
        # A few ahead, so that a claim costs a share of a commit; the rest is left to other workers.
        return await self._writer.acall(self._journal.claim, self.worker, max(1, min(self._plan.concurrency, 32)))

    async def _is_done(self) -> bool:
        if self._plan.only is not None:
            return not any([await self._writer.acall(self._journal.is_open, each) for each in self._plan.only])
        return not await self._writer.acall(self._journal.has_open)

    # --- workers

    async def _beat(self) -> None:
        await self._writer.acall(self._journal.enter, self.worker, _HOST, _process())

    async def _keep_alive(self) -> None:
        while True:
            await anyio.sleep(self._plan.lease / _BEATS)
            await self._beat()

    async def _take_over(self) -> list[Claim]:
        """The items of workers that have died."""
        taken: list[Claim] = []
        now = self._journal.database.now()
        for other, host, process, seen_at in await self._writer.acall(self._journal.others, self.worker):
            if seen_at < now - self._plan.lease or (host == _HOST and not _is_running(process)):
                taken += await self._writer.acall(self._journal.take_over, self.worker, other, seen_at)
        if taken:
            log.info("%d inputs of workers that have ended are continued", len(taken))
        return taken

    # --- one item

    async def _complete(self, claim: Claim) -> None:
        try:
            try:
                await self._bring_to_end(claim)
            except errors.ReplicateError as error:
                await self._give_up(claim, error)
        except ClaimLost:
            log.info("input %d was taken over by another worker", claim.id)
        finally:
            self.tally.in_flight -= 1
            self._slots.release()
            self._changed.set()

    async def _give_up(self, claim: Claim, error: errors.ReplicateError) -> None:
        """What becomes of an item after an error. What the API may have is not let go of: the next run continues it."""
        stops = isinstance(error, STOPS)
        is_sent = await self._writer.acall(self._journal.is_sent, self.worker, claim.id)
        if stops or is_sent:
            self.tally.fatal = self.tally.fatal or error
        if is_sent:
            return
        if stops:
            await self._writer.acall(self._journal.put_back, self.worker, claim.id, 0.0)
        else:
            await self._end(claim, Outcome("failed", None, kind_of_refusal(error), str(error)))

    async def _bring_to_end(self, claim: Claim) -> None:
        if claim.status == "sending":
            seen = await self._reconciled(claim)
        else:
            seen = claim.prediction_id or await self._create(claim)
        if seen is None:
            return
        prediction = await self._watcher.ended(seen)
        if prediction is None:
            await self._end(claim, Outcome("failed", None, "expired", f"the API does not show prediction {seen}"))
            return
        failure = outcome_of(prediction)
        if failure is None:
            await self._end(claim, await self._stored(claim, prediction))
        elif failure.error_kind in RETRIED and _sent_before(claim) < self._plan.retries:
            delay = min(_RETRY_SECONDS * 2 ** _sent_before(claim), _LONGEST_RETRY)
            await self._writer.acall(self._journal.put_back, self.worker, claim.id, delay, failure)
        else:
            await self._end(claim, failure)

    async def _stored(self, claim: Claim, prediction: AsyncPrediction) -> Outcome:
        seconds = prediction.metrics.predict_time if prediction.metrics else None
        for attempt in range(1, _SAVE_ATTEMPTS + 1):
            try:
                return Outcome("succeeded", await self._outputs.store(claim, prediction), None, None, seconds)
            except errors.LocalFileError:
                raise  # a full disk, say, would meet all others too: the next run saves what is there by then
            except errors.ReplicateError as error:
                gone = isinstance(error, errors.FileGoneError)
                if gone or attempt == _SAVE_ATTEMPTS:
                    text = f"the output was not saved: {error}"
                    return Outcome("failed", None, "expired" if gone else "api", text, seconds)
            await anyio.sleep(_RETRY_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns")

    async def _end(self, claim: Claim, outcome: Outcome) -> None:
        row = await self._writer.acall(self._journal.finished, self.worker, claim.id, self._without_secrets(outcome))
        self.tally.succeeded += outcome.status == "succeeded"
        self.tally.failed += outcome.status != "succeeded"
        self.tally.predict_time += outcome.predict_time or 0.0
        await self._outputs.note(row)
        self._on_row(row)

    def _without_secrets(self, outcome: Outcome) -> Outcome:
        text = outcome.error or ""
        for value in self._secrets.values():
            text = text.replace(value, "***")
        return evolve(outcome, error=text or None)

    # --- creating

    async def _create(self, claim: Claim) -> AsyncPrediction | str | None:
        """Create the prediction of a claimed item. None where the item has ended, or is put back."""
        body = await self._uploads.prepare(claim)
        sent = described(body)  # without secrets
        body |= self._secrets
        if self._schema is not None:
            validate_input(self._schema, self._plan.reference, body)
        unsent = 0
        while unsent < _MOST_UNSENT:
            rate = await self._pace.turn()
            number = await self._writer.acall(self._journal.sending, self.worker, claim.id, sent, rate)
            if number is None:
                self._pace.outdated()
                continue
            made: AsyncPrediction | str
            try:
                made = await self._send(body)
            except (errors.OutcomeUnknownError, errors.ServerError) as error:
                if error.prediction_id is None:
                    return await self._reconciled(claim)
                made = error.prediction_id
            except errors.RateLimitError as error:
                await self._writer.acall(self._journal.not_sent, self.worker, claim.id, number)
                await self._pace.throttled(error.retry_after, rate)
                continue
            except errors.APIConnectionError as error:
                await self._writer.acall(self._journal.not_sent, self.worker, claim.id, number)
                log.warning("a create was not sent, and will be again: %s", error)
                await anyio.sleep(min(_RETRY_SECONDS * 2**unsent, _LONGEST_RETRY))
                unsent += 1
                continue
            except errors.ReplicateError:
                await self._writer.acall(self._journal.not_sent, self.worker, claim.id, number)
                raise
            self.tally.created += 1
            prediction_id = made if isinstance(made, str) else made.id
            is_ours = await self._writer.acall(self._journal.created, self.worker, claim.id, number, prediction_id)
            await self._pace.learn(self._allowance.remaining)
            if is_ours:
                return made
            return await self._reconciled(claim)  # another item of the same input has it
        raise errors.APIConnectionError(f"{_MOST_UNSENT} creates in a row did not reach the API")

    async def _send(self, body: dict[str, Any]) -> AsyncPrediction:
        """Send a create. One that is on its way is heard out, whatever becomes of this task."""
        plan = self._plan
        hook: dict[str, Any] = {} if plan.webhook is None else {
            "webhook": plan.webhook, "webhook_events_filter": ["completed"],
        }  # fmt: skip
        with anyio.CancelScope(shield=True):
            return await self._client.predictions.create(plan.reference, body, wait=False, check=False, **hook)
        raise AssertionError("a scope without a deadline is not cancelled by itself")

    async def _reconciled(self, claim: Claim) -> AsyncPrediction | str | None:
        """The prediction that a create of unknown outcome has made. None where the item has ended, or is put back."""
        fate = await self._fate_of(claim)
        if fate.prediction is not None:
            return fate.prediction
        if fate.kind == "unclear" and not self._plan.retry_unknown:
            text = "the create may have reached the API, whose list of predictions does not tell; it was not sent again"
            await self._end(claim, Outcome("unknown", None, "unknown", text))
        elif _sent_before(claim) >= self._plan.retries + _MOST_UNSENT:
            text = f"the API answered none of {_sent_before(claim) + 1} creates"
            await self._end(claim, Outcome("failed", None, "api", text))
        else:
            delay = min(_RETRY_SECONDS * _sent_before(claim), _LONGEST_RETRY)
            await self._writer.acall(self._journal.put_back, self.worker, claim.id, delay)
        return None

    async def _fate_of(self, claim: Claim) -> Fate:
        for attempt in range(_LOOKS):
            try:
                return await self._reconciler.fate_of(claim)
            except STOPS:
                raise
            except errors.ReplicateError as error:
                log.warning("a create could not be looked for, and will be again: %s", error)
                await anyio.sleep(min(_RETRY_SECONDS * 2**attempt, _LONGEST_RETRY))
        return Fate("unclear")


def _sent_before(claim: Claim) -> int:
    """How many creates of an item were sent before the one at hand."""
    return claim.attempts - (1 if claim.status in {"sending", "running"} else 0)


def _this_host() -> str:
    """This machine, and what of its processes can be seen from here: containers may share a name."""
    seen = [socket.gethostname()]
    with contextlib.suppress(OSError):
        seen += [Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()]
        seen += [str(Path("/proc/self/ns/pid").readlink())]
    return " ".join(seen)


_HOST = _this_host()


def _process() -> str:
    """This process, told from one that had its number before."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When a process began, in ticks; empty where the system does not say, or the process has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if facts[0] == "Z" else facts[19]


def _is_running(process: str) -> bool:
    """Whether a process of this machine is still there."""
    number, _, started = process.partition(":")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return _started(int(number)) == started


resolvable(__name__)
