"""The MD5 of what comes in: computed in a thread beside it where there is much of it, so that it costs no time."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["Digest"]

_BATCH = 512 * 1024


class Digest:
    """Takes the pieces of a file one after another. To be closed."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        self._start()

    def _start(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)  # a checksum: the store's own choice
        self._waiting: list[bytes] = []
        self._size = 0

    def update(self, piece: bytes) -> None:
        """The next piece."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= _BATCH:
            self._hand_over()

    def restart(self) -> None:
        """Everything from the beginning."""
        self._settle()
        self._start()

    def hexdigest(self) -> str:
        """Of everything that was taken."""
        self._settle()
        self._take(self._waiting)
        self._waiting = []
        return self._md5.hexdigest()

    def close(self) -> None:
        """Let the thread go."""
        if self._thread is not None:
            self._thread.shutdown()

    def _hand_over(self) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "replicatekit-digest")
        self._settle()  # no more than one batch behind: memory stays what it is
        self._last = self._thread.submit(self._take, self._waiting)
        self._waiting, self._size = [], 0

    def _settle(self) -> None:
        if self._last is not None:
            self._last.result()

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._md5.update(piece)
