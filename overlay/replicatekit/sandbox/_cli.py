"""The sandbox's console: prints the environment variables to set, shows requests, and ends with Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import runpy
import signal
import sys
import textwrap
import threading
import traceback
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from replicatekit.sandbox._cog.folder import CogError
from replicatekit.sandbox._network.recorder import printable
from replicatekit.sandbox._sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import FrameType

    from replicatekit.sandbox._network.recorder import RecordedRequest

_MODEL_RUN = re.compile(r"/v1/models/([^/]+/[^/]+)/predictions")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sandbox until it is interrupted, and return the exit code."""
    options = make_parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    try:
        sandbox = _start(options)  # Cog may take long to start, and Ctrl-C ends the wait
    except KeyboardInterrupt:
        return 130
    except (OSError, LookupError, ValueError, ImportError, CogError) as error:
        message = printable(_describe(error), keep="\n")
        print(f"error: {message}", file=sys.stderr)  # noqa: T201 - this is the command line
        return 2
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    with contextlib.closing(sandbox), sandbox:
        if not options.quiet:
            sandbox.on_request(lambda request: show(request, sandbox.models))
        for name, value in sandbox.environment.items():
            _print(f"export {name}={value}")
        _comment(f"models: {', '.join(sorted(sandbox.models))}")
        _comment("paste the two export lines where your program runs; Ctrl-C stops the sandbox")
        while not stop.wait(0.5):
            pass
    _print(f"# stopped after {sandbox.creates} predictions and trainings")
    return 0


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:  # without the errno that `str` begins with
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return str(error)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m replicatekit.sandbox",
        description="Run Replicate's API on this machine, with the models that the documentation names.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, help="a Python file that defines a Sandbox named `sandbox`, with its models"
    )
    parser.add_argument("--port", type=_port, help="the API's port (default: a free one)")
    parser.add_argument("--token", help="the token that it accepts (default: a generated one)")
    parser.add_argument("--state", type=Path, help="a file that keeps the sandbox's state over a restart")
    parser.add_argument("--speed", type=_speed, help="how many times faster the API's own clock runs (default: 1)")
    parser.add_argument(
        "--cog", type=Path, action="append", default=[], metavar="FOLDER", help="a folder with a Cog model; repeatable"
    )
    parser.add_argument("--cog-python", type=Path, metavar="PYTHON", help="the Python that has Cog (default: this one)")
    parser.add_argument("--quiet", action="store_true", help="do not show the requests")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text[:9]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a port; choose a number from 0 to 65535")
    return int(text[:9])


def _speed(text: str) -> float:
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 < value < float("inf"):
            return value
    raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a speed; choose a number above 0, such as 10")


def _start(options: argparse.Namespace) -> Sandbox:
    sandbox = _make(options)
    try:
        for folder in options.cog:
            sandbox.cog(folder, python=options.cog_python)
        return sandbox.start()
    except BaseException:
        sandbox.close()
        raise


def _make(options: argparse.Namespace) -> Sandbox:
    settings = {"port": options.port, "token": options.token, "path": options.state, "speed": options.speed}
    settings = {name: value for name, value in settings.items() if value is not None}
    if options.file is None:
        return Sandbox(demo=True, **settings)
    if settings:
        names = ", ".join("--state" if name == "path" else f"--{name}" for name in settings)
        raise LookupError(f"{options.file} makes its own sandbox: set {names} there")
    sandbox = _run_file(options.file).get("sandbox")
    if isinstance(sandbox, Sandbox):
        return sandbox
    raise LookupError(f"{options.file} defines no Sandbox named `sandbox`")


def _run_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        return runpy.run_path(str(path))
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f"{path}, line {lines[-1]}" if lines else str(path)
        raise LookupError(f"{where}: {type(error).__name__}: {error}") from error


def show(request: RecordedRequest, models: Collection[str] = ()) -> None:
    """Print a request and its status.

    Args:
        request: The request.
        models: The models of the sandbox. The API returns 404 for a model that is not official.
    """
    status = "cut" if request.status is None else str(request.status)
    note = ""
    if request.fault:
        note = "  (requested fault)"
    elif request.status == 404 and (run := _MODEL_RUN.fullmatch(request.path)) and run[1] in models:
        note = "  (not an official model: it is run by its version)"
    _print(f"{status} {request}{note}")


def _comment(text: str) -> None:
    """Print a shell comment, wrapped to the terminal's width."""
    width = get_terminal_size().columns - len("# ") if sys.stdout.isatty() else len(text)
    for line in textwrap.wrap(text, max(width, 20), break_on_hyphens=False):
        _print(f"# {line}")


def _print(line: str) -> None:
    try:
        print(printable(line), flush=True)  # noqa: T201 - this is the command line
    except BrokenPipeError:
        # The reader of the output has exited; the sandbox keeps serving, without output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
