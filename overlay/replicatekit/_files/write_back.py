"""Sync a long file to the disk while it is still being written, so that the final sync is short."""

from __future__ import annotations

import errno
import os
import threading
from typing import IO, TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from threading import Thread

_STEP = 32 * 1024 * 1024  # bytes
_CANNOT_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS}


@define(eq=False)
class WriteBack:
    """Syncs a file in a thread, repeatedly while it grows."""

    file: IO[bytes]
    _unsynced: int = field(default=0, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _error: OSError | None = field(default=None, init=False)

    def add(self, size: int) -> None:
        """Count bytes that were written, and start a sync when they are many.

        Raises:
            OSError: Earlier bytes could not be synced.
        """
        self._unsynced += size
        if self._unsynced >= _STEP and not (self._thread is not None and self._thread.is_alive()):
            self._join()
            self._unsynced = 0
            self._thread = threading.Thread(target=self._sync, name="replicatekit", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Sync everything.

        Raises:
            OSError: A sync failed, here or in the thread: the system reports each failure only once.
        """
        self._join()
        self._sync()
        self._join()

    def close(self) -> None:
        """Close the file, once the thread has ended."""
        if self._thread is not None:
            self._thread.join()
        self.file.close()

    def _sync(self) -> None:
        try:
            os.fsync(self.file.fileno())
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:  # some network and memory file systems have nothing to sync
                self._error = error

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error
