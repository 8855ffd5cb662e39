"""The context of a request: everything beyond its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from replicatekit._base.deadline import NEVER, Deadline

if TYPE_CHECKING:
    from replicatekit._base.cancellation import CancelToken
    from replicatekit._http.connections import Connections
    from replicatekit._http.contract import Transport
    from replicatekit._http.rate_limiter import Limiter
    from replicatekit._http.retry_policy import Policy
    from replicatekit._http.token_policy import TokenPolicy


class SendTracker(Protocol):
    """Notified of the progress of a create request."""

    def sending(self) -> None:
        """The first byte of an attempt is about to be sent. An exception raised here ends the attempt."""

    def sent(self) -> None:
        """All of the attempt was sent, as far as the transport can tell."""

    def refused(self) -> None:
        """The attempt has created nothing: it was not received, or was refused."""


class Rules(NamedTuple):
    """The rules for all requests of a client and its copies."""

    token_policy: TokenPolicy
    policy: Policy
    limiter: Limiter

    def with_retries(self, most: int) -> Rules:
        """A copy with another number of retries."""
        return self._replace(policy=self.policy.with_retries(most))


class RequestContext(NamedTuple):
    """The connections, rules and limits of a client's requests. Immutable: a flow that changes one copies it."""

    connections: Connections
    rules: Rules
    deadline: Deadline = NEVER
    """When requests must end."""
    grace: float = 0.0
    """Seconds that a request in progress may take beyond the deadline; no new one is started then."""
    retry_budget: float | None = None
    """Seconds for which failures are retried; None limits the number of attempts instead."""
    cancel_token: CancelToken | None = None
    """Ends the waits between attempts."""
    prediction_id: str | None = None
    """The prediction that the requests are about, for the errors."""
    tracker: SendTracker | None = None
    """Notified of the create that these requests are for."""
    hold: float | None = None
    """Seconds for which the API may hold that create before it responds."""
    pinned_transport: Transport | None = None
    """The transport that requests go through, even if it is closed; None for the open one, or a new one."""
