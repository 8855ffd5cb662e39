"""Runs a command until standard input closes, then stops it and all processes that it started.

A killed process cannot stop its children, but its end of a pipe always closes. The Python of a model's
environment runs this script, and may be older than ours: it uses the standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE = 1.0


def main(command: list[str]) -> int:
    """Run a command, and return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process at the other end of the pipe handles Ctrl-C
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - its purpose

    def pass_on(_: int, __: object) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, pass_on)
    threading.Thread(target=_stop_at_end_of_input, args=(child,), daemon=True).start()
    code = child.wait()
    _kill_all(child)
    return code if code >= 0 else 128 - code


def _stop_at_end_of_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1):
        pass
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        _kill_all(child)


def _kill_all(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
