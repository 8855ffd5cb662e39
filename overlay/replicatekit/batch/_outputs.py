"""Stores the outputs of predictions: files saved under the item's fingerprint, or their URLs."""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import path_of
from replicatekit.batch._items import canonical
from replicatekit.batch._tree import rebuild
from replicatekit.errors import FileAlreadyExistsError, InvalidArgument, LocalFileError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from replicatekit.batch._journal.records import Claim, StoredRow
    from replicatekit.outputs import AsyncFileOutput
    from replicatekit.resources.prediction import AsyncPrediction

MANIFEST = "manifest.jsonl"
_OWNER = ".replicatekit-batch"
_NAME = 24  # hexadecimal digits of the fingerprint in a file name


class Outputs:
    """Saves the outputs of a batch.

    Args:
        folder: A folder for this journal alone. None keeps the files' URLs.
        owner: Identifies the journal.

    Raises:
        InvalidArgument: The folder contains the outputs of another journal.
        LocalFileError: The folder cannot be created or written to.
    """

    def __init__(self, folder: str | os.PathLike[str] | None, owner: str) -> None:
        self._folder = None if folder is None else path_of(folder, "output_dir").absolute()
        if self._folder is not None:
            with _writing(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                _take(self._folder, owner)

    async def store(self, claim: Claim, prediction: AsyncPrediction) -> str:
        """Save the files of an output, and return the output as JSON with their paths.

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
        # An earlier attempt saved the file, but died before it was journaled.
        return str(await file.save(target, overwrite=True))

    async def note(self, row: StoredRow) -> None:
        """Append a row to the manifest.

        Raises:
            LocalFileError: It cannot be written.
        """
        if self._folder is not None:
            await anyio.to_thread.run_sync(_append, self._folder / MANIFEST, _manifest_line(row))

    async def finish(self, rows: Iterable[StoredRow]) -> None:
        """Rewrite the manifest from the journal: complete, in the order of the inputs.

        Raises:
            LocalFileError: It cannot be written.
        """
        if self._folder is not None:
            await anyio.to_thread.run_sync(_write_manifest, self._folder / MANIFEST, rows)


def export_rows(path: str | os.PathLike[str], rows: Iterable[StoredRow]) -> int:
    """Write rows as JSON lines into a new file, and return how many.

    Raises:
        FileAlreadyExistsError: The file exists.
        LocalFileError: It cannot be written.
    """
    count = 0
    with _writing(path), Path(path).open("x", encoding="utf-8") as file:
        try:
            for row in rows:
                file.write(_manifest_line(row) + "\n")
                count += 1
            file.flush()
        except BaseException:
            Path(path).unlink()
            raise
    return count


@contextmanager
def _writing(path: str | os.PathLike[str]) -> Generator[None]:
    try:
        yield
    except ReplicateError:
        raise
    except FileExistsError:
        raise FileAlreadyExistsError(f"{str(path)!r} exists already: use another name") from None
    except OSError as error:
        raise LocalFileError(f"{str(path)!r} cannot be written: {error.strerror or error}", cause=error) from None


def _take(folder: Path, owner: str) -> None:
    """Record a folder's owner: file names and manifests of two journals would collide."""
    note = folder / _OWNER
    if not note.exists():
        if (folder / MANIFEST).exists():
            raise InvalidArgument(f"output_dir {str(folder)!r} has a {MANIFEST} of something else: use another folder")
        beside = folder / f"{_OWNER}.{os.getpid()}"
        beside.write_text(owner, "utf-8")
        try:
            note.hardlink_to(beside)  # atomic, and fails if another process was faster
        except FileExistsError:
            pass
        except OSError:  # not every file system supports links
            with suppress(FileExistsError), note.open("x", encoding="utf-8") as file:
                file.write(owner)
        finally:
            beside.unlink()
    if note.read_text("utf-8") != owner:
        raise InvalidArgument(f"output_dir {str(folder)!r} has the outputs of another journal: use another folder")


def _manifest_line(row: StoredRow) -> str:
    """A row as a line of JSON."""
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
    # A single write in append mode, so that the lines of several workers do not mix.
    data = line.encode() + b"\n"
    with _writing(path), path.open("ab", buffering=0) as file:
        if file.write(data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_manifest(path: Path, rows: Iterable[StoredRow]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with _writing(path):
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.writelines(_manifest_line(row) + "\n" for row in rows)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _is_file(value: Any) -> bool:
    return hasattr(type(cast("object", value)), "__replicate_url__")


resolvable(__name__)
