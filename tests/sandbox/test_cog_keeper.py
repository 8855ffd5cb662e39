"""The script that keeps Cog's processes no longer than the sandbox lives; any command does for its tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from sandbox_help import until

from replicatekit.sandbox._cog import process_guard as _cog_keeper


def keep(code):
    command = [sys.executable, "-I", _cog_keeper.__file__, sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def ends(process):
    """Reads the rest and closes the pipes, and gives the exit code."""
    with process:
        process.stdout.read()
    return process.returncode


def let_go(process):
    """Closes its input and gives the exit code."""
    process.communicate(timeout=30)
    return process.returncode


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
time.sleep({seconds})
"""


def test_it_passes_on_what_the_command_says_and_its_exit_code():
    process = keep("print('hello'); raise SystemExit(7)")
    assert process.stdout.readline() == "hello\n"
    assert ends(process) == 7


def test_a_command_that_was_killed_has_the_exit_code_of_a_shell():
    process = keep("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert ends(process) == 128 + signal.SIGKILL


def test_the_command_ends_with_its_input():
    process = keep("import time; print('ready', flush=True); time.sleep(60)")
    assert process.stdout.readline() == "ready\n"
    assert let_go(process) == 128 + signal.SIGTERM


def test_a_command_that_does_not_want_to_end_is_killed_with_its_children():
    process = keep(FAMILY.format(seconds=60))
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert let_go(process) == 128 + signal.SIGKILL
    until(lambda: not any(map(is_there, pids)))


def test_children_that_a_command_leaves_behind_are_killed():
    process = keep(FAMILY.format(seconds=0))
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert ends(process) == 0
    until(lambda: not any(map(is_there, pids)))


def test_it_ends_when_it_is_told_to_and_not_by_ctrl_c():
    process = keep("import time; print('ready', flush=True); time.sleep(60)")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    process.terminate()
    process.wait(20)
    assert ends(process) == 128 + signal.SIGTERM
