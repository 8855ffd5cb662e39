"""A file on its way to the disk: written beside where it will stand, and never there before it is whole."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attrs import define, field

from replicatekit._files.names import NAME_LIMIT, safe_name
from replicatekit.errors import FileAlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Target", "is_folder", "numbered"]


def is_folder(given: str | os.PathLike[str]) -> bool:
    """Whether a file is to be put into what was given, under its own name: a folder, or what is written like one."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return os.fspath(given).endswith(separators) or Path(given).is_dir()


def numbered(name: str) -> Iterator[str]:
    """The name, then `name-2`, `name-3`, ... with its extension."""
    yield name
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, f".{extension}") if dot and stem else (name, "")
    number = 2
    while True:
        yield f"{stem}-{number}{extension}"
        number += 1


@define(eq=False)
class Target:
    """One file that is being written, in the folder where it will stand. All of it blocks."""

    folder: Path
    _path: Path = field(init=False)
    _file: IO[bytes] | None = field(default=None, init=False)

    def open(self, name: str) -> None:
        """Begin to write, under a name of its own that resembles `name`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        short = safe_name(name, limit=NAME_LIMIT // 2)
        self._path = self.folder / f".{short}.{secrets.token_hex(6)}.part"
        # Not `tempfile`: what it makes only its owner may read, and so would the file that it becomes.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(self._path, flags, 0o666), "wb", buffering=0)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Add these bytes."""
        if self._file is None:
            raise ValueError("it is not open")
        for piece in pieces:
            written = self._file.write(piece)
            while written < len(piece):  # an unbuffered file may take less than it is given
                written += self._file.write(memoryview(piece)[written:])

    def restart(self) -> None:
        """Forget what was written."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()

    def become(self, name: str, *, overwrite: bool) -> Path:
        """It is whole: give it its name.

        Raises:
            FileAlreadyExistsError: There is a file of that name, and it is not to be replaced.
        """
        final = self.folder / name
        self._close()
        if overwrite:
            self._path.replace(final)
        else:
            _claim(self._path, final)
        return final

    def discard(self) -> None:
        """Let go of it: what was written is removed, unless it has its name by now."""
        if self._file is not None:
            self._close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()


def _claim(part: Path, final: Path) -> None:
    """Rename, but never over what is there: not even over what has come to be there a moment ago."""
    try:
        if os.name == "nt":
            part.rename(final)  # refuses by itself there
            return
        os.link(part, final)
    except FileExistsError:
        raise FileAlreadyExistsError(f"{final} exists, and is kept: overwrite=True replaces it") from None
    except OSError:  # a file system without links
        if os.path.lexists(final):
            raise FileAlreadyExistsError(f"{final} exists, and is kept: overwrite=True replaces it") from None
        part.rename(final)
    else:
        part.unlink()
