"""Batches on Ray Data: a class for `map_batches`, whose actors share a journal in a database.

    import ray
    from replicatekit.batch.ray import CompleteInputs

    captions = ray.data.read_parquet("images").map_batches(
        CompleteInputs,
        fn_constructor_kwargs={"journal": "postgresql://...", "ref": "acme/caption", "columns": ["image"]},
        concurrency=4,
        batch_size=100,
    )

Ray runs a batch again when an actor dies; the journal sees to it that an input which is done, or under way, is not
created again. All columns are passed on, so that Ray's own checkpoints find theirs. The actors take the API token from
their own environment.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value
from replicatekit.batch._part import complete_part
from replicatekit.batch._sources import plain_cell
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replicatekit.batch._options import BatchOptions

__all__ = ["CompleteInputs"]


class CompleteInputs:
    """Run the inputs in a Ray batch, and add the results as columns.

    The columns are `status`, `output` (JSON), `prediction_id`, `error` and `error_kind`.

    Args:
        journal: The URL of a PostgreSQL database that all actors reach.
        ref: The model.
        columns: The columns to use as model inputs, each under its own name.
        prefix: The prefix of the added columns.
        **options: Options of `Batch.run`, for each Ray batch.

    Raises:
        InvalidArgument: `columns` is empty.
    """

    def __init__(
        self,
        journal: str,
        ref: str,
        columns: Sequence[str],
        *,
        prefix: str = "",
        **options: Unpack[BatchOptions],
    ) -> None:
        if isinstance(columns, str) or not columns:
            raise InvalidArgument(f"columns must be the names of the columns of an input, not {format_value(columns)}")
        self._journal, self._ref = journal, ref
        self._columns = list(columns)
        self._prefix = prefix
        self._options = options

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Run a Ray batch's inputs, and return the batch with the columns added."""
        import numpy as np

        missing = [name for name in self._columns if name not in batch]
        if missing:
            raise InvalidArgument(f"the batch has no column {missing[0]!r}: it has {', '.join(batch)}")
        values = zip(*(batch[name] for name in self._columns), strict=True)
        inputs = [{name: plain_cell(value) for name, value in zip(self._columns, row, strict=True)} for row in values]
        rows = complete_part(inputs, self._journal, self._ref, self._options)
        added: dict[str, list[Any]] = {
            "status": [row.status for row in rows],
            "output": [json.dumps(row.output, ensure_ascii=False) for row in rows],
            "prediction_id": [row.prediction_id for row in rows],
            "error": [row.error for row in rows],
            "error_kind": [row.error_kind for row in rows],
        }
        columns = {f"{self._prefix}{name}": np.array(values, dtype=object) for name, values in added.items()}
        return {**batch, **columns}


resolvable(__name__)
