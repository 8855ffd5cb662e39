"""The common base of `Batch` and `AsyncBatch`: opening and reading the journal, and running an engine."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any, cast, get_args
from uuid import uuid4

import anyio.to_thread
from attrs import evolve

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_count, check_options, format_value
from replicatekit._domain.reference import parse
from replicatekit._domain.status import is_terminal
from replicatekit.batch._engine import Engine
from replicatekit.batch._items import encode_input
from replicatekit.batch._journal.writer import JournalWriter
from replicatekit.batch._model import BatchModel, look_up
from replicatekit.batch._options import BatchOptions, check_plan, check_seconds_above_0
from replicatekit.batch._outputs import Outputs, export_rows
from replicatekit.batch._pending_files import PendingFiles
from replicatekit.batch._plan import Plan
from replicatekit.batch._secrets import refuse_secrets
from replicatekit.batch._sources import inputs_of
from replicatekit.batch.rows import AddReport, BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus, row_of
from replicatekit.errors import APIError, InvalidArgument
from replicatekit_api.models import Prediction

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from replicatekit import AsyncClient
    from replicatekit.batch._items import EncodedInput
    from replicatekit.batch._journal.records import StoredRow
    from replicatekit_api.models import Training

log = logging.getLogger("replicatekit")

AT_ONCE = 500
"""The number of inputs that are added in one transaction."""
_CONTENT_AT_ONCE = 32 << 20  # bytes of file content, held in memory until the transaction
_FREED_KINDS: tuple[FailureKind, ...] = ("api", "capacity", "model", "expired", "canceled")


class JournaledBatch:
    """The base class of `Batch` and `AsyncBatch`."""

    def __init__(
        self,
        journal: str | os.PathLike[str],
        ref: str | None = None,
        *,
        client: Any = None,
        lease: float = 60.0,
        settle: float = 5.0,
    ) -> None:
        reference = None if ref is None else _text_of(ref)
        self._lease = check_seconds_above_0(lease, "lease")
        self._settle = check_seconds_above_0(settle, "settle")
        self._writer = JournalWriter(journal)
        self._settings = self._writer.journal.settings
        try:
            self._reference = self._writer.call(self._settings.reference_for, reference)
        except BaseException:
            self._writer.close()
            raise
        self._client = client
        self._model: BatchModel | None = None

    @property
    def ref(self) -> str:
        """The model that the batch runs, as `owner/name`, `owner/name:version` or a version id."""
        return self._reference

    def __repr__(self) -> str:
        return f"{type(self).__name__}(ref={self._reference!r})"

    # --- the model

    def _recorded_model(self) -> BatchModel | None:
        """The model as recorded in the journal."""
        text = self._writer.call(self._settings.get, "model")
        return None if text is None else BatchModel.from_text(text)

    def _record_model(self, model: BatchModel | None) -> BatchModel:
        """Record the model in the journal, unless another process has. Returns the recorded one."""
        if model is None:
            return BatchModel(self._reference, None)
        return BatchModel.from_text(self._writer.call(self._settings.keep, "model", model.to_text()))

    async def _model_to_run(self, client: AsyncClient) -> BatchModel:
        model = self._model or await anyio.to_thread.run_sync(self._recorded_model)
        if model is not None and model.is_fixed:
            return model
        latest = None
        try:
            latest = await look_up(client.with_options(max_retries=1), self._reference)
        except APIError as error:  # if it persists, creates fail with it too
            log.debug("%s could not be looked up: %s", self._reference, error)
        if model is None:
            return await anyio.to_thread.run_sync(self._record_model, latest)
        return model if latest is None else evolve(model, schema=latest.schema)

    # --- adding

    def _add(self, inputs: Any, repeat: int, first: int = 0) -> AddReport:
        """Add inputs. `first` is the index of the first one in the caller's source."""
        check_count(repeat, "repeat", least=1)
        added = seen = 0
        for part in self._add_parts(inputs_of(inputs), repeat, first):
            added += part[1]
            seen += len(part[0]) * repeat
        return AddReport(added, seen - added)

    def _add_parts(
        self, inputs: Iterable[Mapping[str, Any]], copies: int, first: int = 0
    ) -> Iterator[tuple[list[EncodedInput], int]]:
        """Add inputs in parts. Yields each part, and how many of its inputs are new."""
        source = enumerate(inputs, first)
        while part := self._next_part(source):
            encoded, files = part
            yield encoded, self._writer.call(self._write_part, encoded, files, copies)

    def _next_part(
        self, source: Iterator[tuple[int, Mapping[str, Any]]]
    ) -> tuple[list[EncodedInput], PendingFiles] | None:
        files = PendingFiles(self._writer)
        encoded: list[EncodedInput] = []
        for index, each in source:
            where = f"inputs[{index}]"
            refuse_secrets(self._model, each, where)
            encoded.append(encode_input(self._reference, each, files, where))
            if len(encoded) == AT_ONCE or files.size > _CONTENT_AT_ONCE:
                break
        return (encoded, files) if encoded else None

    def _write_part(self, encoded: list[EncodedInput], files: PendingFiles, copies: int) -> int:
        files.write()
        return self._writer.journal.items.add(encoded, copies)

    def _encoded(self, inputs: Iterable[Mapping[str, Any]]) -> list[str]:
        """Add inputs, and return their fingerprints."""
        return [each.fingerprint for part, _ in self._add_parts(inputs_of(inputs), 1) for each in part]

    # --- reading

    def _status(self) -> BatchStatus:
        rows = self._writer.journal.rows
        counts, failures, seconds = self._writer.call(
            lambda: (rows.counts(), rows.failure_counts(), rows.predict_time())
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
        return self._pages(status)

    def _pages(self, status: str | None) -> Iterator[StoredRow]:
        after = 0
        while page := self._writer.call(self._writer.journal.rows.page, after, status):
            yield from page
            after = page[-1].id

    def _rows_of(self, fingerprints: Iterable[str]) -> list[BatchRow]:
        rows = self._writer.call(self._writer.journal.rows.first_copies, set(fingerprints))
        return [row_of(rows[each]) for each in fingerprints]

    def _export(self, path: str | os.PathLike[str]) -> int:
        return export_rows(path, self._stored())

    # --- changing

    def _deliver(self, delivery: Prediction | Training) -> bool:
        """Store a verified delivery if its prediction has ended. Returns whether it has."""
        if not isinstance(delivery, Prediction) or not is_terminal(delivery):
            return False
        body = {name: value for name, value in delivery.to_dict().items() if name != "input"}
        self._writer.call(self._writer.journal.deliveries.keep, delivery.id, json.dumps(body))
        return True

    def _retry(self, kinds: Iterable[FailureKind] | None) -> int:
        names = list(_FREED_KINDS if kinds is None else [kinds] if isinstance(kinds, str) else kinds)
        for kind in names:
            if kind not in get_args(FailureKind):
                raise InvalidArgument(f"kinds are {', '.join(get_args(FailureKind))}, not {format_value(kind)}")
        return self._writer.call(self._writer.journal.items.retry, names)

    # --- running

    def _plan(self, options: BatchOptions, only: Iterable[str] | None = None) -> Plan:
        check_options(options, BatchOptions.__annotations__)
        fingerprints = None if only is None else frozenset(only)
        return check_plan(Plan(self._reference, lease=self._lease, settle=self._settle, only=fingerprints, **options))

    async def _run(self, client: AsyncClient, plan: Plan, on_row: Callable[[StoredRow], object]) -> BatchReport:
        began = time.monotonic()
        owner = await self._writer.acall(self._settings.keep, "id", uuid4().hex)
        outputs = Outputs(plan.output_dir, owner)
        try:
            async with client:
                model = await self._model_to_run(client)
                tally = await Engine(client, self._writer, plan, model, outputs, on_row).run()
        except BaseExceptionGroup as group:
            raise _single_error(group) from None
        if plan.only is None:
            await outputs.finish(self._stored())
        status = await anyio.to_thread.run_sync(self._status)
        if plan.webhook is not None and status.is_done:
            await self._writer.acall(self._writer.journal.deliveries.clear)
        seconds = time.monotonic() - began
        return BatchReport(status, tally.succeeded, tally.failed, tally.created, seconds, tally.stopped)


def _text_of(ref: Any) -> str:
    """A reference as text that can be parsed again."""
    reference = parse(ref)
    return f"replicate.com/deployments/{reference}" if reference.deployment else str(reference)


def _single_error(error: BaseException) -> BaseException:
    """The error itself, without the exception groups around it."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


resolvable(__name__)
