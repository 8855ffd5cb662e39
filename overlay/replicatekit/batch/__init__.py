"""Batches: thousands of inputs for one model, in a run that can be resumed after a crash.

from replicatekit.batch import Batch

batch = Batch("captions.db", "acme/caption")
batch.add({"image": path} for path in paths)
report = batch.run(concurrency=64, output_dir="out")
"""

# May import: the client, resources, _files, _inputs, _domain, _base, errors.

from __future__ import annotations

from replicatekit.batch._options import BatchOptions
from replicatekit.batch.async_batch import AsyncBatch
from replicatekit.batch.batch import Batch
from replicatekit.batch.rows import AddReport, BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus

__all__ = [
    "AddReport",
    "AsyncBatch",
    "Batch",
    "BatchOptions",
    "BatchReport",
    "BatchRow",
    "BatchStatus",
    "FailureKind",
    "RowStatus",
]
