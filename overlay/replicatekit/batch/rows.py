"""What a batch gives back: a row for each input, and reports."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 (attrs' classes have hints that resolve)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from attrs import asdict, field, frozen

from replicatekit.batch._items import decode_input

if TYPE_CHECKING:
    from replicatekit.batch._journal.records import StoredRow

__all__ = ["AddReport", "BatchReport", "BatchRow", "BatchStatus", "FailureKind", "RowStatus", "row_of"]

RowStatus = Literal["pending", "claimed", "sending", "running", "succeeded", "failed", "unknown"]
"""`claimed`: a worker has it. `sending`: its create request is in flight. `unknown`: whether the API created it could
not be found out."""

FailureKind = Literal["api", "capacity", "model", "input", "content", "canceled", "expired", "unknown"]
"""Why a row failed: the request failed, or an output file could not be downloaded; the model's machines were not
available; the model raised an error; the input was refused, before anything was billed; the content was refused;
somebody canceled the prediction; the output was removed before it was saved; or the outcome of the create request is
unknown."""


@frozen
class BatchRow:
    """One input of a batch, and what became of it."""

    input: dict[str, Any]
    """The input as it was added; local files as paths."""
    status: RowStatus
    """`pending`, `claimed`, `sending`, `running`, `succeeded`, `failed` or `unknown`; see `RowStatus`."""
    output: Any = None
    """The output as `run` returns it, with the paths of saved files, or the URLs of files that were not saved."""
    prediction_id: str | None = None
    """The id of the prediction of the last attempt."""
    error: str | None = None
    """Why the row failed, as a message."""
    error_kind: FailureKind | None = None
    """`api`, `capacity`, `model`, `input`, `content`, `canceled`, `expired` or `unknown`; see `FailureKind`."""
    predict_time: float | None = None
    """Seconds of compute, those of failed attempts included."""
    attempts: int = 0
    """The number of create requests sent, without those that the API throttled."""
    fingerprint: str = ""
    """Identifies the model, the input and the content of its files; saved files are named after it."""
    copy: int = 0
    """The index of the repetition, from 0; see `repeat` of `Batch.add`."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON values; local files as their paths."""
        return asdict(self, value_serializer=lambda _, __, value: str(value) if isinstance(value, Path) else value)


@frozen
class AddReport:
    """The result of `Batch.add`."""

    added: int
    """How many inputs are new in the batch."""
    known: int
    """How many inputs were in the batch already."""


@frozen
class BatchStatus:
    """The counts of the rows of a batch, by status."""

    total: int
    """How many inputs the batch has."""
    pending: int
    """How many wait for their first attempt, or for another one."""
    running: int
    """How many are claimed, being created or running."""
    succeeded: int
    """How many have their output."""
    failed: int
    """How many have failed, with no retry left."""
    unknown: int
    """How many have a create request whose outcome is unknown."""
    failures: Mapping[str, int] = field(factory=dict[str, int])
    """How many failed in each way; see `FailureKind`."""
    predict_time: float = 0.0
    """Seconds of compute so far."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not self.pending and not self.running


@frozen
class BatchReport:
    """What one call of `run` did, and the counts of the batch after it."""

    status: BatchStatus
    """The counts of the whole batch."""
    succeeded: int
    """How many inputs succeeded in this call."""
    failed: int
    """How many inputs failed in this call."""
    created: int
    """How many predictions this call created."""
    seconds: float
    """How long this call took."""
    stopped: str | None = None
    """The limit that ended the call (`max_failures` or `max_predict_time`), or None."""


def row_of(stored: StoredRow) -> BatchRow:
    """Convert a stored row to its public form."""
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
