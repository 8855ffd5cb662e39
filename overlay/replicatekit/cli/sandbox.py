"""`replicatekit sandbox`: the API on this machine."""

from __future__ import annotations

from importlib import import_module

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.errors import InvalidArgument

__all__ = ["COMMANDS"]

_OPTIONS = ("port", "state", "speed", "cog_python")


def sandbox(context: Context) -> int:
    """Start a sandbox, and serve until Ctrl-C."""
    try:
        console = import_module("replicatekit.sandbox._cli")
    except ImportError as error:
        raise InvalidArgument(
            f"the sandbox needs more packages: pip install 'replicatekit[sandbox]' ({error})"
        ) from None
    options = context.options
    words: list[str] = [options.file] if options.file else []
    for name in _OPTIONS:
        if (value := getattr(options, name)) is not None:
            words += [f"--{name.replace('_', '-')}", value]
    for folder in options.cog:
        words += ["--cog", folder]
    if options.quiet:
        words.append("--quiet")
    try:
        code: int = console.main(words)
    except SystemExit as error:  # raised by the sandbox's own parser
        code = int(error.code or 0)
    return code


COMMANDS = (
    Command(
        "sandbox",
        "Run a local mock server of the API, with models. Prints the variables that point clients to it.",
        sandbox,
        argument("file", metavar="FILE", nargs="?", help="a Python file that defines a Sandbox named `sandbox`"),
        argument("--port", metavar="PORT", help="the port; a free one by default"),
        argument("--state", metavar="FILE", help="keep the state in FILE across restarts"),
        argument("--speed", metavar="FACTOR", help="how many times faster the API's own clock runs"),
        argument("--cog", metavar="FOLDER", action="append", default=[], help="a folder with a Cog model; repeatable"),
        argument("--cog-python", metavar="PYTHON", help="the Python that has Cog; this one by default"),
        argument("--quiet", action="store_true", help="do not show the requests"),
    ),
)
