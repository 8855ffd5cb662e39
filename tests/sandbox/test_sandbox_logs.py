"""What models print, while others print too."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import threading
from replicatekit.sandbox._models.logs import captured

ended = threading.Event()

def print_on():
    while not ended.is_set():
        print("", end="")

def run():
    for _ in range(300):
        with captured(lambda text: None):
            print("a line")

threads = [threading.Thread(target=print_on) for _ in range(3)]
for thread in threads:
    thread.start()
run()
ended.set()
"""


def test_a_thread_may_print_while_another_ones_capture_ends():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
