"""Children of a fork, whatever the threads of the parent do meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, threading, time
import replicatekit

client = replicatekit.Client()
thread = threading.Thread(target=client.account.get)
thread.start()
time.sleep(float(sys.argv[1]))
child = os.fork()
if child == 0:
    signal.alarm(30)  # ends the child if it waits for ever
    print(replicatekit.Client().account.get().username, client.account.get().username, flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
thread.join()
print(status, client.account.get().username)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("seconds", [0.0, 0.002, 0.02, 0.05, 0.1])
def test_a_child_forked_while_a_thread_makes_the_first_call_works(sandbox, seconds):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seconds)],
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["sandbox", "sandbox", "0", "sandbox"], done.stderr


FIRST_RUN = """
import os, signal, sys, threading, time
import replicatekit

thread = threading.Thread(target=lambda: replicatekit.run("sandbox/hello", {"text": "parent"}))
thread.start()
time.sleep(float(sys.argv[1]))
child = os.fork()
if child == 0:
    signal.alarm(30)
    print(replicatekit.run("sandbox/hello", {"text": "child"}), flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
thread.join()
print(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05])
def test_a_child_forked_while_a_thread_first_uses_the_module_works_in_silence(sandbox, seconds):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST_RUN, str(seconds)],
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
    )
    assert (done.stdout.splitlines(), done.stderr) == (["hello child", "0"], "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.01, 0.05])
def test_the_same_where_the_module_was_imported_before_threads_were(sandbox, seconds):
    program = "import replicatekit\n" + FIRST_RUN
    done = subprocess.run(
        [sys.executable, "-c", program, str(seconds)],
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["hello child", "0"], done.stderr
