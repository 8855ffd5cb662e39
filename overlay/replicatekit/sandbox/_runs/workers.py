"""Reused daemon threads that run models: starting a thread costs more than most of the sandbox's models."""

from __future__ import annotations

import threading
from contextvars import Context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], bool]
    """Runs a model; returns whether its thread can be reused."""

_IDLE_SECONDS = 2.0
_MAX_IDLE = 64


class Workers:
    """Runs each piece of work at once: in an idle thread, or in a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = 0

    def submit(self, work: Work) -> None:
        """Run work in a separate thread."""
        with self._lock:
            if self._idle:
                self._idle -= 1
                self._queue.put(work)
                return
        threading.Thread(target=self._run, args=(work,), name="sandbox-model", daemon=True).start()

    def close(self) -> None:
        """End the idle threads."""
        with self._lock:
            for _ in range(self._idle):
                self._queue.put(None)
            self._idle = 0

    def _run(self, work: Work | None) -> None:
        while work is not None and Context().run(work):
            work = self._next()

    def _next(self) -> Work | None:
        with self._lock:
            if self._idle >= _MAX_IDLE:
                return None
            self._idle += 1
        try:
            return self._queue.get(timeout=_IDLE_SECONDS)
        except Empty:
            with self._lock:
                if self._idle:
                    self._idle -= 1
                    return None
            return self._queue.get()  # `submit` has just assigned work to this thread
