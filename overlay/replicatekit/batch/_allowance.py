"""Clients that note what the API says beside its answers: what is left of its allowance, and what time it is."""

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
"""Until when the create of the current task may be sent, by `steady_seconds`."""


class TooLate(Exception):
    """A create was not sent: this process was suspended, and others may have taken its item over."""


class _Punctual:
    """Ends a create whose first byte would be sent too late."""

    def sending(self) -> None:
        """Check the time, right before the first byte.

        Raises:
            TooLate: It has passed.
        """
        if steady_seconds() > latest_start.get():
            raise TooLate

    def sent(self) -> None:
        """Nothing is left to check."""

    def refused(self) -> None:
        """Nothing is left to check."""


class Allowance(Limiter):
    """Lets every create through at once: the journal has spaced them, and a delayed one would meet the next."""

    remaining: float | None = None
    """The number of creates left, by the latest response to one."""

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


class ClockReader(Limiter):
    """Reads the API's clock."""

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
        """Note what time the API has."""
        self._date = headers.get("date")
        super().record(permit, headers, now, throttled=throttled, asked=asked)

    def ahead_of(self, now: float) -> float:
        """How far the API was ahead of this time when it last answered; 0 if it does not say."""
        return (date_seconds(self._date) or now) - now


def client_with_clock(client: AsyncClient, clock: ClockReader) -> AsyncClient:
    """A client whose responses are read for the API's time."""
    return _with_context(client.with_options(), clock, None)


def creating_client(client: AsyncClient, allowance: Allowance) -> AsyncClient:
    """A client for creates alone. A 429 is for all workers to know of, and nothing that may have run is sent again."""
    return _with_context(client.with_options(max_retries=0), allowance, _Punctual())


def _with_context(made: AsyncClient, limiter: Limiter, tracker: SendTracker | None) -> AsyncClient:
    session = made._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    api = session.api.with_context(rules=session.api.rules._replace(limiter=limiter), tracker=tracker)
    made._session = session._replace(api=api)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return made


resolvable(__name__)
