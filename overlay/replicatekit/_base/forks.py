"""Forks of a process whose other threads import modules: the child would wait for ever for their import locks."""

from __future__ import annotations

import logging  # noqa: F401 # pyright: ignore[reportUnusedImport] (see below)
import os
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module

__all__ = ["wait_for_imports_before_forks"]

# `logging` locks itself before a fork, and what is registered last runs first: it is loaded before, so that the threads
# that are waited for can log, and so that it is not loaded between its lock and its unlock.
_LONGEST = 5.0  # seconds; an import that takes longer may wait for the thread that forks
_PAUSE = 0.005
_STABLE_PASSES = 3


def wait_for_imports_before_forks() -> None:
    """From now on, let a fork wait until no other thread imports a module (a first call imports many)."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_finish_imports)


def _finish_imports() -> None:
    if threading.active_count() == 1:
        return
    end, known, stable = time.monotonic() + _LONGEST, 0, 0
    while stable < _STABLE_PASSES and time.monotonic() < end:
        time.sleep(_PAUSE)
        loaded = list(sys.modules)
        for name in loaded:
            with suppress(Exception):  # a module that was removed or replaced, or that fails in its own thread
                import_module(name)  # waits for the thread that loads it
        stable = stable + 1 if len(loaded) == len(sys.modules) == known else 0
        known = len(sys.modules)
