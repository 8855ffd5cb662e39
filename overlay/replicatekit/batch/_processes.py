"""Whether a worker is still there, as far as this machine can tell."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path


def _this_host() -> str:
    """This machine, and what of its processes can be seen from here: containers may share a name."""
    seen = [socket.gethostname()]
    with contextlib.suppress(OSError):
        seen += [Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()]
        seen += [str(Path("/proc/self/ns/pid").readlink())]
    return " ".join(seen)


HOST = _this_host()
LIVE: set[str] = set()
"""The workers of this process."""


def this_process() -> str:
    """This process, distinguished from an earlier one with the same number."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def has_ended(worker: str, host: str, process: str) -> bool:
    """Whether a worker is known to have ended."""
    if host != HOST:
        return False
    return worker not in LIVE if process == this_process() else not _is_running(process)


def _is_running(process: str) -> bool:
    """Whether a process of this machine is still there."""
    number, _, started = process.partition(":")
    if sys.platform == "win32":  # where no signal is harmless: 0 is Ctrl-C
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return _started(int(number)) == started


def _started(pid: int) -> str:
    """When a process began, in ticks; empty if the system does not say, or the process has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if facts[0] == "Z" else facts[19]
