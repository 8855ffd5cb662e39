"""A cancel token: setting it, from any thread or task, cancels the runs that were given it, here and at the API."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from replicatekit._base.deadline import LONGEST
from replicatekit._base.locks import fork_safe_lock
from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class CancelToken:
    """Cancels the runs that it was passed to, from any thread or task.

    token = CancelToken()
    threading.Timer(30, token.cancel).start()
    client.run("owner/name", {"prompt": "..."}, cancel=token)
    """

    __slots__ = ("_lock", "_set", "_watchers")

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = fork_safe_lock()
        self._watchers: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"CancelToken({'set' if self.is_set else 'not set'})"

    @property
    def is_set(self) -> bool:
        """Whether `cancel` was called."""
        return self._set.is_set()

    def cancel(self) -> None:
        """Cancel the runs. This returns at once; each run ends when the API has been told."""
        with self._lock:
            if self._set.is_set():
                return
            self._set.set()
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()

    def wait(self, seconds: float | None = None) -> bool:
        """Block until `cancel` is called, and return whether it was.

        Args:
            seconds: How long to wait at most. None: no limit.

        Raises:
            InvalidArgument: `seconds` is not a number.
        """
        is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if seconds is not None and not (is_number and (seconds <= 0 or seconds > 0)):  # NaN is neither
            raise InvalidArgument(f"seconds must be a number, or None, not {format_value(seconds)}")
        if seconds is not None and not seconds < LONGEST:
            seconds = None
        end = None if seconds is None else time.monotonic() + seconds
        left = seconds
        # In pieces, so that Ctrl-C is noticed on every system.
        while not self._set.wait(1.0 if left is None else max(min(left, 1.0), 0.0)):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return self.is_set
        return True

    @contextmanager
    def watched(self, watcher: Callable[[], None]) -> Generator[None]:
        """Within this `with` block, call `watcher` when `cancel` is called; at once if it was called already."""
        with self._lock:
            is_set = self._set.is_set()
            self._watchers.append(watcher)
        if is_set:
            watcher()
        try:
            yield
        finally:
            with self._lock:
                self._watchers.remove(watcher)
