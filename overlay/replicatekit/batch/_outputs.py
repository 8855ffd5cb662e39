"""What a prediction has made, as the journal keeps it: files saved under the item's fingerprint, or their URLs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread

from replicatekit._base.signatures import resolvable
from replicatekit.batch._items import canonical
from replicatekit.batch._tree import rebuild

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit.batch._journal.journal import Claim, StoredRow
    from replicatekit.outputs import AsyncFileOutput
    from replicatekit.resources.prediction import AsyncPrediction

__all__ = ["MANIFEST", "Outputs", "manifest_line"]

MANIFEST = "manifest.jsonl"
_NAME = 24  # hexadecimal digits of a fingerprint in a file's name


class Outputs:
    """Where the outputs of a batch go. None for the folder: files stay where they are, as URLs."""

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        self._folder = None if folder is None else Path(folder).absolute()
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)

    async def store(self, claim: Claim, prediction: AsyncPrediction) -> str:
        """Save the files of an output, and return the output as JSON, with their paths in their places.

        Raises:
            FileError, APIError: A file could not be saved.
        """
        output = await prediction.result()
        stem = claim.fingerprint[:_NAME] + (f"-copy{claim.copy}" if claim.copy else "")
        files: list[AsyncFileOutput] = []
        rebuild(output, lambda value: files.append(value) if _is_file(value) else value)
        stems = [f"{stem}{f'-{index}' if len(files) > 1 else ''}" for index in range(len(files))]
        places = iter([await self._save(file, each) for file, each in zip(files, stems, strict=True)])
        return canonical(rebuild(output, lambda value: next(places) if _is_file(value) else value))

    async def _save(self, file: AsyncFileOutput, stem: str) -> str:
        if self._folder is None:
            return file.url
        target = self._folder / f"{stem}{Path(file.name).suffix}"
        # An earlier attempt that ended before the journal said so has left the same file.
        return str(await file.save(target, overwrite=True))

    async def note(self, row: StoredRow) -> None:
        """Append a row to the manifest."""
        if self._folder is not None:
            await anyio.to_thread.run_sync(_append, self._folder / MANIFEST, manifest_line(row))

    async def finish(self, rows: Iterable[StoredRow]) -> None:
        """Write the manifest anew from the journal: complete, in the order of the inputs."""
        if self._folder is not None:
            await anyio.to_thread.run_sync(_write_manifest, self._folder / MANIFEST, rows)


def manifest_line(row: StoredRow) -> str:
    """A row as one line of JSON."""
    return canonical({
        "fingerprint": row.fingerprint,
        "copy": row.copy,
        "input": json.loads(row.input),
        "status": row.status,
        "output": None if row.output is None else json.loads(row.output),
        "prediction_id": row.prediction_id,
        "error_kind": row.error_kind,
        "error": row.error,
        "predict_time": row.predict_time,
    })  # fmt: skip


def _append(path: Path, line: str) -> None:
    # One write to a file opened for appending: lines of several workers do not mix.
    with path.open("ab", buffering=0) as file:
        file.write(line.encode() + b"\n")


def _write_manifest(path: Path, rows: Iterable[StoredRow]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(manifest_line(row) + "\n" for row in rows)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _is_file(value: Any) -> bool:
    return hasattr(type(cast("object", value)), "__replicate_url__")


resolvable(__name__)
