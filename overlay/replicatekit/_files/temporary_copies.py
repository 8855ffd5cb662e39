"""Folders for temporary copies of output files, which are removed when the process ends."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
from pathlib import Path

_lock = threading.Lock()
_root: Path | None = None


def folder_for(url: str) -> Path:
    """The folder for the copy of the file behind a URL. Only this user can read it."""
    return _own_root() / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _own_root() -> Path:
    global _root  # noqa: PLW0603 (one for the process)
    with _lock:
        if _root is None or not _root.is_dir():
            _root = Path(tempfile.mkdtemp(prefix="replicatekit-"))
            atexit.register(_remove, _root, os.getpid())
        return _root


def _remove(root: Path, process: int) -> None:
    if os.getpid() == process:  # not at the end of a fork
        shutil.rmtree(root, ignore_errors=True)
