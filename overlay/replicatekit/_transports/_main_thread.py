"""Calls into native code that waits, from the main thread: Ctrl-C has to be able to break them off.

Python tells of a signal in the main thread alone, and only between two steps of Python. So another thread makes the
call, and the main thread waits for it in a way that a signal ends.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from replicatekit._base.locks import fork_safe_lock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MainThread", "is_main_thread"]

T = TypeVar("T")

_PATIENCE = 1.0  # seconds for which a call that was given up is waited for


def is_main_thread() -> bool:
    """Whether signals arrive in this thread."""
    return threading.current_thread() is threading.main_thread()


class MainThread:
    """Makes calls for the main thread, one after another."""

    def __init__(self) -> None:
        self._lock = fork_safe_lock()
        self._calls: SimpleQueue[_Call[Any]] | None = None

    def call(self, function: Callable[[], T], give_up: Callable[[], object]) -> T:
        """What `function` returns.

        Args:
            function: What waits.
            give_up: Makes it return at once; called where a signal breaks the waiting off.
        """
        call = _Call(function)
        self._queue().put(call)
        try:
            call.done.acquire()
        except BaseException:
            give_up()
            call.done.acquire(timeout=_PATIENCE)
            raise
        if call.error is not None:
            # Without this frame's hold on it, it would keep itself alive.
            try:
                raise call.error
            finally:
                del call
        return call.result  # pyright: ignore[reportReturnType]

    def _queue(self) -> SimpleQueue[_Call[Any]]:
        with self._lock:
            if self._calls is None:
                self._calls = SimpleQueue()
                # A daemon: it waits for calls as long as there is a process.
                threading.Thread(target=_serve, args=(self._calls,), name="replicatekit", daemon=True).start()
            return self._calls

    def close(self) -> None:
        """End the thread; the next call begins another."""
        with self._lock:
            calls, self._calls = self._calls, None
        if calls is not None:
            calls.put(_Call(None))


class _Call(Generic[T]):
    def __init__(self, function: Callable[[], T] | None) -> None:
        self.function = function
        self.result: T | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def make(self, function: Callable[[], T]) -> None:
        try:
            self.result = function()
        except BaseException as error:  # noqa: BLE001 (it is raised where it was called for)
            self.error = error
        finally:
            self.done.release()


def _serve(calls: SimpleQueue[_Call[Any]]) -> None:
    while True:
        call = calls.get()
        if call.function is None:
            return
        call.make(call.function)
        del call
