"""The sandbox from the command line: prints what to set, shows requests as they come, ends with Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from replicatekit.sandbox._cog.folder import CogError
from replicatekit.sandbox._sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from replicatekit.sandbox._network.recorder import RecordedRequest


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a sandbox until it is interrupted, and gives the exit code."""
    options = make_parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    try:
        sandbox = _start(options)  # it may take long, and Ctrl-C ends it
    except KeyboardInterrupt:
        return 130
    except (OSError, LookupError, CogError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - this is the command line
        return 2
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    with contextlib.closing(sandbox), sandbox:
        if not options.quiet:
            sandbox.on_request(show)
        for name, value in sandbox.environment.items():
            _say(f"export {name}={value}")
        _say(f"# models: {', '.join(sorted(sandbox.models))}")
        _say("# Ctrl-C stops it")
        while not stop.wait(0.5):
            pass
    _say(f"# stopped after {sandbox.creates} predictions and trainings")
    return 0


def make_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m replicatekit.sandbox", description="Replicate's API on this machine."
    )
    parser.add_argument(
        "file", nargs="?", type=Path, help="a Python file that makes a Sandbox named `sandbox`, with models"
    )
    parser.add_argument("--port", type=int, help="the API's port (default: a free one)")
    parser.add_argument("--token", help="the token that opens it (default: a made-up one)")
    parser.add_argument("--state", type=Path, help="a file that keeps its state over a restart")
    parser.add_argument("--speed", type=float, help="how many times faster the API's own clock runs")
    parser.add_argument(
        "--cog", type=Path, action="append", default=[], metavar="FOLDER", help="a folder with a Cog model; repeatable"
    )
    parser.add_argument("--cog-python", type=Path, metavar="PYTHON", help="the Python that has Cog (default: this one)")
    parser.add_argument("--quiet", action="store_true", help="does not show the requests")
    return parser


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
    given = {"port": options.port, "token": options.token, "path": options.state, "speed": options.speed}
    given = {name: value for name, value in given.items() if value is not None}
    if options.file is None:
        return Sandbox(**given)
    if given:
        raise LookupError(f"{options.file} makes its own sandbox: say there what {', '.join(given)} shall be")
    found = runpy.run_path(str(options.file)).get("sandbox")
    if isinstance(found, Sandbox):
        return found
    raise LookupError(f"{options.file} makes no Sandbox named `sandbox`")


def show(request: RecordedRequest) -> None:
    """Prints a request and its status."""
    said = "cut" if request.status is None else str(request.status)
    fault = "  (a fault that was asked for)" if request.fault else ""
    _say(f"{said} {request}{fault}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is the command line
