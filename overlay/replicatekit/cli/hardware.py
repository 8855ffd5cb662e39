"""`replicatekit hardware`: what models run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Command, Context

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS"]


def hardware(context: Context) -> None:
    """List the hardware."""
    columns: dict[str, Callable[[Any], object]] = {"sku": lambda each: each.sku, "name": lambda each: each.name}
    context.output.records(context.client.hardware.list(), columns)


COMMANDS = (Command("hardware", "List the hardware that models and deployments can run on.", hardware),)
