"""Caption all pictures in a folder, each billed once, even if you interrupt the program, restart it, or add pictures.

Offline (`pip install 'replicatekit[sandbox]'`), in two terminals:

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    python examples/batch_captions.py pictures captions.csv

With the real API: set REPLICATE_API_TOKEN to your token. The journal is `captions.db`, next to the table.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from replicatekit.batch import Batch, BatchRow
from replicatekit.errors import ReplicateError

SUFFIXES = {".gif", ".jpeg", ".jpg", ".png", ".webp"}


def write_table(path: Path, rows: list[BatchRow]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["picture", "status", "caption", "prediction", "error"])
        for row in rows:
            table.writerow([row.input["image"], row.status, row.output, row.prediction_id, row.error])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with the pictures")
    parser.add_argument("table", type=Path, help="the CSV file to write")
    options = parser.parse_args()
    pictures = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)
    try:
        with Batch(options.table.with_suffix(".db"), "acme/caption") as batch:
            batch.add(
                {"image": picture} for picture in pictures
            )  # pictures that are already in the journal are skipped
            report = batch.run(concurrency=16, max_failures=20)  # stops after 20 failures: something is wrong
            write_table(options.table, list(batch.results()))
    except ReplicateError as error:
        print(f"{error}\nStart the program again to continue.", file=sys.stderr)
        return 1
    print(f"{report.status.succeeded} of {report.status.total} pictures have a caption in {options.table}")
    return 0 if report.status.succeeded == report.status.total else 1


if __name__ == "__main__":
    sys.exit(main())
