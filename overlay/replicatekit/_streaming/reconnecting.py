"""The event stream of a prediction over all its connections."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._streaming.connection import Silence, connection
from replicatekit._streaming.deduplication import Heard, Hearing
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
    from collections.abc import AsyncGenerator

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._session.session import Session
    from replicatekit._streaming.sse import Event
    from replicatekit_api.models import Prediction

__all__ = ["Broken", "Listener"]

log = logging.getLogger("replicatekit")

# Seconds before a connection is taken up again, by how many have brought nothing new since the last that did.
_PAUSES = (0.02, 0.1, 0.4, 1.0, 2.0)
_HASTY = 1.0  # seconds
_TRIES_ENDED = 3
_LONGEST_RETRY = 5.0  # seconds that a server may ask to be left alone for
_SILENCE = 45.0
_SILENCE_ENDED = 5.0  # the stream of a prediction that has ended says at once what there is
_MAY_COME_BACK = frozenset({408, 409, 425, 429})


class Broken(Exception):
    """A connection has ended without `done`."""

    def __init__(self, error: ReplicateError | None) -> None:
        super().__init__(error)
        self.error = error

    @property
    def is_final(self) -> bool:
        """Whether there is no stream, now or later."""
        if isinstance(self.error, APIStatusError):
            return self.error.status not in _MAY_COME_BACK and self.error.status < 500
        return isinstance(self.error, (StreamError, ForbiddenURLError))

    @property
    def is_timeout(self) -> bool:
        """Whether nobody was there any more."""
        return isinstance(self.error, APITimeoutError)


@define(eq=False)
class Listener:
    """Gives each event once, from whichever connection it comes."""

    session: Session
    """Its deadline ends all of it."""
    url: str
    token: CancelToken | None = None
    failures: int = 0
    """The connections that brought nothing new, since the last one that did."""
    _heard: Heard = field(factory=Heard)
    _decoder: Decoder = field(factory=Decoder)
    _hearing: Hearing | None = None
    _connection: AsyncGenerator[list[Event], None] | None = None
    _opened: float = 0.0
    _silences: int = 0
    _retry: float = 0.0

    async def news(self, run: Prediction) -> list[tuple[Event, bool]]:
        """The next events, each with whether it has an id of its own; none, where what came is known.

        Args:
            run: What the prediction is.

        Raises:
            Broken: The connection has ended. The next call opens another one.
            Silence: The server gave it up, for it had nothing to say.
            TokenSet: The token was set.
        """
        if self._connection is None or self._hearing is None:
            self._decoder = Decoder(self._decoder.last_event_id)
            self._hearing = Hearing(self._heard, self._decoder.last_event_id)
            silence = _SILENCE_ENDED if is_terminal(run) else _SILENCE
            self._connection = connection(self.session, self.url, self._decoder, token=self.token, silence=silence)
            self._opened = time.monotonic()
        try:
            events = await anext(self._connection)
        except StopAsyncIteration:
            self._connection = None
            raise self._broken(None) from None
        except Silence:
            # Thirty seconds are what it takes. A server that says so at once is not asked again at once.
            hasty = time.monotonic() - self._opened < _HASTY
            self._silences = self._silences + 1 if hasty else 0
            self._connection = None
            raise
        except BaseException as error:
            self._connection = None
            if isinstance(error, (APIConnectionError, APIStatusError, StreamError, ForbiddenURLError)):
                raise self._broken(error) from error
            raise
        news = self._hearing.take(*events)
        if news:
            self.failures = self._silences = 0
        return news

    def _broken(self, error: ReplicateError | None) -> Broken:
        self.failures += 1
        log.info("the event stream of %s was cut (%s)", self.session.api.prediction_id, error or "without a word")
        return Broken(error)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next connection."""
        if self._decoder.retry is not None:
            self._retry = min(self._decoder.retry / 1000, _LONGEST_RETRY)
        times = max(1, self.failures + self._silences)
        return max(_PAUSES[min(times, len(_PAUSES)) - 1], self._retry)

    def is_given_up(self, *, ended: bool) -> bool:
        """Whether there were enough connections that brought nothing new."""
        return self.failures >= (_TRIES_ENDED if ended else len(_PAUSES))

    async def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.aclose()
