"""The end of a process, and the threads of native code that may still be on their way out of Python.

Python ends a thread that asks for its lock while the interpreter ends, and pyreqwest's does not survive that: the
process is aborted after all has been done. So the end waits for a moment after the last call.
"""

from __future__ import annotations

import atexit
import time

__all__ = ["touched"]

_MOMENT = 0.05  # seconds; a thread needs microseconds, and a loaded machine lets it wait
_touches = [-_MOMENT]


def touched() -> None:
    """Native code was called, or gave something back."""
    _touches[0] = time.monotonic()


def _settle() -> None:
    # In steps: between them, whoever waits for Python's lock gets it.
    while time.monotonic() < _touches[0] + _MOMENT:
        time.sleep(_MOMENT / 10)


atexit.register(_settle)
