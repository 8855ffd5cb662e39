"""When the connections of a transport may be closed."""

from __future__ import annotations

from replicatekit._base.locks import fork_safe_lock

__all__ = ["Usage"]


class Usage:
    """Counts the requests in progress, so that the last one closes what is no longer needed.

    A connection that is closed while a thread waits for its response may leave the thread waiting.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self.closes_with_loop = False
        """Whether the event loop closes it at its end."""
        self._lock = fork_safe_lock()
        self._requests = 0
        self._must_close = False

    def acquire(self) -> None:
        """A request begins."""
        with self._lock:
            self._requests += 1

    def release(self) -> bool:
        """A request has ended. Whether it was the last one of a transport that is to be closed."""
        with self._lock:
            self._requests -= 1
            is_last = self._must_close and self._requests == 0
            self._must_close = self._must_close and not is_last
            return is_last

    def may_close(self) -> bool:
        """Whether it may be closed now; else its last request is to close it."""
        with self._lock:
            self._must_close = self._requests > 0
            return not self._must_close
