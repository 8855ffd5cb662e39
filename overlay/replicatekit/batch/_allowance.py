"""What the API says is left of its allowance of creates, for the pace that all workers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit._http.rate_limiter import Limiter
from replicatekit._http.retry_after import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit import AsyncClient
    from replicatekit._http.rate_limiter import Permit

__all__ = ["Allowance", "creating_client"]


class Allowance(Limiter):
    """Holds no create back: each has had its turn in the journal, and one that is late would meet the next."""

    remaining: float | None = None
    """What the latest answer to a create said is left."""

    def wait(self, permit: Permit, now: float) -> float:  # noqa: ARG002
        """None."""
        permit.number = permit.number or permit.ticket
        return 0.0

    def record(
        self,
        permit: Permit,  # noqa: ARG002
        headers: Mapping[str, str],
        now: float,  # noqa: ARG002
        *,
        throttled: bool = False,  # noqa: ARG002
        asked: float | None = None,  # noqa: ARG002
    ) -> None:
        """Note what is left."""
        self.remaining = seconds(headers.get("ratelimit-remaining"), 0.0)


def creating_client(client: AsyncClient, allowance: Allowance) -> AsyncClient:
    """A client for creates alone. A 429 is for all workers to know of, and nothing that may have run is sent again."""
    made = client.with_options(max_retries=0)
    session = made._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    api = session.api.with_context(rules=session.api.rules._replace(limiter=allowance))
    made._session = session._replace(api=api)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return made


resolvable(__name__)
