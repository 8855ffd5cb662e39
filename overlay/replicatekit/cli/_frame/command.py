"""How a verb describes itself: its arguments, its help, and the function that runs it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from replicatekit import Client
    from replicatekit.cli._frame.output import Output


class Argument(NamedTuple):
    """An argument of a command, as passed to `argparse`."""

    names: tuple[str, ...]
    """The name of a positional argument, or the spellings of an option."""
    settings: dict[str, Any]
    """The other arguments of `ArgumentParser.add_argument`."""


def argument(*names: str, **settings: Any) -> Argument:
    """Create an argument with the parameters of `ArgumentParser.add_argument`."""
    return Argument(names, settings)


class Command:
    """A command: one verb, or a verb of a group.

    Args:
        name: The word that calls it.
        summary: What it does, in one line.
        run: Runs it, and returns its exit code; None is 0.
        arguments: What it takes besides the options of every command.
        table: A title and rows of names with descriptions, shown below the summary.
        details: A paragraph of help below the table.
        examples: Lines of shell, shown as they are.
        help_for: Returns more help for the arguments passed with `--help`.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        run: Callable[[Context], int | None],
        *arguments: Argument,
        table: tuple[str, tuple[tuple[str, str], ...]] | None = None,
        details: str = "",
        examples: str = "",
        help_for: Callable[[Context], str] | None = None,
    ) -> None:
        self.name = name
        self.summary = summary
        self.run = run
        self.arguments = arguments
        self.table = table
        self.details = details
        self.examples = examples
        self.help_for = help_for


class Context:
    """A command's options, client and output.

    Args:
        options: The parsed arguments.
        output: Where results go.
    """

    def __init__(self, options: argparse.Namespace, output: Output) -> None:
        self.options = options
        self.output = output

    @cached_property
    def client(self) -> Client:
        """The client, with the token from the environment or `--token-file`."""
        from replicatekit import Client

        return Client(self.token, base_url=self.options.base_url)

    @property
    def token(self) -> str | None:
        """The content of `--token-file`; None leaves the token to the environment."""
        path: str | None = self.options.token_file
        if path is None:
            return None
        try:
            token = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise InvalidArgument(f"the token file {path!r} cannot be read: {reason}") from None
        if not token:
            raise InvalidArgument(f"the token file {path!r} is empty")
        return token

    def close(self) -> None:
        """Close the client's connections, if there is a client."""
        if "client" in self.__dict__:
            self.client.close()

    def confirm(self, action: str) -> bool:
        """Ask for confirmation of an irreversible action; `--yes` confirms in scripts.

        Args:
            action: What will be done, such as `delete the model acme/x`.

        Raises:
            InvalidArgument: There is no terminal, and no `--yes`.
        """
        if self.options.yes:
            return True
        if not self.output.can_ask:
            raise InvalidArgument(f"refusing to {action} without confirmation: not a terminal, pass --yes")
        return self.output.ask(f"{action[:1].upper()}{action[1:]}? [y/N] ").strip().lower() in ("y", "yes")
