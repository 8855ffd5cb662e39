"""Output files onto the disk: one, or everything that an output has."""

from __future__ import annotations

import os
import threading
import unicodedata
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from replicatekit._base.validation import check_callable, check_flags, path_of
from replicatekit._files.atomic_file import Target, is_folder, numbered
from replicatekit._transfer.write_buffer import BufferedWriter
from replicatekit.errors import FileAlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from replicatekit._http.contract import Sender
    from replicatekit._transfer.content import RemoteContent
    from replicatekit._transfer.download import Reading

__all__ = ["Names", "Place", "save", "save_all", "write"]

_AT_A_TIME = 8


async def save(
    content: RemoteContent,
    given: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> Path:
    """Write a file to the disk, and give where it is.

    Args:
        content: The file.
        given: A path, or a folder, in which it gets its own name.
        overwrite: Whether a file that is there is replaced.
        on_progress: Called with the bytes that came, and with all of them (None where that is not known).

    Raises:
        FileAlreadyExistsError: There is one; it is kept.
    """
    check_flags(overwrite=overwrite)
    check_callable(on_progress, "on_progress")
    io, path = content.io, path_of(given, "where a file is saved")
    begun = None
    try:
        if await io.run(is_folder, given):
            begun = await content.begun()
            path /= content.name

        def name() -> str:
            if not overwrite and os.path.lexists(path):
                raise FileAlreadyExistsError(f"{path} exists, and is kept: overwrite=True replaces it")
            return path.name

        place = Place(path.parent, await io.run(name), name, overwrite)
        return await write(content, place, on_progress, begun)
    finally:
        if begun is not None:
            await begun.close()


async def save_all(
    io: Sender,
    contents: Sequence[RemoteContent],
    names: Names,
    watch: Callable[[str], Callable[[int, int | None], object] | None],
) -> list[Path | Exception]:
    """Write several files into one folder, several at a time; for each where it is, or why it is nowhere."""
    places = await io.run(lambda: [names.place(content.name) for content in contents])

    async def one(number: int) -> Path | Exception:
        place = places[number]
        try:
            return await write(contents[number], place, watch(place.name))
        except Exception as error:  # noqa: BLE001 (the other files are to be saved all the same)
            return error

    return await io.map(one, range(len(contents)), _AT_A_TIME)


@frozen
class Place:
    """Where a file is to stand."""

    folder: Path
    name: str
    next_name: Callable[[], str]
    """Gives another name, or raises, if there is a file of this name by then that may not be replaced."""
    overwrite: bool


async def write(
    content: RemoteContent,
    place: Place,
    on_progress: Callable[[int, int | None], object] | None = None,
    begun: Reading | None = None,
) -> Path:
    """Write a file beside its place, and move it there when it is whole."""
    io, name, target = content.io, place.name, Target(place.folder)
    try:
        await io.run(target.open, name)
        filling = BufferedWriter(io, target, on_progress and (lambda size: on_progress(size, content.size)))
        await filling.fill(content.pieces(filling.restart, begun))
        while True:
            try:
                return await io.run(target.become, name, overwrite=place.overwrite)
            except FileAlreadyExistsError:  # it has come to be there in the meantime
                name = await io.run(place.next_name)
    finally:
        await io.run_shielded(io.run(target.discard))


@define(eq=False)
class Names:
    """Names in one folder, none of them given twice: neither here nor, unless they may be replaced, on the disk."""

    folder: Path
    overwrite: bool = False
    _taken: set[str] = field(factory=set[str], init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def place(self, name: str) -> Place:
        """A place under this name, or the first one like it that is free."""
        return Place(self.folder, self._take(name), lambda: self._take(name), self.overwrite)

    def _take(self, name: str) -> str:
        with self._lock:
            for each in numbered(name):
                # Some file systems take `A.png` for `a.png`, and one form of an umlaut for another.
                key = unicodedata.normalize("NFC", each).casefold()
                if key not in self._taken and (self.overwrite or not os.path.lexists(self.folder / each)):
                    self._taken.add(key)
                    return each
        raise AssertionError("numbers have no end")
