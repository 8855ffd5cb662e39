"""Clients that read response headers for a batch: the creates left in the rate limit, and the API's clock."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit._http.rate_limiter import Limiter
from replicatekit._http.retry_after import date_seconds, seconds
from replicatekit.batch._clock import steady_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit import AsyncClient
    from replicatekit._http.context import SendTracker
    from replicatekit._http.rate_limiter import Permit

latest_start: ContextVar[float] = ContextVar("latest_start")
"""The latest time, by `steady_seconds`, at which the current task may send its create."""


class TooLate(Exception):
    """A create was not sent: this process was suspended, and another worker may have taken its item over."""


class _Punctual:
    """Aborts a create whose first byte would be sent too late."""

    def sending(self) -> None:
        """Check the time, right before the first byte.

        Raises:
            TooLate: `latest_start` has passed.
        """
        if steady_seconds() > latest_start.get():
            raise TooLate

    def sent(self) -> None:
        """Check nothing."""

    def refused(self) -> None:
        """Check nothing."""


class Allowance(Limiter):
    """Delays no create: the journal already spaces them, and a delayed one could coincide with the next."""

    remaining: float | None = None
    """The number of creates left, as of the latest create's response."""

    def wait(self, permit: Permit, now: float) -> float:  # noqa: ARG002
        """Return 0: creates are never delayed here."""
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
        """Store how many creates are left."""
        self.remaining = seconds(headers.get("ratelimit-remaining"), 0.0)


class ClockReader(Limiter):
    """Reads the API's clock from the `Date` header."""

    _date: str | None = None

    def record(
        self,
        permit: Permit,
        headers: Mapping[str, str],
        now: float,
        *,
        throttled: bool = False,
        asked: float | None = None,
    ) -> None:
        """Store the response's date."""
        self._date = headers.get("date")
        super().record(permit, headers, now, throttled=throttled, asked=asked)

    def ahead_of(self, now: float) -> float:
        """The seconds by which the latest response's date is ahead of this time; 0 without a date."""
        return (date_seconds(self._date) or now) - now


def client_with_clock(client: AsyncClient, clock: ClockReader) -> AsyncClient:
    """A copy of the client that reads the API's clock from its responses."""
    return _with_context(client.with_options(), clock, None)


def creating_client(client: AsyncClient, allowance: Allowance) -> AsyncClient:
    """A copy of the client for creates alone, without retries: `Creator` handles 429s and unknown outcomes."""
    return _with_context(client.with_options(max_retries=0), allowance, _Punctual())


def _with_context(client: AsyncClient, limiter: Limiter, tracker: SendTracker | None) -> AsyncClient:
    session = client._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    api = session.api.with_context(rules=session.api.rules._replace(limiter=limiter), tracker=tracker)
    client._session = session._replace(api=api)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return client


resolvable(__name__)
