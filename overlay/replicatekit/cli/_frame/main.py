"""Finds and runs the command of a command line, and turns its errors into exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from replicatekit.cli._frame.catalogue import VERBS, commands_of
from replicatekit.cli._frame.command import Context
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.failures import exit_code_of, lines_of
from replicatekit.cli._frame.output import Output
from replicatekit.cli._frame.parser import (
    GLOBAL,
    PROGRAM,
    WIDTH,
    UsageError,
    closest,
    help_page,
    help_width,
    parse,
    table_of,
    wrapped,
)
from replicatekit.errors import LocalFileError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit.cli._frame.command import Command

_WITH_VALUE = ("--token-file", "--base-url")


def main(words: Sequence[str] | None = None) -> int:
    """Run a command line, and return its exit code."""
    arguments = list(sys.argv[1:] if words is None else words)
    _open_closed_streams()
    output = Output()
    debug = "--debug" in arguments
    try:
        code = _run(arguments, output)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()  # the reader of stdout has exited, as `head` does
        return ExitCode.OK
    except KeyboardInterrupt as interruption:
        # The client's notes say whether the prediction was canceled or still runs.
        output.note("; ".join(["interrupted", *getattr(interruption, "__notes__", ())]))
        return ExitCode.CANCELED
    except ReplicateError as error:
        code = _fail(error, output, debug=debug)
        if isinstance(error, LocalFileError):
            _discard_stdout()  # stdout itself may have failed
    return code


def _open_closed_streams() -> None:
    """Open `os.devnull` for missing standard streams."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (to the end)


def _run(arguments: list[str], output: Output) -> int:
    words = _verb_first(arguments)
    if words[:1] == ["help"] and words[1:]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help", "help"):
        output.line(top_page(help_width()).rstrip("\n"))
        return ExitCode.OK
    if words[0] in ("-V", "--version"):
        from replicatekit import __version__

        output.line(f"{PROGRAM} {__version__}")
        return ExitCode.OK
    if words[0] == "__complete":
        from replicatekit.cli.completion import complete

        return complete(words[1:], output)
    if words[0] not in VERBS:
        name = words[0].partition("=")[0]
        kind = "option" if name.startswith("-") else "command"
        raise UsageError(f"unknown {kind} {name}{closest(name, VERBS)}")
    command, prog, rest = find_command(words)
    if command is None:
        if rest and rest[0] not in ("-h", "--help"):
            names = [each.name for each in commands_of(words[0])]
            raise UsageError(f"there is no command {prog} {rest[0]}{closest(rest[0], names)}", prog)
        output.line(group_page(words[0], help_width()).rstrip("\n"))
        return ExitCode.OK if rest else ExitCode.USAGE
    return _call(command, prog, rest, output)


def _call(command: Command, prog: str, words: list[str], output: Output) -> int:
    options = parse(command, prog, words)
    context = Context(options, Output(as_json=options.json, as_lines=options.jsonl))
    if options.help:
        output.line(help_page(command, prog, help_width()).rstrip("\n"))
        if command.help_for is not None and (details := command.help_for(context)):
            output.line(f"\n{details}")
        return ExitCode.OK
    if options.debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s: %(message)s")
        logging.getLogger("replicatekit").setLevel(logging.DEBUG)
    try:
        return command.run(context) or ExitCode.OK
    finally:
        context.close()


def _verb_first(words: list[str]) -> list[str]:
    """Move the options before the verb behind it."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        known = any(words[place].partition("=")[0] in names for names, _ in GLOBAL)
        if not known or words[place] in ("-h", "--help"):
            break
        place += 2 if words[place] in _WITH_VALUE else 1
    before, verb, rest = words[:place], words[place : place + 1], words[place + 1 :]
    if verb and verb[0] in VERBS and before and rest and len(commands_of(verb[0])) > 1:
        return [*verb, rest[0], *before, *rest[1:]]
    return [*verb, *before, *rest] if verb else before


def find_command(words: Sequence[str]) -> tuple[Command | None, str, list[str]]:
    """The command, its full name, and its arguments; None for a group without a verb."""
    verb, *rest = words
    commands = commands_of(verb)
    if len(commands) == 1 and commands[0].name == verb:
        return commands[0], f"{PROGRAM} {verb}", rest
    if rest:
        for command in commands:
            if command.name == rest[0]:
                return command, f"{PROGRAM} {verb} {command.name}", rest[1:]
    return None, f"{PROGRAM} {verb}", rest


def top_page(width: int = WIDTH) -> str:
    """The first help page."""
    parts = [
        f"usage: {PROGRAM} COMMAND [options]",
        wrapped("Run models on Replicate, and manage predictions, models and other resources.", width),
        table_of("commands", list(VERBS.items()), width),
        wrapped(f"`{PROGRAM} COMMAND --help` describes a command.", width),
        wrapped(f"`{PROGRAM} run OWNER/NAME --help` lists a model's inputs.", width),
        table_of("exit codes", [(str(int(code)), _MEANINGS[code]) for code in ExitCode], width),
    ]
    return "\n\n".join(parts) + "\n"


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "the model failed, or a check found a problem",
    ExitCode.USAGE: "an argument, an input or a file cannot be used; nothing was sent",
    ExitCode.API: "the API refused the request",
    ExitCode.NETWORK: "the API could not be reached, or the prediction did not finish in time",
    ExitCode.CANCELED: "canceled, or interrupted with Ctrl-C",
}


def group_page(verb: str, width: int = WIDTH) -> str:
    """The help page of a group."""
    summary = VERBS[verb]
    parts = [
        wrapped(f"usage: {PROGRAM} {verb} COMMAND [options]", width, " " * len("usage: ")),
        wrapped(f"{summary[:1].upper()}{summary[1:]}.", width),
        table_of("commands", [(command.name, command.summary) for command in commands_of(verb)], width),
    ]
    return "\n\n".join(parts) + "\n"


def _fail(error: ReplicateError, output: Output, *, debug: bool) -> int:
    if debug:
        import traceback

        output.note("".join(traceback.format_exception(error)).rstrip("\n"))
    try:
        for line in lines_of(error):
            output.note(line)
    except BrokenPipeError:
        pass
    return exit_code_of(error)


def _discard_stdout() -> None:
    """Redirect stdout to `os.devnull`, so that the interpreter's flush at exit cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
