"""`client.webhooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replicatekit._base.docstrings import mirrors
from replicatekit._base.validation import check_flags
from replicatekit._operations import account as flows
from replicatekit._runtime import run_sync
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from replicatekit._session.session import Session

__all__ = ["AsyncWebhooks", "Webhooks"]


class _Base(Namespace):
    __slots__ = ("_known",)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: str | None = None

    @property
    def default(self) -> Self:
        """Itself: the account has one secret, and the API calls it the default one."""
        return self


class Webhooks(_Base):
    """What webhooks are verified with; see `replicatekit.webhooks`."""

    __slots__ = ()

    def secret(self, *, refresh: bool = False) -> str:
        """The secret that the account's webhooks are signed with, `whsec_...`: asked for once, and kept.

        Args:
            refresh: Whether it is asked for again, since it may have been changed.
        """
        check_flags(refresh=refresh)
        if self._known is None or refresh:
            self._known = run_sync(flows.webhook_secret(self._session))
        return self._known


@mirrors(Webhooks)
class AsyncWebhooks(_Base):
    __slots__ = ()

    async def secret(self, *, refresh: bool = False) -> str:
        check_flags(refresh=refresh)
        if self._known is None or refresh:
            self._known = await flows.webhook_secret(self._session)
        return self._known
