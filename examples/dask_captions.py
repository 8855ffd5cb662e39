"""Caption pictures on a Dask cluster. Each is billed once, even if Dask repeats tasks.

Offline (`pip install distributed 'replicatekit[sandbox]'`), in two terminals:

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    python examples/dask_captions.py pictures

With the real API: set REPLICATE_API_TOKEN to your token. The program starts four workers on this machine, which
share a journal in a file. For a cluster, set the token in the environment of the workers, and pass both URLs:

    python examples/dask_captions.py pictures --scheduler tcp://10.0.0.1:8786 --journal postgresql://user@host/captions
"""

from __future__ import annotations

import argparse
import base64
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import distributed

from replicatekit.batch import BatchRow
from replicatekit.batch import dask as batches


def caption(cluster: Any, pictures: list[Path], journal: str) -> list[BatchRow]:
    # Send the content, because workers on other machines cannot read the files. Send larger files by URL.
    inputs = [{"image": f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"} for path in pictures]
    return batches.complete(cluster, inputs, journal, "acme/caption", part_size=10, concurrency=8, max_failures=20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with PNG files")
    parser.add_argument("--journal", default="captions-dask.db", help="a file, or the URL of a PostgreSQL database")
    parser.add_argument("--scheduler", help="the address of a scheduler (default: start one on this machine)")
    parser.add_argument("--workers", type=int, default=4, help="number of workers on this machine (default: 4)")
    options = parser.parse_args()
    pictures = sorted(options.folder.glob("*.png"))
    journal = options.journal if "://" in options.journal else str(Path(options.journal).resolve())
    dask: Any = distributed  # it has no type hints
    with ExitStack() as stack:
        address = options.scheduler
        if address is None:
            local = dask.LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=":0")
            address = stack.enter_context(local)
        rows = caption(stack.enter_context(dask.Client(address)), pictures, journal)
    for picture, row in zip(pictures, rows, strict=True):
        print(picture.name, row.output if row.status == "succeeded" else f"{row.status}: {row.error}", sep="\t")
    return 0 if all(row.status == "succeeded" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
