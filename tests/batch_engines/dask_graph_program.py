"""A Dask graph with a bag and delayed parts, in threads of one process: `python dask_graph_program.py JOURNAL`."""

from __future__ import annotations

import sys

import dask
import dask.bag

from replicatekit.batch import dask as batches


def main() -> None:
    journal = sys.argv[1]
    inputs = [{"n": n} for n in range(12)]
    with dask.config.set(scheduler="threads"):
        bag = dask.bag.from_sequence(inputs, npartitions=3)
        doubled = batches.complete_bag(bag, journal, "acme/double").map(lambda row: row.output).compute()
        parts = dask.compute(*batches.complete_delayed(inputs, journal, "acme/double", part_size=5))
    assert doubled == [2 * n for n in range(12)]
    assert [[row.output for row in part] for part in parts] == [doubled[:5], doubled[5:10], doubled[10:]]
    print("done")


if __name__ == "__main__":
    main()
