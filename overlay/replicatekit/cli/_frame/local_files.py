"""Files that a command reads and writes on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from replicatekit.errors import FileAlreadyExistsError, LocalFileError


def read_file(path: str) -> bytes:
    """The content of a file; of stdin for `-`.

    Raises:
        LocalFileError: The file cannot be read.
    """
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise LocalFileError(f"{path!r} cannot be read: {error.strerror}", cause=error) from None


def read_text(path: str) -> str:
    """The text in a file, or in stdin for `-`.

    Raises:
        LocalFileError: The file cannot be read, or is not UTF-8.
    """
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as error:
        raise LocalFileError(f"{path!r} is not text in UTF-8: {error.reason}") from None


def write_file(path: str | Path, text: str, *, replaces: bool) -> None:
    """Write a file.

    Raises:
        FileAlreadyExistsError: The file exists, and `replaces` is False.
        LocalFileError: The file cannot be written.
    """
    try:
        with Path(path).open("w" if replaces else "x", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        raise FileAlreadyExistsError(f"{str(path)!r} exists: add --force to replace it") from None
    except OSError as error:
        raise LocalFileError(f"{str(path)!r} cannot be written: {error.strerror}", cause=error) from None
