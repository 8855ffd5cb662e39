"""Make a model's input ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._core import Core

__all__ = ["prepare"]


async def prepare(core: Core, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The input as the API takes it."""
    del core
    return dict(given or {})
