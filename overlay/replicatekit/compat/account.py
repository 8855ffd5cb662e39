"""The account that a token belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.session import awaiting, blocking
from replicatekit.compat.resource import Namespace, Resource

if TYPE_CHECKING:
    from replicatekit.compat._impl.session import CompatSession

__all__ = ["Account", "Accounts"]


class Account(Resource):
    """A user or an organization."""

    type: Literal["user", "organization"]
    username: str
    name: str
    github_url: str | None


class Accounts(Namespace):
    """Accounts: your own."""

    def current(self) -> Account:
        """The account whose token this is."""
        return run_sync(_current(blocking(self._client)))

    async def async_current(self) -> Account:
        """As `current`."""
        return await _current(awaiting(self._client))


async def _current(api: CompatSession) -> Account:
    return Account(**await api.json("GET", "/v1/account"))
