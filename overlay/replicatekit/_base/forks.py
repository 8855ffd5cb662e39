"""Delay a fork while other threads import modules: the child would wait forever for their import locks."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module

_LONGEST = 5.0  # seconds; an import that takes longer may wait for the thread that forks
_PAUSE = 0.005
_STABLE_PASSES = 3

_is_final = False


def wait_for_imports_before_forks(*, loads_logging: bool) -> None:
    """Make each fork wait until no other thread imports a module (a first call imports many).

    `logging` locks itself before a fork, and hooks run in reverse order: only a hook registered after `logging` was
    loaded runs before that, while the importing threads can still log. Call this again until `logging` is loaded.

    Args:
        loads_logging: Whether to import `logging` now; a program without threads may never need it.
    """
    global _is_final  # noqa: PLW0603 (one of the process)
    if _is_final or not hasattr(os, "register_at_fork"):
        return
    if loads_logging:
        import logging  # noqa: F401 # pyright: ignore[reportUnusedImport]
    _is_final = "logging" in sys.modules
    os.register_at_fork(before=_finish_imports if _is_final else _finish_early_imports)


def _finish_early_imports() -> None:
    # If a thread loads `logging` meanwhile, only its unlocking hook runs: Python prints that the lock was not held.
    if not _is_final:
        _finish_imports()


def _finish_imports() -> None:
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        return
    import time

    end, known, stable = time.monotonic() + _LONGEST, 0, 0
    while stable < _STABLE_PASSES and time.monotonic() < end:
        time.sleep(_PAUSE)
        loaded = list(sys.modules)
        for name in loaded:
            with suppress(Exception):  # a module that was removed or replaced, or that fails in its own thread
                import_module(name)  # waits for the thread that loads it
        stable = stable + 1 if len(loaded) == len(sys.modules) == known else 0
        known = len(sys.modules)
