"""Detects on this machine whether a worker's process has ended."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path


def _this_host() -> str:
    """This machine and its PID namespace: containers may share a hostname."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()]
        parts += [str(Path("/proc/self/ns/pid").readlink())]
    return " ".join(parts)


HOST = _this_host()
LIVE: set[str] = set()
"""The workers of this process."""


def this_process() -> str:
    """This process, distinct from an earlier one with the same PID."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def has_ended(worker: str, host: str, process: str) -> bool:
    """Whether a worker is known to have ended."""
    if host != HOST:
        return False
    return worker not in LIVE if process == this_process() else not _is_running(process)


def _is_running(process: str) -> bool:
    """Whether a process of this machine is running."""
    number, _, started = process.partition(":")
    if sys.platform == "win32":  # where signal 0 is Ctrl-C, and none is harmless
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return _started(int(number)) == started


def _started(pid: int) -> str:
    """A process's start time in ticks; empty if it is unavailable or the process has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if facts[0] == "Z" else facts[19]
