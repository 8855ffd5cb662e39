"""What both halves of a batch have in common: the journal, reading it, and running an engine over it."""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, TypedDict, cast, get_args

import anyio.to_thread

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_count, format_value
from replicatekit._domain.reference import parse
from replicatekit._domain.status import is_terminal
from replicatekit.batch._engine import Engine, Plan
from replicatekit.batch._items import decode_input, encode_input
from replicatekit.batch._journal.writer import JournalWriter
from replicatekit.batch._outputs import Outputs, manifest_line
from replicatekit.batch._schema import refuse_secrets
from replicatekit.batch._sources import inputs_of
from replicatekit.batch.rows import AddReport, BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus
from replicatekit.errors import InvalidArgument
from replicatekit_api.models import Prediction

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from replicatekit import AsyncClient
    from replicatekit._session.session import VersionSchema
    from replicatekit.batch._journal.journal import StoredRow
    from replicatekit_api.models import Training

__all__ = ["BatchOptions", "JournaledBatch", "row_of"]

_AT_ONCE = 500
_FREED_KINDS: tuple[FailureKind, ...] = ("api", "capacity", "model", "expired", "canceled")


class BatchOptions(TypedDict, total=False):
    """How a batch is run; see `Batch.run` for what each option means."""

    concurrency: int
    output_dir: str | os.PathLike[str] | None
    retries: int
    retry_unknown: bool
    creates_per_minute: float | None
    max_failures: int | None
    max_predict_time: float | None
    webhook: str | None
    secrets: Mapping[str, str] | None


