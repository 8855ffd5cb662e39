"""Write a file under a temporary name beside its destination, so that the final name never shows a part of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attrs import define, field

from replicatekit._files.names import NAME_LIMIT, safe_name
from replicatekit._files.write_back import WriteBack
from replicatekit.errors import FileAlreadyExistsError, LocalFileError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator


@contextlib.contextmanager
def local_file_errors(what: str | os.PathLike[str], prediction_id: str | None = None) -> Generator[None]:
    """Raise an error of this machine's file system as a `LocalFileError` about `what`."""
    try:
        yield
    except ReplicateError:
        raise  # some of this package's errors are OSErrors too
    except OSError as error:
        raise _local_file_error(what, error, prediction_id) from error


def _local_file_error(what: str | os.PathLike[str], error: OSError, prediction_id: str | None) -> LocalFileError:
    """The error for a failure of this machine's file system."""
    reason = error.strerror or str(error) or type(error).__name__
    return LocalFileError(f"{os.fspath(what)} cannot be written: {reason}", cause=error, prediction_id=prediction_id)


def already_exists(path: Path) -> FileAlreadyExistsError:
    """The error for a target that may not be replaced."""
    return FileAlreadyExistsError(f"{path} already exists; pass overwrite=True to replace it")


def is_folder(target: str | os.PathLike[str]) -> bool:
    """Whether a target is a folder to put a file into: an existing one, or a path that ends in a slash."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return os.fspath(target).endswith(separators) or Path(target).is_dir()


def numbered_names(name: str) -> Iterator[str]:
    """The name, then `name-2`, `name-3`, ... with its extension."""
    yield name
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, f".{extension}") if dot and stem else (name, "")
    number = 2
    while True:
        yield f"{stem}-{number}{extension}"
        number += 1


@define(eq=False)
class AtomicFile:
    """One file that is being written into the folder of its destination. Every method blocks.

    Failures of the file system are raised as `LocalFileError`.
    """

    folder: Path
    prediction_id: str | None = None
    """For the errors."""
    _path: Path = field(init=False)
    _file: IO[bytes] | None = field(default=None, init=False)
    _back: WriteBack = field(init=False)

    def open(self, name: str) -> None:
        """Create the file, under a temporary name that resembles `name`."""
        short = safe_name(name, limit=NAME_LIMIT // 2)
        self._path = self.folder / f".{short}.{secrets.token_hex(6)}.part"
        # Not `tempfile`: only the owner could read the file that it makes, even after the rename.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        with local_file_errors(self.folder / name, self.prediction_id):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self._path, flags, 0o666), "wb", buffering=0)
            self._back = WriteBack(self._file)

    def write(self, chunks: Iterable[bytes]) -> None:
        """Append these bytes."""
        if self._file is None:
            raise ValueError("the file is not open")
        try:
            for chunk in chunks:
                written = self._file.write(chunk)
                while written < len(chunk):  # an unbuffered write may be partial
                    written += self._file.write(memoryview(chunk)[written:])
                self._back.add(written)
        except OSError as error:
            raise _local_file_error(self._path, error, self.prediction_id) from error

    def restart(self) -> None:
        """Drop everything that was written."""
        if self._file is not None:
            with local_file_errors(self._path, self.prediction_id):
                self._file.seek(0)
                self._file.truncate()

    def commit(self, name: str, *, overwrite: bool) -> Path:
        """Give the complete file its name, once its bytes are on the disk.

        Raises:
            FileAlreadyExistsError: A file of that name exists, and may not be replaced.
            LocalFileError: The file system failed, or the name is that of a device or a pipe.
        """
        final = self.folder / name
        with local_file_errors(final, self.prediction_id):
            self._close(sync=True)
            if overwrite:
                if final.exists() and not final.is_file() and not final.is_dir():
                    known = self.prediction_id
                    raise LocalFileError(f"{final} cannot be written: it is not a regular file", prediction_id=known)
                self._path.replace(final)
            elif not _rename_to_new(self._path, final):
                raise already_exists(final)
        return final

    def abort(self) -> None:
        """Remove what was written, unless it was committed."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _close(self, *, sync: bool = False) -> None:
        if self._file is not None and not self._file.closed:
            try:
                if sync:
                    self._back.finish()
            finally:
                self._back.close()


def _rename_to_new(part: Path, final: Path) -> bool:
    """Rename without ever replacing an existing file, and return whether that worked."""
    try:
        if os.name == "nt":
            part.rename(final)  # on Windows, never replaces a file
            return True
        os.link(part, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if os.path.lexists(final):
            return False
        part.rename(final)
    else:
        part.unlink()
    return True
