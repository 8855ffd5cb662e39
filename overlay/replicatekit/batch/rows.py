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
"""`claimed`: a worker has it. `sending`: its create is on its way. `unknown`: the API may have created it, or not, and
that could not be found out."""

FailureKind = Literal["api", "capacity", "model", "input", "content", "canceled", "expired", "unknown"]
"""Why a row failed: the API did not take the request; the model's machines were not available; the model raised an
error; the input was refused, before anything was billed; the content was refused; somebody canceled the prediction; the
output was removed before it was saved; or the outcome of the create is unknown."""


@frozen
class BatchRow:
    """One input of a batch, and what became of it."""

    input: dict[str, Any]
    """As it was added; files on this machine as paths."""
    status: RowStatus
    """How far it is; see `RowStatus`."""
    output: Any = None
    """As `run` returns it, with the paths of saved files, or the URLs of files that were not saved, as text."""
    prediction_id: str | None = None
    """The id of the prediction of the last attempt."""
    error: str | None = None
    """Why it failed."""
    error_kind: FailureKind | None = None
    """Why it failed, in one word; see `FailureKind`."""
    predict_time: float | None = None
    """Seconds of compute, those of failed attempts included."""
    attempts: int = 0
    """How many creates were sent for it, without those that the API throttled."""
    fingerprint: str = ""
    """Identifies the model, the input and the content of its files; saved files are named by it."""
    copy: int = 0
    """Which of the repetitions of the same input this is, from 0."""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it; files on this machine as the text of their paths."""
        return asdict(self, value_serializer=lambda _, __, value: str(value) if isinstance(value, Path) else value)


@frozen
class AddReport:
    """What `add` did."""

    added: int
    """How many inputs are new in the batch."""
    known: int
    """How many were in the batch already."""


@frozen
class BatchStatus:
    """How far a batch is."""

    total: int
    """How many inputs the batch has."""
    pending: int
    """How many wait for their first attempt, or for another one."""
    running: int
    """Claimed, on their way or running."""
    succeeded: int
    """How many have their output."""
    failed: int
    """How many have failed, with no retry left."""
    unknown: int
    """How many have a create of which nobody knows whether it arrived."""
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
    """What one call of `run` did, and how far the batch is after it."""

    status: BatchStatus
    """How far the whole batch is."""
    succeeded: int
    """How many inputs succeeded in this call."""
    failed: int
    """How many inputs failed in this call."""
    created: int
    """How many predictions this call created."""
    seconds: float
    """How long this call took."""
    stopped: str | None = None
    """Why the call ended before the batch: `max_failures`, `max_predict_time`; None if it did not."""


def row_of(stored: StoredRow) -> BatchRow:
    """A row of the journal as its reader gets it."""
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
