"""Save output files to the disk: one file, or several into one folder."""

from __future__ import annotations

import os
import threading
import unicodedata
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from replicatekit._base.validation import check_callable, check_flags, path_of
from replicatekit._files.atomic_file import AtomicFile, already_exists, is_folder, local_file_errors, numbered_names
from replicatekit._transfer.write_buffer import BufferedWriter
from replicatekit.errors import FileAlreadyExistsError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replicatekit._http.contract import Sender
    from replicatekit._transfer.content import RemoteContent
    from replicatekit._transfer.download import Download

_MAX_CONCURRENT = 8


async def save(
    content: RemoteContent,
    target: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> Path:
    """Save a file, and return its path.

    Args:
        content: The file.
        target: A path, or a folder in which the file keeps its own name.
        overwrite: Whether an existing file is replaced.
        on_progress: Called with the bytes received so far and the size of the file (None if unknown).

    Raises:
        FileAlreadyExistsError: The target exists.
        LocalFileError: The disk is full, the path is a folder, ...
    """
    check_flags(overwrite=overwrite)
    check_callable(on_progress, "on_progress")
    io, path = content.io, path_of(target, "the target of a file")
    opened = None
    try:
        with local_file_errors(path, content.prediction_id):
            into_folder = await io.run(is_folder, target)
        if into_folder:
            opened = await content.open_download()
            path /= content.name

        def name() -> str:
            if not overwrite and os.path.lexists(path):
                raise already_exists(path)
            return path.name

        destination = Destination(path.parent, await io.run(name), name, overwrite)
        return await write(content, destination, on_progress, opened)
    except FileAlreadyExistsError as error:
        error.prediction_id = content.prediction_id
        raise
    finally:
        if opened is not None:
            await opened.aclose()


async def save_all(
    io: Sender,
    contents: Sequence[RemoteContent],
    names: UniqueNames,
    progress_of: Callable[[str], Callable[[int, int | None], object] | None],
) -> list[Path | Exception]:
    """Save several files at a time into one folder; returns each one's path, or the error that prevented it."""

    def destination_of(content: RemoteContent) -> Destination | Exception:
        try:
            return names.destination(content.name)
        except ReplicateError as error:  # a broken `data:` URL
            return error

    destinations = await io.run(lambda: [destination_of(content) for content in contents])

    async def save_one(index: int) -> Path | Exception:
        destination = destinations[index]
        if isinstance(destination, Exception):
            return destination
        try:
            return await write(contents[index], destination, progress_of(destination.name))
        except Exception as error:  # noqa: BLE001 (the other files are still saved)
            return error

    return await io.map(save_one, range(len(contents)), _MAX_CONCURRENT)


@frozen
class Destination:
    """The folder and the name for one file."""

    folder: Path
    name: str
    next_name: Callable[[], str]
    """Returns another name, or raises, if a file with this name has appeared meanwhile and may not be replaced."""
    overwrite: bool


async def write(
    content: RemoteContent,
    destination: Destination,
    on_progress: Callable[[int, int | None], object] | None = None,
    opened: Download | None = None,
) -> Path:
    """Write a file under a temporary name beside its destination, and rename it when it is complete."""
    io, name = content.io, destination.name
    file = AtomicFile(destination.folder, content.prediction_id)
    try:
        await io.run(file.open, name)
        writer = BufferedWriter(io, file, on_progress and (lambda size: on_progress(size, content.size)))
        await writer.fill(content.chunks(writer.restart, opened))
        while True:
            try:
                return await io.run(file.commit, name, overwrite=destination.overwrite)
            except FileAlreadyExistsError:
                name = await io.run(destination.next_name)
    finally:
        await io.run_shielded(io.run(file.abort))


@define(eq=False)
class UniqueNames:
    """Names in one folder. None is used twice, and existing files keep theirs unless they may be replaced."""

    folder: Path
    overwrite: bool = False
    _taken: set[str] = field(factory=set[str], init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def destination(self, name: str) -> Destination:
        """A destination with this name, or with the first free one like it."""
        return Destination(self.folder, self._take(name), lambda: self._take(name), self.overwrite)

    def _take(self, name: str) -> str:
        with self._lock:
            for candidate in numbered_names(name):
                # Some file systems treat `A.png` and `a.png` as one name, and both forms of an umlaut.
                key = unicodedata.normalize("NFC", candidate).casefold()
                if key not in self._taken and (self.overwrite or not os.path.lexists(self.folder / candidate)):
                    self._taken.add(key)
                    return candidate
        raise AssertionError("unreachable: there is always another number")
