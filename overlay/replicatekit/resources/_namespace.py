"""What all namespaces of a client are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._core import Core

__all__ = ["Namespace"]


class Namespace:
    """A noun of the API, as a client has it."""

    __slots__ = ("_core",)

    def __init__(self, core: Core) -> None:
        self._core = core

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._core.api.base_url}>"
