"""The hardware that models run on."""

from __future__ import annotations

import warnings
from builtins import list as List  # noqa: N812 (the namespace's own method is called list)

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking
from replicatekit.compat.resource import Namespace, Resource

__all__ = ["Hardware", "HardwareNamespace"]


class Hardware(Resource):
    """A kind of hardware."""

    sku: str
    name: str

    @property
    def id(self) -> str:
        """The old name of `sku`."""
        warnings.warn("Hardware.id is the old name of Hardware.sku", DeprecationWarning, stacklevel=2)
        return self.sku


class HardwareNamespace(Namespace):
    """The kinds of hardware."""

    def list(self) -> List[Hardware]:
        """Return all kinds of hardware."""
        return run_sync(_list(blocking(self._client)))

    async def async_list(self) -> List[Hardware]:
        """Return all kinds of hardware."""
        return await _list(awaiting(self._client))


async def _list(api: CompatSession) -> list[Hardware]:
    return [Hardware(**entry) for entry in await api.json("GET", "/v1/hardware")]
