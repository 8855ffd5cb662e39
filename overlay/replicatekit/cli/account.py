"""`replicatekit account`: the account that the token belongs to."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context

__all__ = ["COMMANDS"]


def account(context: Context) -> None:
    """Show the account."""
    owner = context.client.account.get()
    context.output.record(owner, {"username": "username", "type": "type", "name": "name", "github": "github_url"})


COMMANDS = (Command("account", "Show the account that the token belongs to.", account),)
