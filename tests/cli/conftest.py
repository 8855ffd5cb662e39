"""The real executable against a sandbox, mostly in a fork of a process that has loaded what it loads."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from support.forked_programs import forked_programs, modules_of

from replicatekit.sandbox import Sandbox

EXECUTABLE = Path(sys.executable).with_name("replicatekit")
NOT_PASSED = ("CI", "NO_COLOR", "COLUMNS", "TMUX", "TERM_PROGRAM", "KITTY_WINDOW_ID", "LC_TERMINAL")


def environment():
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED}
    return {**kept, "PYTHONPATH": str(Path(__file__).with_name("as_installed"))}


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Program(subprocess.Popen):
    """A program that ends with a test that fails while it runs, which would wait for it otherwise."""

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, traceback)


class Cli:
    """Starts the executable with the sandbox's token and URL."""

    executable = EXECUTABLE

    def __init__(self, sandbox, folder, forked):
        self.sandbox = sandbox
        self.folder = folder
        self.forked = forked
        self.env = {
            **environment(),
            **sandbox.environment,
            "REPLICATEKIT_CACHE_DIR": str(folder / "cache"),
            "TERM": "xterm-256color",
        }

    def with_variables(self, env):
        return {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}

    def start(self, *words, env=None, **options):
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [EXECUTABLE, *map(str, words)]
        return Program(command, cwd=self.folder, env=self.with_variables(env), **options)

    def __call__(self, *words, stdin=b"", env=None):
        done = self.forked.run([EXECUTABLE, *words], cwd=self.folder, env=self.with_variables(env), stdin=stdin)
        return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def in_terminal(self, *words, typed=b"", env=None, until=None, then=None):
        """Run it in a pseudo-terminal; return the exit code and all that the terminal was sent."""
        main, side = pty.openpty()
        process = self.start(*words, env=env, stdin=side, stdout=side, stderr=side, start_new_session=True)
        os.close(side)
        seen, deadline = b"", time.monotonic() + 120
        os.write(main, typed)
        try:
            while time.monotonic() < deadline:
                if not select.select([main], [], [], 0.1)[0]:
                    if process.poll() is not None:
                        break
                    continue
                try:
                    part = os.read(main, 65536)
                except OSError:  # Linux: the other side is closed
                    break
                if not part:
                    break
                seen += part
                if until is not None and until in seen:
                    until = None
                    then(process)
            code = process.wait(timeout=60)
        finally:
            process.kill()
            process.wait()
            os.close(main)
        return code, seen.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox(demo=True) as running:
        yield running


@pytest.fixture(scope="session")
def forked():
    loaded = modules_of("replicatekit", without=("replicatekit.compat", "replicatekit.sandbox"))
    with forked_programs(loaded, env=environment()) as programs:
        yield programs


@pytest.fixture
def cli(sandbox, tmp_path, forked):
    return Cli(sandbox, tmp_path, forked)
