"""Where a batch's inputs come from: mappings, JSONL and CSV files, Parquet, DataFrames, datasets.

Tables are read in parts, so that a large one is never whole in memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument, InvalidInput

__all__ = ["inputs_of"]

_ROWS = 1000


def inputs_of(source: Any) -> Iterator[Mapping[str, Any]]:
    """The inputs in a source, one after another.

    Args:
        source: An iterable of mappings; the path of a `.jsonl`, `.csv` or `.parquet` file, as a str or a Path; a
            DataFrame of pandas or polars; a table of pyarrow; a `datasets.Dataset`.

    Raises:
        InvalidArgument: It is none of these.
        InvalidInput: A line of a file is no input.
    """
    if isinstance(source, (str, Path)):
        return _of_file(Path(source))
    if hasattr(source, "iter_rows"):  # polars
        return iter(source.iter_rows(named=True))
    if hasattr(source, "to_batches"):  # pyarrow
        return (row for part in source.to_batches(max_chunksize=_ROWS) for row in part.to_pylist())
    if hasattr(source, "itertuples"):  # pandas
        names = [str(name) for name in source.columns]
        return (
            _without_missing(dict(zip(names, row, strict=True))) for row in source.itertuples(index=False, name=None)
        )
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        raise InvalidArgument(
            f"inputs must be an iterable of dicts, a table or a file, not {format_value(cast('object', source))}"
        )
    return _checked(cast("Iterable[Any]", source))


def _checked(source: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for index, item in enumerate(source):
        if not isinstance(item, Mapping):
            raise InvalidInput(f"input {index} must be a dict, not {format_value(item)}", path=f"inputs[{index}]")
        yield cast("Mapping[str, Any]", item)


def _of_file(path: Path) -> Iterator[Mapping[str, Any]]:
    readers = {".jsonl": _of_jsonl, ".ndjson": _of_jsonl, ".csv": _of_csv, ".parquet": _of_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidArgument(f"inputs are read from .jsonl, .csv and .parquet files, not from {path.name!r}")
    if not path.is_file():
        raise InvalidArgument(f"there is no file {str(path)!r}")
    return reader(path)


def _of_jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value: object = json.loads(line)
            except ValueError as error:
                raise InvalidInput(f"line {number} of {path.name}: not JSON: {error}") from None
            if not isinstance(value, dict):
                raise InvalidInput(f"line {number} of {path.name} must be an object, not {format_value(value)}")
            yield cast("dict[str, Any]", value)


def _of_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    """Each line as an input: a cell that reads as a number, true, false or null is one; an empty one is left out."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            if None in row:
                raise InvalidInput(
                    f"a line of {path.name} has more cells than the first one: {format_value(row[None])}"
                )
            yield {name: _cell(cell) for name, cell in row.items() if cell not in {None, ""}}


def _cell(text: str) -> Any:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) or value is None else text


def _of_parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise InvalidArgument("reading Parquet needs pyarrow: pip install pyarrow") from None
    for part in parquet.ParquetFile(path).iter_batches(_ROWS):
        yield from part.to_pylist()


def _without_missing(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the cells that pandas marks as missing."""
    return {name: value for name, value in row.items() if not (value is None or value != value)}
