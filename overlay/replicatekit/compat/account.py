"""The account that a token belongs to."""

from __future__ import annotations

from typing import Literal

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking
from replicatekit.compat.resource import Namespace, Resource

__all__ = ["Account", "Accounts"]


class Account(Resource):
    """A user or an organization."""

    type: Literal["user", "organization"]
    username: str
    name: str
    github_url: str | None


class Accounts(Namespace):
    """Accounts: the one that the token belongs to."""

    def current(self) -> Account:
        """Return the account that the token belongs to."""
        return run_sync(_current(blocking(self._client)))

    async def async_current(self) -> Account:
        """Return the account that the token belongs to."""
        return await _current(awaiting(self._client))


async def _current(api: CompatSession) -> Account:
    return Account(**await api.json("GET", "/v1/account"))
