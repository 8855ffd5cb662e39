"""Inputs from the tables of pandas, polars, pyarrow and datasets: `python sources_program.py FOLDER`."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from PIL import Image

from replicatekit.batch import Batch
from replicatekit.batch.ray import CompleteInputs

FOLDER = Path(sys.argv[1])
WHEN = datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)
TEXT = WHEN.isoformat()
# A row with all values, and a row without optional values.
COLUMNS: dict[str, list[Any]] = {
    "whole": [1, 2**60],
    "part": [0.5, float("nan")],
    "text": ["é 😀", None],
    "when": [WHEN, None],
    "day": [date(2024, 1, 2), None],
    "bytes": [b"\x00\x01", None],
    "exact": [Decimal("1.10"), None],
    "list": [[1, 2], [3]],
}
DAY = "2024-01-02"
ROWS = [
    {"whole": 1, "part": 0.5, "text": "é 😀", "when": TEXT, "day": DAY, "bytes": 2, "exact": 1.1, "list": [1, 2]},
    {"whole": 2**60, "list": [3]},
]


def read(source: Any, **changed: Any) -> list[dict[str, Any]]:
    """Return the inputs that a batch reads from a source, with the size of files instead of their content."""
    journal = FOLDER / f"{len(list(FOLDER.iterdir()))}.db"
    with Batch(journal, "acme/double") as batch:
        batch.add(source)
        return [{name: changed.get(name, size(value)) for name, value in row.input.items()} for row in batch.results()]


def size(value: Any) -> Any:
    if isinstance(value, Path):
        return value.stat().st_size
    return value["size"] if isinstance(value, dict) and "sha256" in value else value


def tables() -> None:
    arrow = pa.table(COLUMNS)
    pyarrow.parquet.write_table(arrow, FOLDER / "rows.parquet")
    on_disk = pyarrow.dataset.dataset(FOLDER / "rows.parquet")
    polars = pl.DataFrame(COLUMNS)
    for source in (
        pd.DataFrame(COLUMNS),
        polars,
        polars.lazy(),
        arrow,
        arrow.to_batches()[0],
        arrow.to_reader(),
        on_disk,
        on_disk.scanner(),
        FOLDER / "rows.parquet",
    ):
        assert read(source) == ROWS, (source, read(source))
    typed = pd.DataFrame({"n": pd.array([1, None], "Int64"), "kind": pd.Categorical(["a", "b"]), "is": [True, False]})
    assert read(typed) == [{"n": 1, "kind": "a", "is": True}, {"kind": "b", "is": False}]
    assert read(pl.DataFrame({"n": range(2500)}).lazy()) == [{"n": n} for n in range(2500)]
    assert read([{"n": np.int64(1), "x": np.float32(0.5), "a": np.array([[1, 2]])}]) == [
        {"n": 1, "x": 0.5, "a": [[1, 2]]}
    ]


def sets() -> None:
    rows = datasets.Dataset.from_dict({name: COLUMNS[name] for name in ("whole", "part", "text", "when", "list")})
    expected = [{name: value for name, value in row.items() if name not in {"day", "bytes", "exact"}} for row in ROWS]
    for source in (rows, rows.to_iterable_dataset(), rows.with_format("numpy"), rows.with_format("pandas")):
        found = read(source)
        assert found == expected, found
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "JPEG")
    (FOLDER / "red.jpg").write_bytes(buffer.getvalue())
    features = datasets.Features({"image": datasets.Image()})
    stored = {"bytes": buffer.getvalue(), "path": "red.jpg"}
    pictures = datasets.Dataset.from_dict({"image": [stored, str(FOLDER / "red.jpg"), None]}, features)
    as_stored = [{"image": len(buffer.getvalue())}, {}]  # the same file twice is one input
    for source in (pictures, pictures.to_iterable_dataset()):
        assert read(source) == as_stored, read(source)


def ray() -> None:
    inputs: list[Any] = []
    complete = CompleteInputs("unused", "acme/double", ["n", "when"])
    import replicatekit.batch.ray as module

    module.complete_part = lambda given, *_: inputs.extend(given) or []
    complete({"n": np.array([1, 2]), "when": np.array([WHEN.replace(tzinfo=None)] * 2, "datetime64[ns]")})
    assert inputs == [{"n": n, "when": WHEN.replace(tzinfo=None)} for n in (1, 2)], inputs


if __name__ == "__main__":
    tables()
    sets()
    ray()
    print("done")
