"""Follow a prediction or training to its end: by its event stream if it has one, else by polling."""

from __future__ import annotations

import logging
import time
from math import inf
from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._domain.status import TERMINAL
from replicatekit._predictions.lifecycle import raise_failure, timed_out
from replicatekit._predictions.polling import LONGEST_GAP, poll_gap
from replicatekit._streaming.connection import StreamIdle
from replicatekit._streaming.reconnecting import ReconnectingStream, StreamDisconnected
from replicatekit.errors import APIConnectionError, APIStatusError, DecodingError, ReplicateError, StreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.contract import Sender
    from replicatekit._predictions.options import WaitSettings
    from replicatekit._session.session import Session
    from replicatekit._streaming.events import OtherEvent, StreamEvent
    from replicatekit_api.models import Prediction, Training

log = logging.getLogger("replicatekit")

_RETRY_SECONDS = 600.0  # for a poll that fails, if the caller set no deadline

_PROGRESS_INTERVAL = 1.0  # seconds between two polls for `on_progress` while the stream sends events
# Seconds between polls after the stream's end, or a create whose response came early, shows that the run has ended: the
# API may still return an older state.
_SETTLE_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


@define(eq=False)
class Follower:
    """One run, followed step by step; the only code that waits for a run to change."""

    session: Session
    """The client's session."""
    run: Prediction | Training
    """The last known state."""
    settings: WaitSettings
    run_id: str = field(init=False)
    has_ended: bool = field(default=False, init=False)
    """Whether the last known state is terminal."""
    stream: ReconnectingStream | None = None
    """The event stream; None for a run that is polled."""
    started: float = field(factory=time.monotonic)
    """When the run was created, by the monotonic clock."""
    longest_gap: float = LONGEST_GAP
    """Seconds between two polls at most."""
    require_stream: bool = False
    """Whether the loss of the stream is an error."""
    on_change: Callable[[Prediction | Training], object] | None = None
    """Called with each new state."""
    is_behind: Callable[[], bool] = lambda: False
    """Whether the run has more output than its stream sent."""
    _polled: float = field(factory=time.monotonic, init=False)

    def __attrs_post_init__(self) -> None:
        self.run_id, self.has_ended = self.run.id, self.run.status in TERMINAL

    def update(self, run: Prediction | Training) -> None:
        """Record a newer state."""
        self.run, self.has_ended = run, run.status in TERMINAL

    def use_stream(self) -> bool:
        """Follow the event stream from now on; False if there is none."""
        url = getattr(self.run.urls, "stream", None)
        if url:
            session = self.session.with_context(prediction_id=self.run_id, deadline=self.settings.deadline)
            self.stream = ReconnectingStream(session, url, self.settings.token)
        return bool(url)

    async def advance(self) -> list[StreamEvent | OtherEvent]:
        """Wait until the run may have changed, and return the events that the stream delivered.

        Raises:
            WaitTimeout: The deadline has passed.
            StreamError: The stream is lost, and required.
            TokenSet: The caller's token was set.
        """
        self._check_deadline()
        stream = self.stream
        if stream is None:
            elapsed = time.monotonic() - self.started
            await self.pause(self.settings.poll_interval or min(poll_gap(elapsed), self.longest_gap))
            await self.poll()
            return []
        try:
            events = await stream.next_events(ended=self.has_ended)
        except StreamIdle:
            await self._after_idle(stream)
        except StreamDisconnected as disconnect:
            await self._after_disconnect(stream, disconnect)
        else:
            if self.settings.on_progress is not None and time.monotonic() - self._polled >= _PROGRESS_INTERVAL:
                await self.poll()
            return events
        return []

    async def _after_idle(self, stream: ReconnectingStream) -> None:
        await self.poll()
        stream.failures += self.is_behind()
        if self.has_ended or stream.is_exhausted(ended=False):
            self._leave_stream(None)
        else:
            await self.pause(stream.pause)

    async def _after_disconnect(self, stream: ReconnectingStream, disconnect: StreamDisconnected) -> None:
        self._check_deadline()
        if stream.failures > 1 or disconnect.is_final or disconnect.is_timeout:
            await self.poll()
        ended = self.has_ended
        if disconnect.is_final or stream.is_exhausted(ended=ended) or (ended and disconnect.is_timeout):
            self._leave_stream(disconnect.error)
        else:
            await self.pause(stream.pause)

    def _leave_stream(self, error: ReplicateError | None) -> None:
        log.info("polling %s instead of its event stream (%s)", self.run.id, error or "it brings nothing new")
        self.stream = None
        if self.require_stream and not self.has_ended:
            raise StreamError("the event stream cannot be resumed; the prediction is still running") from error

    def _check_deadline(self) -> None:
        if self.settings.deadline.is_over:
            raise timed_out(self.session, self.run, self.settings)

    async def poll(self) -> None:
        """Request the current state. Failures are retried until the deadline.

        Raises:
            WaitTimeout: The deadline has passed, or will pass before the next attempt.
            TokenSet: The caller's token was set.
        """
        settings, before = self.settings, self.run
        api = self.session.api.with_context(
            prediction_id=self.run_id,
            deadline=settings.deadline,
            cancel_token=settings.token,
            retry_budget=_RETRY_SECONDS if settings.deadline.at is None else inf,
        )
        try:
            request = _request(self.session.io, api, before, self.run_id)
            current = await (
                request if settings.token is None else self.session.io.cancellable(settings.token, request)
            )
        except ReplicateError as error:
            self._check_deadline()
            if settings.deadline.at is not None and _is_temporary(error):
                raise timed_out(self.session, before, settings) from error
            raise
        is_reported = settings.on_progress is not None and current != before
        self.run, self.has_ended = current, current.status in TERMINAL
        self._polled = time.monotonic()
        if self.on_change is not None:
            self.on_change(current)
        if settings.on_progress is not None and is_reported:
            await self.session.io.notify(settings.on_progress, self.session.bind(current))

    async def settle(self) -> None:
        """Poll a few times quickly, because the run has most likely ended."""
        await self.poll()
        for pause in () if self.settings.poll_interval else _SETTLE_PAUSES:
            if self.has_ended:
                return
            await self.pause(pause)
            await self.poll()

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the deadline."""
        await self.session.io.sleep(self.settings.deadline.sooner(seconds), self.settings.token)

    async def close(self) -> None:
        """Close the event stream."""
        if self.stream is not None:
            await self.stream.close()

    async def until_ended(self, *, likely_ended: bool) -> Prediction | Training:
        """Follow the run to its end, and return it."""
        if likely_ended:
            await self.settle()
        if not self.has_ended and self.settings.poll_interval is None:
            self.use_stream()
        try:
            while not self.has_ended:
                events = await self.advance()
                if any(event.type in ("done", "error") for event in events):
                    await self.close()
                    self.stream = None
                    await self.settle()
        finally:
            if self.stream is not None:
                await self.close()
        return self.run


async def follow(
    session: Session,
    run: Prediction | Training,
    settings: WaitSettings,
    *,
    started: float | None = None,
    likely_ended: bool = False,
) -> Prediction | Training:
    """Follow a run to its end, and return it.

    Args:
        session: The client's session.
        run: The last known state.
        settings: How to wait.
        started: When the run was created, by the monotonic clock; None if that is not known.
        likely_ended: Whether it has most likely ended already.

    Raises:
        WaitTimeout: The deadline has passed.
        PredictionCanceled: The caller's token was set; the run was canceled.
    """
    follower = Follower(session, run, settings, started=time.monotonic() if started is None else started)
    try:
        return await follower.until_ended(likely_ended=likely_ended)
    except BaseException as error:  # noqa: BLE001 (raised again)
        await raise_failure(session, error, follower.run, settings)


async def reload(session: Session, run: Prediction | Training) -> Prediction | Training:
    """Request the current state of a run.

    Raises:
        DecodingError: The response is about another run.
    """
    run_id = session.api.prediction_id or run.id
    return await _request(session.io, session.api.with_context(prediction_id=run_id), run, run_id)


async def _request(io: Sender, api: ApiClient, run: Prediction | Training, run_id: str) -> Prediction | Training:
    from replicatekit_api.models import Training

    if isinstance(run, Training):
        from replicatekit_api.api.trainings import get as get_training

        current: Prediction | Training = await io.call(get_training, run_id, client=api)
    else:
        from replicatekit_api.api.predictions import get

        current = await io.call(get, run_id, client=api)
    if current.id != run_id:
        msg = f"the API returned {current.id or 'a run without an id'!r} instead of {run_id!r}"
        raise DecodingError(msg, method="GET", url=f"{api.base_url}/…/{run_id}", prediction_id=run_id)
    return current


def _is_temporary(error: ReplicateError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status in {408, 409, 429} or error.status >= 500
    return isinstance(error, APIConnectionError)
