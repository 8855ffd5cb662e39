"""`python -m replicatekit.typed`: typed modules for models, in a project."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from replicatekit.errors import ReplicateError
from replicatekit.typed.project import FOLDER, add_stubs, check_stubs, list_stubs, update_stubs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit.typed.project import StubChange

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. The exit code is 1 if `check` finds a newer version that breaks something, and 2 for an error."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ReplicateError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 (a command speaks by printing)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m replicatekit.typed", description="Typed modules for models.")
    parser.add_argument("--folder", default=FOLDER, help=f"where the modules are; {FOLDER} by default")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="write a module for each model")
    add.add_argument("models", nargs="+", metavar="owner/name[:version]")
    for name, text in (
        ("update", "regenerate existing modules for the latest versions"),
        ("check", "check for newer versions, and report which arguments they break"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("names", nargs="*", metavar="owner/name", help="all modules by default")
    commands.add_parser("list", help="show the modules")
    return parser


def _run(options: argparse.Namespace) -> int:
    folder: str = options.folder
    if options.command == "list":
        for stub in list_stubs(folder):
            _say(f"{stub.path}: {stub.model} {stub.version or ''}".rstrip())
        return 0
    client = import_module("replicatekit").default_client()
    if options.command == "add":
        for stub in add_stubs(client, options.models, folder):
            _say(f"{stub.path}: {stub.model} {stub.version or ''}".rstrip())
        return 0
    command = update_stubs if options.command == "update" else check_stubs
    changes = command(client, folder, options.names or None)
    for change in changes:
        _report(change)
    return int(options.command == "check" and any(change.breaks for change in changes))


def _report(change: StubChange) -> None:
    stub = change.stub
    if change.is_current:
        _say(f"{stub.name}: {stub.model} is up to date")
        return
    _say(f"{stub.name}: {stub.model} has a newer version, {change.latest}; this is {stub.version or 'unknown'}")
    for line in change.breaks:
        _say(f"  breaks {line}")


def _say(line: str) -> None:
    print(line)  # noqa: T201 (a command speaks by printing)


if __name__ == "__main__":
    sys.exit(main())
