"""Where a batch's inputs come from: mappings, JSONL and CSV files, Parquet, DataFrames, datasets.

Tables are read in parts, so that a large one never fills the memory. A missing value in a table omits that input.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument, InvalidInput, ReplicateError

_ROWS = 1000


def inputs_of(source: Any) -> Iterator[Mapping[str, Any]]:
    """The inputs in a source, one after another.

    Args:
        source: An iterable of mappings; the path of a `.jsonl`, `.csv` or `.parquet` file, as a str or a Path; a
            DataFrame of pandas; a DataFrame or LazyFrame of polars; a table, a record batch, a reader or a dataset of
            pyarrow; a `Dataset` or `IterableDataset` of datasets.

    Raises:
        InvalidArgument: The source is none of these, or cannot be read.
        InvalidInput: A line of a file is not an input.
    """
    if isinstance(source, (str, Path)):
        return _of_file(Path(source))
    if not isinstance(source, Mapping):
        for attribute, reader in _TABLES.items():
            if hasattr(source, attribute):
                return reader(source)
        if isinstance(source, Iterable):
            return _checked(cast("Iterable[Any]", source))
    description = format_value(cast("object", source))
    if hasattr(cast("object", source), "__aiter__"):
        description += ", which AsyncBatch takes"
    raise InvalidArgument(f"inputs must be an iterable of dicts, a table or a file, not {description}")


def plain_cell(value: Any) -> Any:
    """A table's cell as a Python value; numpy has its own types."""
    if not hasattr(value, "item") or getattr(value, "shape", None):
        return value
    # numpy converts nanoseconds to an int, not a datetime.
    return value.astype("datetime64[us]").item() if type(value).__name__ == "datetime64" else value.item()


def _checked(source: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for index, item in enumerate(source):
        if not isinstance(item, Mapping):
            raise InvalidInput(f"input {index} must be a dict, not {format_value(item)}", path=f"inputs[{index}]")
        yield cast("Mapping[str, Any]", item)


def _of_batches(batches: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The rows of pyarrow's record batches."""
    for record_batch in batches:
        for start in range(0, record_batch.num_rows, _ROWS):
            batch = record_batch.slice(start, _ROWS)
            columns = [column.to_pylist() for column in batch.columns]
            yield from _of_rows(batch.schema.names, zip(*columns, strict=True))


def _of_frames(frames: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for frame in frames:
        yield from inputs_of(frame)


def _of_dataset(source: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of a dataset. Files are sent as stored: re-encoding is not deterministic."""
    features: Mapping[str, Any] = source.features or {}
    files = [name for name, feature in features.items() if hasattr(feature, "decode")]
    for name in files:
        source = source.cast_column(name, replace(features[name], decode=False))
    for row in source.with_format(None):
        changed = {name: _stored_file(row[name]) for name in files if row[name] is not None}
        yield from _of_rows(row, [tuple({**row, **changed}.values())])


def _stored_file(cell: Mapping[str, Any]) -> Any:
    """A dataset's file: its bytes, named if it has a name, or its path or URL."""
    content, path = cell["bytes"], cell["path"] or ""
    if content is None:
        return path if "://" in path else Path(path)
    file = io.BytesIO(content)
    if path:
        file.name = Path(path).name
    return file


def _of_rows(columns: Iterable[Any], rows: Iterable[tuple[Any, ...]]) -> Iterator[Mapping[str, Any]]:
    names = _unique([str(each) for each in columns])
    for row in rows:
        cells = ((name, plain_cell(value)) for name, value in zip(names, row, strict=True))
        yield {name: value for name, value in cells if not _is_missing(value)}


def _unique(names: list[str]) -> list[str]:
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        raise InvalidArgument(f"two columns are called {double[0]!r}: an input has each name once")
    return names


def _is_missing(value: Any) -> bool:
    # pandas represents missing values by objects that cannot be compared.
    return (
        value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and value != value)
    )


def _of_file(path: Path) -> Iterator[Mapping[str, Any]]:
    readers = {".jsonl": _of_jsonl, ".ndjson": _of_jsonl, ".csv": _of_csv, ".parquet": _of_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidArgument(f"inputs are read from .jsonl, .csv and .parquet files, not from {path.name!r}")
    if not path.is_file():
        raise InvalidArgument(f"there is no file {str(path)!r}")
    return _read(reader, path)


def _read(reader: Any, path: Path) -> Iterator[Mapping[str, Any]]:
    with _reading(path):
        yield from reader(path)


@contextmanager
def _reading(path: Path) -> Generator[None]:
    try:
        yield
    except ReplicateError:
        raise
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8: {error}") from None
    except csv.Error as error:
        raise InvalidInput(f"{path.name} cannot be read as CSV: {error}; JSONL has no such limits") from None
    except OSError as error:
        raise InvalidArgument(f"{str(path)!r} cannot be read: {error.strerror or error}") from None


def _of_jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value: object = json.loads(line)
            except ValueError as error:
                raise InvalidInput(f"line {number} of {path.name}: not JSON: {error}") from None
            except RecursionError:
                raise InvalidInput(f"line {number} of {path.name} is nested too deeply") from None
            if not isinstance(value, dict):
                raise InvalidInput(f"line {number} of {path.name} must be an object, not {format_value(value)}")
            yield cast("dict[str, Any]", value)


def _of_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines as inputs. Cells with a number, true, false or null are parsed as JSON; empty ones are omitted."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        _unique(list(reader.fieldnames or ()))
        for row in reader:
            if None in row:
                raise InvalidInput(f"a line of {path.name} has more columns than the header: {format_value(row[None])}")
            yield {name: _cell(cell) for name, cell in row.items() if cell not in {None, ""}}


def _cell(text: str) -> Any:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return value if isinstance(value, (bool, int, float)) or value is None else text


def _of_parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise InvalidArgument("reading Parquet needs pyarrow: pip install pyarrow") from None
    try:
        with parquet.ParquetFile(path) as file:
            yield from _of_batches(file.iter_batches(_ROWS))
    except arrow.ArrowException as error:
        raise InvalidInput(f"{path.name} cannot be read as Parquet: {error}") from None


# Tables by an attribute that none of the entries above it has.
_TABLES: dict[str, Callable[[Any], Iterator[Mapping[str, Any]]]] = {
    "iter_rows": lambda frame: _of_rows(frame.columns, frame.iter_rows()),  # polars
    "collect_batches": lambda lazy: _of_frames(lazy.collect_batches(chunk_size=_ROWS)),  # polars
    "itertuples": lambda frame: _of_rows(frame.columns, frame.itertuples(index=False, name=None)),  # pandas
    "to_batches": lambda table: _of_batches(table.to_batches()),  # a table or a dataset of pyarrow
    "read_next_batch": _of_batches,  # pyarrow
    "cast_column": _of_dataset,  # datasets
    "num_columns": lambda batch: _of_batches([batch]),  # pyarrow
}
