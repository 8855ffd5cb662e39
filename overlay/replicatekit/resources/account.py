"""`client.account` and `client.hardware`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._operations import account as operations
from replicatekit._runtime import run_sync
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    import builtins

    from replicatekit_api.models import Account, Hardware

__all__ = ["AccountResource", "AsyncAccountResource", "AsyncHardwareResource", "HardwareResource"]


class AccountResource(Namespace):
    """The account that the token belongs to."""

    def get(self) -> Account:
        """Get the account: its type (user or organization), username and name."""
        return run_sync(operations.get(self._session))


class AsyncAccountResource(Namespace):
    """The account that the token belongs to."""

    async def get(self) -> Account:
        """Get the account: its type (user or organization), username and name."""
        return await operations.get(self._session)


class HardwareResource(Namespace):
    """The hardware that models can run on."""

    def list(self) -> builtins.list[Hardware]:
        """List all kinds of hardware, each with its name and its SKU. The list has no pages."""
        return run_sync(operations.hardware(self._session))


class AsyncHardwareResource(Namespace):
    """The hardware that models can run on."""

    async def list(self) -> builtins.list[Hardware]:
        """List all kinds of hardware, each with its name and its SKU. The list has no pages."""
        return await operations.hardware(self._session)
