"""Bring a long file to the disk while it is still being written, so that the sync at its end is short."""

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
    """Syncs a file in a thread, again and again while it grows."""

    file: IO[bytes]
    _unsynced: int = field(default=0, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _error: OSError | None = field(default=None, init=False)

    def written(self, size: int) -> None:
        """So many bytes more were written.

        Raises:
            OSError: Earlier ones could not be brought to the disk.
        """
        self._unsynced += size
        if self._unsynced >= _STEP and not (self._thread is not None and self._thread.is_alive()):
            self._end()
            self._unsynced = 0
            self._thread = threading.Thread(target=self._sync, name="replicatekit", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Bring everything to the disk.

        Raises:
            OSError: That failed. The system says so only once, so a failure in the thread counts as well.
        """
        self._end()
        self._sync()
        self._end()

    def close(self) -> None:
        """Close the file, when the thread has ended."""
        if self._thread is not None:
            self._thread.join()
        self.file.close()

    def _sync(self) -> None:
        try:
            os.fsync(self.file.fileno())
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:  # some network and memory file systems have nothing to sync
                self._error = error

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error
