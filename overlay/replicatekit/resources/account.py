"""`client.account` and `client.hardware`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.docstrings import mirrors
from replicatekit._operations import account as flows
from replicatekit._runtime import run_sync
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    import builtins

    from replicatekit_api.models import Account, Hardware

__all__ = ["AccountResource", "AsyncAccountResource", "AsyncHardwareResource", "HardwareResource"]


class AccountResource(Namespace):
    """The account that the token belongs to."""

    __slots__ = ()

    def get(self) -> Account:
        """Who it is: a user or an organization, and its name."""
        return run_sync(flows.get(self._session))


@mirrors(AccountResource)
class AsyncAccountResource(Namespace):
    __slots__ = ()

    async def get(self) -> Account:
        return await flows.get(self._session)


class HardwareResource(Namespace):
    """What models can run on."""

    __slots__ = ()

    def list(self) -> builtins.list[Hardware]:
        """All kinds of hardware, each with its name and the SKU that requests want; no pages, a plain list."""
        return run_sync(flows.hardware(self._session))


@mirrors(HardwareResource)
class AsyncHardwareResource(Namespace):
    __slots__ = ()

    async def list(self) -> builtins.list[Hardware]:
        return await flows.hardware(self._session)
