"""`client.webhooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replicatekit._base.validation import check_flags
from replicatekit._operations import account as operations
from replicatekit._runtime import run_sync
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from replicatekit._session.default import HasSession

__all__ = ["AsyncWebhooks", "Webhooks"]


class _AnyWebhooks(Namespace):
    def __init__(self, owner: HasSession) -> None:
        super().__init__(owner)
        self._known: str | None = None

    @property
    def default(self) -> Self:
        """The same object, for code written as in the official client: `client.webhooks.default.secret()`."""
        return self


class Webhooks(_AnyWebhooks):
    """The secret that webhooks are verified with; see `replicatekit.webhooks`."""

    def secret(self, *, refresh: bool = False) -> str:
        """Return the secret that the account's webhooks are signed with, `whsec_...`. It is requested once and cached.

        Args:
            refresh: Request the secret again, since it may have changed.
        """
        check_flags(refresh=refresh)
        if self._known is None or refresh:
            self._known = run_sync(operations.webhook_secret(self._session))
        return self._known


class AsyncWebhooks(_AnyWebhooks):
    """The secret that webhooks are verified with; see `replicatekit.webhooks`."""

    async def secret(self, *, refresh: bool = False) -> str:
        """Return the secret that the account's webhooks are signed with, `whsec_...`. It is requested once and cached.

        Args:
            refresh: Request the secret again, since it may have changed.
        """
        check_flags(refresh=refresh)
        if self._known is None or refresh:
            self._known = await operations.webhook_secret(self._session)
        return self._known
