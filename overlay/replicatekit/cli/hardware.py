"""`replicatekit hardware`: the hardware that models run on."""

from __future__ import annotations

from replicatekit.cli._frame.command import Command, Context

__all__ = ["COMMANDS"]


def hardware(context: Context) -> None:
    """List the hardware."""
    context.output.records(context.client.hardware.list(), {"sku": "sku", "name": "name"})


COMMANDS = (Command("hardware", "List the hardware that models and deployments can run on.", hardware),)
