"""`replicatekit account`: whose token this is."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context

__all__ = ["COMMANDS"]


def account(context: Context) -> None:
    """Show the account."""
    found = context.client.account.get()
    shown: dict[str, object] = {
        "username": found.username,
        "type": str(found.type),
        "name": found.name or None,
        "github": found.github_url or None,
    }
    context.output.record(found, shown)


COMMANDS = (Command("account", "Show the account that the token belongs to.", account),)
