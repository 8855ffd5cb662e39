"""The parser of a command's arguments, and help pages that are the same in all Python versions."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn, cast

from replicatekit.cli._frame.command import argument
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replicatekit.cli._frame.command import Argument, Command

PROGRAM = "replicatekit"
WIDTH = 100
"""The maximum width of help pages."""
_NARROW, _NARROWEST = 72, 24


class UsageError(InvalidArgument):
    """The command line is invalid.

    Args:
        message: What is wrong with it.
        command: The command whose help page to refer to.
    """

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message)
        self.command = command


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.prog)


GLOBAL = (
    argument("--json", action="store_true", help="print the result as JSON, as the API sent it"),
    argument("--jsonl", action="store_true", help="print one JSON object a line"),
    argument("--token-file", metavar="FILE", help="read the API token from a file instead of REPLICATE_API_TOKEN"),
    argument("--base-url", metavar="URL", help="the URL of the API, instead of REPLICATE_BASE_URL"),
    argument("--debug", action="store_true", help="show tracebacks and debug logs"),
    argument("-h", "--help", action="store_true", help="show this help"),
)
"""The options of every command."""


def parse(command: Command, prog: str, words: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command. With `--help`, none is required.

    Raises:
        UsageError: The arguments cannot be parsed.
    """
    parser = _Parser(prog=prog, add_help=False, allow_abbrev=False)
    asks_help = any(word in ("-h", "--help") for word in words[: _end_of_options(words)])
    for item in command.arguments:
        settings = dict(item.settings)
        if settings.get("nargs") == "*":
            settings.setdefault("default", [])  # otherwise argparse requires it
        if asks_help and not item.names[0].startswith("-") and settings.get("nargs") in (None, "+"):
            settings["nargs"] = "?" if settings.get("nargs") is None else "*"
        if asks_help:
            settings.pop("required", None)
        parser.add_argument(*item.names, **settings)
    for names, settings in GLOBAL:
        parser.add_argument(*names, **settings)
    options, rest = parser.parse_known_intermixed_args(list(words))
    if rest and not asks_help:
        raise _unknown(rest, parser, prog)
    return options


def _end_of_options(words: Sequence[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def _unknown(rest: list[str], parser: argparse.ArgumentParser, prog: str) -> UsageError:
    """The error for unexpected arguments. Their values are not shown, as one may be a token."""
    name = next((word for word in rest if word.startswith("-")), None)
    if name is None:
        return UsageError(f"unexpected arguments: {len(rest)} too many", prog)
    name = name.partition("=")[0]
    if name in ("--token", "--api-token", "--api-key"):
        return UsageError(
            "other users could see a token in the arguments: set REPLICATE_API_TOKEN, or use --token-file",
            prog,
        )
    known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001 (the only list)
    return UsageError(f"unknown option {name}{closest(name, known)}", prog)


def closest(word: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelled word, to append to a message; empty if no word is close."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def help_width() -> int:
    """The width of help pages in this terminal."""
    from shutil import get_terminal_size

    return max(_NARROWEST, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))


def help_page(command: Command, prog: str, width: int = WIDTH) -> str:
    """The help page of a command."""
    positionals = [item for item in command.arguments if not item.names[0].startswith("-")]
    options = [item for item in command.arguments if item.names[0].startswith("-")]
    usage = " ".join([prog, *map(_usage_of, positionals), "[options]"])
    required = [f"{item.names[-1]} {_value_of(item.names, item.settings)}" for item in _required(options)]
    arguments = [(_usage_of(item), item.settings.get("help", "")) for item in positionals]
    parts = [
        wrapped(" ".join([f"usage: {usage}", *required]), width, " " * len("usage: ")),
        wrapped(command.summary, width),
        table_of(*command.table, width) if command.table else "",
        wrapped(command.details, width),
        command.examples,
        table_of("arguments", arguments, width),
        table_of("options", [_option(item.names, item.settings) for item in options], width),
        global_table(width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _required(options: list[Argument]) -> list[Argument]:
    return [item for item in options if item.settings.get("required")]


def _usage_of(item: Argument) -> str:
    name = cast("str", item.settings.get("metavar") or item.names[0].upper())
    match item.settings.get("nargs"):
        case "*":
            return f"[{name} ...]"
        case "+":
            return f"{name} [{name} ...]"
        case "?":
            return f"[{name}]"
        case _:
            return name


def _value_of(names: tuple[str, ...], settings: dict[str, Any]) -> str:
    if settings.get("action") in ("store_true", "store_false"):
        return ""
    choices = settings.get("choices")
    return settings.get("metavar") or (
        "{" + ",".join(map(str, choices)) + "}" if choices else names[-1].strip("-").upper()
    )


def _option(names: tuple[str, ...], settings: dict[str, Any]) -> tuple[str, str]:
    return f"{', '.join(names)} {_value_of(names, settings)}".rstrip(), settings.get("help", "")


def table_of(title: str, rows: Sequence[tuple[str, str]], width: int = WIDTH) -> str:
    """A titled table of names and descriptions, wrapped; empty if there are no rows."""
    if not rows:
        return ""
    column = 26 if width >= _NARROW else 6  # in a narrow terminal, each text stands below its name
    lines = [f"{title}:"]
    for name, text in rows:
        texts = wrapped(text, width - column).split("\n")
        if len(name) > column - 4:
            lines.append(f"  {name}")
        else:
            lines.append(f"  {name:<{column - 2}}{texts.pop(0)}".rstrip())
        lines += [" " * column + text for text in texts if text]
    return "\n".join(lines)


def wrapped(text: str, width: int = WIDTH, indent: str = "") -> str:
    """Wrap a text with a hanging indent, without breaking words such as `--dry-run`."""
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def global_table(width: int = WIDTH) -> str:
    """The help page's table of the options of every command."""
    return table_of("options of every command", [_option(*each) for each in GLOBAL], width)
