"""The event stream of a prediction, across reconnects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._base.logs import log
from replicatekit._streaming.connection import IDLE_TIMEOUT, EventConnection, StreamIdle
from replicatekit._streaming.deduplication import EventLog, ReplayFilter
from replicatekit._streaming.sse import Decoder
from replicatekit.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ForbiddenURLError,
    ReplicateError,
    StreamError,
)

if TYPE_CHECKING:
    from replicatekit._base.cancellation import CancelToken
    from replicatekit._session.session import Session
    from replicatekit._streaming.events import OtherEvent, StreamEvent

# Seconds before a reconnect, by the number of connections in a row that delivered nothing new.
_PAUSES = (0.02, 0.1, 0.4, 1.0, 2.0)
_SHORT_CONNECTION = 1.0  # seconds
_ATTEMPTS_AFTER_END = 3
_LONGEST_RETRY = 5.0  # seconds that a server may ask a client to wait before it reconnects
_IDLE_TIMEOUT_AFTER_END = 5.0  # the stream of a prediction that has ended sends all of its events at once
_TEMPORARY = frozenset({408, 409, 425, 429})


class StreamDisconnected(Exception):
    """A connection ended without `done`."""

    def __init__(self, error: ReplicateError | None) -> None:
        super().__init__(error)
        self.error = error

    @property
    def is_final(self) -> bool:
        """Whether reconnecting is pointless."""
        if isinstance(self.error, APIStatusError):
            return self.error.status not in _TEMPORARY and self.error.status < 500
        return isinstance(self.error, (StreamError, ForbiddenURLError))

    @property
    def is_timeout(self) -> bool:
        """Whether the server stopped responding."""
        return isinstance(self.error, APITimeoutError)


@define(eq=False)
class ReconnectingStream:
    """Delivers each event once, whichever connection it arrives on."""

    session: Session
    """The client's session; its deadline ends the stream."""
    url: str
    token: CancelToken | None = None
    failures: int = 0
    """The number of connections in a row that delivered nothing new."""
    _log: EventLog = field(factory=EventLog)
    _decoder: Decoder = field(factory=Decoder)
    _replays: ReplayFilter | None = None
    _connection: EventConnection | None = None
    _opened: float = 0.0
    _retry: float = 0.0

    async def next_events(self, *, ended: bool) -> list[StreamEvent | OtherEvent]:
        """Wait for the next batch, and return its new events; none if all of them are known.

        Args:
            ended: Whether the prediction has ended.

        Raises:
            StreamDisconnected: The connection ended. The next call reconnects.
            StreamIdle: The server closed the connection because it had nothing to send.
            TokenSet: The token was set.
        """
        if self._connection is None or self._replays is None:
            self._decoder = Decoder(self._decoder.last_event_id)
            self._replays = ReplayFilter(self._log, self._decoder.last_event_id)
            idle_timeout = _IDLE_TIMEOUT_AFTER_END if ended else IDLE_TIMEOUT
            self._connection = EventConnection(self.session, self.url, self._decoder, self.token, idle_timeout)
            self._opened = time.monotonic()
        try:
            events = await self._connection.next_events()
        except StreamIdle:
            # The server waits for 30 s. One that closes at once does not wait for events.
            self.failures += time.monotonic() - self._opened < _SHORT_CONNECTION
            self._connection = None
            raise
        except BaseException as error:
            self._connection = None
            if isinstance(error, (APIConnectionError, APIStatusError, StreamError, ForbiddenURLError)):
                raise self._disconnected(error) from error
            raise
        if events is None:
            self._connection = None
            raise self._disconnected(None)
        new = self._replays.new_events(events)
        if new:
            self.failures = 0
        return new

    def _disconnected(self, error: ReplicateError | None) -> StreamDisconnected:
        self.failures += 1
        log.info("the event stream of %s was cut (%s)", self.session.api.prediction_id, error or "no error")
        return StreamDisconnected(error)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next connection."""
        if self._decoder.retry is not None:
            self._retry = min(self._decoder.retry / 1000, _LONGEST_RETRY)
        return max(_PAUSES[min(max(self.failures, 1), len(_PAUSES)) - 1], self._retry)

    def is_exhausted(self, *, ended: bool) -> bool:
        """Whether so many connections in a row delivered nothing new that polling is better."""
        return self.failures >= (_ATTEMPTS_AFTER_END if ended else len(_PAUSES))

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
