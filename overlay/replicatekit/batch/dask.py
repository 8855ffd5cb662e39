"""Batches on Dask: workers share a journal in a database that all of them reach.

    from dask.distributed import Client
    from replicatekit.batch import dask as batches

    with Client(scheduler) as cluster:
        rows = batches.complete(cluster, inputs, "postgresql://...", "acme/caption")

Dask runs a task again when a worker dies; the journal sees to it that an input which is done, or under way, is not
created again. The workers take the API token from their own environment: none is sent to them.
"""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_count
from replicatekit.batch._part import complete_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from replicatekit.batch._options import BatchOptions
    from replicatekit.batch.rows import BatchRow

__all__ = ["complete", "complete_bag", "complete_delayed"]


def complete(
    cluster: Any,
    inputs: Iterable[Mapping[str, Any]],
    journal: str,
    ref: str,
    *,
    part_size: int = 100,
    **options: Unpack[BatchOptions],
) -> list[BatchRow]:
    """Run inputs on a cluster, and return their rows in the order of the inputs.

    Args:
        cluster: A `dask.distributed.Client`.
        inputs: The inputs.
        journal: The URL of a PostgreSQL database that all workers reach.
        ref: The model.
        part_size: Inputs per task.
        **options: Options of `Batch.run`, for each task.
    """
    # Tasks are not pure: Dask must not reuse the result of another task.
    futures = [
        cluster.submit(complete_part, part, journal, ref, options, pure=False) for part in _parts(inputs, part_size)
    ]
    return [row for part in cluster.gather(futures) for row in part]


def complete_bag(bag: Any, journal: str, ref: str, **options: Unpack[BatchOptions]) -> Any:
    """Map a `dask.bag.Bag` of inputs to a bag of rows."""
    return bag.map_partitions(complete_part, journal, ref, options)


def complete_delayed(
    inputs: Iterable[Mapping[str, Any]],
    journal: str,
    ref: str,
    *,
    part_size: int = 100,
    **options: Unpack[BatchOptions],
) -> list[Any]:
    """Return delayed lists of rows, one for each `part_size` inputs, for your own task graph."""
    task: Any = import_module("dask.delayed").delayed(complete_part, pure=False)
    return [task(part, journal, ref, options) for part in _parts(inputs, part_size)]


def _parts(inputs: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    check_count(size, "part_size", least=1)
    source = iter(inputs)
    while part := list(islice(source, size)):
        yield part


resolvable(__name__)
