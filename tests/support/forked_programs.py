"""Programs that find loaded what takes most of their time to load: forks of a process that has loaded it.

A fork runs a Python file from its first line as `python file ...` does, with streams, a folder and an environment of
its own. What the interpreter does at its start and at its very end, and what asks for a terminal, it cannot show.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def modules_of(package: str, *, without: tuple[str, ...] = ()) -> list[str]:
    """The names of all modules in a package, but for packages in it."""
    names = [each.name for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")]
    return [name for name in names if not name.startswith(without)]


class ForkedPrograms:
    """Runs programs in forks, one after another."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._answers = channel.makefile("rb")

    def close(self) -> None:
        self._answers.close()

    def run(
        self, words: Sequence[object], *, cwd: Path, env: Mapping[str, str], stdin: bytes = b"", timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a Python file with arguments to its end; its stdin is no longer than a pipe holds."""
        asked = json.dumps({"words": [str(word) for word in words], "cwd": str(cwd), "env": dict(env)})
        ends = [os.pipe() for _ in range(3)]
        (given, stdin_end), (out, out_end), (err, err_end) = ends
        socket.send_fds(self._channel, [b"\n"], [given, out_end, err_end])
        self._channel.sendall(asked.encode() + b"\n")
        for descriptor in (given, out_end, err_end):
            os.close(descriptor)
        pid = int(self._answers.readline())
        with suppress(BrokenPipeError), os.fdopen(stdin_end, "wb") as pipe:
            pipe.write(stdin)
        with os.fdopen(out, "rb", 0) as out_pipe, os.fdopen(err, "rb", 0) as err_pipe:
            try:
                said = _read_all(out_pipe, err_pipe, timeout=timeout)
            except subprocess.TimeoutExpired:
                os.kill(pid, signal.SIGKILL)
                raise
            finally:
                code = int(self._answers.readline())
        return subprocess.CompletedProcess(words, code, *said)


def _read_all(*pipes: IO[bytes], timeout: float) -> list[bytes]:
    said = dict.fromkeys(pipes, b"")
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(timeout)
            if not ready:
                raise subprocess.TimeoutExpired("a fork", timeout)
            for key, _ in ready:
                part = os.read(key.fd, 65536)
                said[key.fileobj] += part
                if not part:
                    selector.unregister(key.fileobj)
    return list(said.values())


@contextmanager
def forked_programs(modules: Sequence[str], *options: str, env: Mapping[str, str]) -> Iterator[ForkedPrograms]:
    """Start the process that loads these modules and forks; it ends with this context."""
    here, there = socket.socketpair()
    command = [sys.executable, *options, __file__, str(there.fileno()), *modules]
    with here, subprocess.Popen(command, env=dict(env), pass_fds=[there.fileno()]) as process:
        there.close()
        programs = ForkedPrograms(here)
        try:
            yield programs
        finally:
            programs.close()
            here.shutdown(socket.SHUT_RDWR)
            process.wait(60)


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each program that is asked for; return what was asked for in the fork, and nothing at the end."""
    requests = channel.makefile("rb")
    while True:
        mark, descriptors, _, _ = socket.recv_fds(channel, 1, 3)
        if not mark:
            return None
        asked = requests.readline()
        pid = os.fork()
        if pid == 0:
            requests.close()
            channel.close()
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.close(descriptor)
            return json.loads(asked)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _reopen_streams() -> None:
    """Have streams of the descriptors as they are now, as the interpreter has them when it starts."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        binary = os.fdopen(number, "wb" if number else "rb", closefd=False)
        text = io.TextIOWrapper(binary, encoding=old.encoding, errors=old.errors, line_buffering=number == 2)
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)


def _main(number: str, *modules: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in modules:
        with suppress(ImportError):  # a package that it needs is optional, and not installed
            importlib.import_module(module)
    gc.collect()
    gc.freeze()
    asked = _serve(socket.socket(fileno=int(number)))
    if asked is None:
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _reopen_streams()
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = asked["words"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    code: object = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as leaving:
        code = leaving.code or 0
    if not isinstance(code, int):
        sys.exit(code)
    _leave(code)


def _leave(code: int) -> None:
    """End as the interpreter does, but for clearing its memory, which takes longer than most programs."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _main(*sys.argv[1:])
