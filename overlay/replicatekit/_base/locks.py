"""Locks that are released in a forked child, whichever thread of the parent held them."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from weakref import WeakSet

_locks: WeakSet[threading.Lock] = WeakSet()


def fork_safe_lock() -> threading.Lock:
    """Return a lock that is free in a forked child. The guarded state must be consistent at any time."""
    lock = threading.Lock()
    _locks.add(lock)
    return lock


def _release_all() -> None:
    for lock in list(_locks):
        with suppress(RuntimeError):  # nobody held it
            lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_all)