class JournaledBatch:
    """What both halves have in common: the journal, and reading it."""

    def __init__(
        self,
        journal: str | os.PathLike[str],
        ref: str | None = None,
        *,
        client: Any = None,
        lease: float = 60.0,
        settle: float = 5.0,
    ) -> None:
        reference = None if ref is None else str(parse(ref))
        for name, seconds in (("lease", lease), ("settle", settle)):
            if isinstance(seconds, bool) or not isinstance(cast("object", seconds), (int, float)) or not seconds > 0:
                raise InvalidArgument(f"{name} must be a number of seconds above 0, not {format_value(seconds)}")
        self._writer = JournalWriter(journal)
        try:
            self._reference = self._writer.call(self._writer.journal.open, reference)
        except BaseException:
            self._writer.close()
            raise
        self._client = client
        self._schema: VersionSchema | None = None
        self._lease, self._settle = float(lease), float(settle)

    @property
    def ref(self) -> str:
        """The model that the batch runs, as `owner/name`, `owner/name:version` or a version id."""
        return self._reference

    def __repr__(self) -> str:
        return f"{type(self).__name__}(ref={self._reference!r})"

    def _add(self, inputs: Any, repeat: int) -> AddReport:
        check_count(repeat, "repeat", least=1)
        source = inputs_of(inputs)
        added = seen = 0
        while part := list(islice(source, _AT_ONCE)):
            added += self._writer.call(self._add_part, part, repeat)
            seen += len(part) * repeat
        return AddReport(added, seen - added)

    def _add_part(self, part: Iterable[Mapping[str, Any]], copies: int) -> int:
        journal = self._writer.journal
        refuse_secrets(self._schema, part)
        return journal.add([encode_input(self._reference, each, journal) for each in part], copies)

    def _status(self) -> BatchStatus:
        journal = self._writer.journal
        counts, failures, seconds = self._writer.call(
            lambda: (journal.counts(), journal.failure_counts(), journal.predict_time())
        )
        running = sum(counts.get(status, 0) for status in ("claimed", "sending", "running"))
        return BatchStatus(
            total=sum(counts.values()),
            pending=counts.get("pending", 0),
            running=running,
            succeeded=counts.get("succeeded", 0),
            failed=counts.get("failed", 0),
            unknown=counts.get("unknown", 0),
            failures=failures,
            predict_time=seconds,
        )

    def _stored(self, status: str | None = None) -> Iterator[StoredRow]:
        if status is not None and status not in get_args(RowStatus):
            raise InvalidArgument(f"status must be one of {', '.join(get_args(RowStatus))}, not {format_value(status)}")
        after = 0
        while page := self._writer.call(self._writer.journal.page, after, status):
            yield from page
            after = page[-1].id

    def _rows_of(self, fingerprints: Iterable[str]) -> list[BatchRow]:
        journal = self._writer.journal
        return [
            row_of(stored) for each in fingerprints for stored in self._writer.call(journal.page, 0, None, each)[:1]
        ]

    def _deliver(self, delivery: Prediction | Training) -> bool:
        """Keep a verified delivery of a prediction that has ended; False for any other."""
        if not isinstance(delivery, Prediction) or not is_terminal(delivery):
            return False
        body = {name: value for name, value in delivery.to_dict().items() if name != "input"}
        self._writer.call(self._writer.journal.deliver, delivery.id, json.dumps(body))
        return True

    def _retry(self, kinds: Iterable[FailureKind] | None) -> int:
        chosen = list(_FREED_KINDS if kinds is None else kinds)
        for kind in chosen:
            if kind not in get_args(FailureKind):
                raise InvalidArgument(f"kinds are {', '.join(get_args(FailureKind))}, not {format_value(kind)}")
        return self._writer.call(self._writer.journal.retry, chosen)

    def _export(self, path: str | os.PathLike[str]) -> int:
        count = 0
        with open(path, "x", encoding="utf-8") as file:  # noqa: PTH123 (whatever names a file)
            for stored in self._stored():
                file.write(manifest_line(stored) + "\n")
                count += 1
        return count

    def _plan(self, options: BatchOptions, only: Iterable[str] | None = None) -> Plan:
        chosen = None if only is None else frozenset(only)
        plan = Plan(self._reference, lease=self._lease, settle=self._settle, only=chosen, **options)
        check_count(plan.concurrency, "concurrency", least=1)
        check_count(plan.retries, "retries")
        for name in ("creates_per_minute", "max_failures", "max_predict_time"):
            value: object = getattr(plan, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0):
                raise InvalidArgument(f"{name} must be a number above 0, or None, not {format_value(value)}")
        return plan

    def _encoded(self, inputs: Iterable[Mapping[str, Any]]) -> list[str]:
        """Add inputs, and return their fingerprints."""
        journal = self._writer.journal
        given = list(inputs)
        refuse_secrets(self._schema, given)
        encoded = self._writer.call(lambda: [encode_input(self._reference, each, journal) for each in given])
        self._writer.call(journal.add, encoded, 1)
        return [each.fingerprint for each in encoded]

    async def _run(self, client: AsyncClient, plan: Plan, on_row: Callable[[StoredRow], object]) -> BatchReport:
        began = time.monotonic()
        try:
            async with client:
                tally = await Engine(client, self._writer, plan, on_row).run()
        except BaseExceptionGroup as group:
            raise _only_one(group) from None
        if plan.only is None:
            await Outputs(plan.output_dir).finish(self._stored())
        status = await anyio.to_thread.run_sync(self._status)
        seconds = time.monotonic() - began
        return BatchReport(status, tally.succeeded, tally.failed, tally.created, seconds, tally.stopped)


def _only_one(error: BaseException) -> BaseException:
    """What went wrong, without the groups of tasks in which it did."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def row_of(stored: StoredRow) -> BatchRow:
    return BatchRow(
        input=decode_input(stored.input),
        status=cast("RowStatus", stored.status),
        output=None if stored.output is None else json.loads(stored.output),
        prediction_id=stored.prediction_id,
        error=stored.error,
        error_kind=cast("FailureKind | None", stored.error_kind),
        predict_time=stored.predict_time,
        attempts=stored.attempts,
        fingerprint=stored.fingerprint,
        copy=stored.copy,
    )


resolvable(__name__)
