"""Follow a prediction or training to its end: by its event stream where it has one, else by polling."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._predictions.lifecycle import WaitSettings, guard, poll, report_progress
from replicatekit._predictions.polling import LONGEST_GAP, poll_gap
from replicatekit._streaming.connection import StreamIdle
from replicatekit._streaming.reconnecting import ReconnectingStream, StreamDisconnected
from replicatekit.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._session.session import Session
    from replicatekit._streaming.events import OtherEvent, StreamEvent
    from replicatekit.errors import ReplicateError
    from replicatekit_api.models import Prediction, Training

__all__ = ["Follower", "follow"]

log = logging.getLogger("replicatekit")

_PROGRESS_INTERVAL = 1.0  # seconds between two polls for `on_progress` while the stream sends events
# Seconds between polls after the stream, or a create that was answered early, said that the run has ended: the API may
# still return an older state.
_SETTLE_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


@define(eq=False)
class Follower:
    """One run, followed step by step; the only place that waits for news of a run."""

    session: Session
    """The client's session, with the run's id."""
    run: Prediction | Training
    """The last known state."""
    settings: WaitSettings
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

    def use_stream(self) -> bool:
        """Follow the event stream from now on; False if there is none."""
        url = getattr(self.run.urls, "stream", None)
        if url:
            session = self.session.with_deadline(self.settings.deadline)
            self.stream = ReconnectingStream(session, url, self.settings.token)
        return bool(url)

    async def advance(self) -> list[StreamEvent | OtherEvent]:
        """Wait until there may be news, and return the events that the stream brought.

        Raises:
            WaitTimeout: The deadline has passed.
            StreamError: The stream is lost, and required.
            TokenSet: The caller's token was set.
        """
        self.settings.check(self.session, self.run)
        stream = self.stream
        if stream is None:
            elapsed = time.monotonic() - self.started
            await self.pause(self.settings.poll_interval or min(poll_gap(elapsed), self.longest_gap))
            await self.poll()
            return []
        try:
            events = await stream.next_events(ended=is_terminal(self.run))
        except StreamIdle:
            await self._after_idle(stream)
        except StreamDisconnected as cut:
            await self._after_disconnect(stream, cut)
        else:
            if self.settings.on_progress is not None and time.monotonic() - self._polled >= _PROGRESS_INTERVAL:
                await self.poll()
            return events
        return []

    async def _after_idle(self, stream: ReconnectingStream) -> None:
        await self.poll()
        stream.failures += self.is_behind()
        if is_terminal(self.run) or stream.is_exhausted(ended=False):
            self._leave_stream(None)
        else:
            await self.pause(stream.pause)

    async def _after_disconnect(self, stream: ReconnectingStream, cut: StreamDisconnected) -> None:
        self.settings.check(self.session, self.run)
        if stream.failures > 1 or cut.is_final or cut.is_timeout:
            await self.poll()
        ended = is_terminal(self.run)
        if cut.is_final or stream.is_exhausted(ended=ended) or (ended and cut.is_timeout):
            self._leave_stream(cut.error)
        else:
            await self.pause(stream.pause)

    def _leave_stream(self, error: ReplicateError | None) -> None:
        log.info("polling %s instead of its event stream (%s)", self.run.id, error or "it brings nothing new")
        self.stream = None
        if self.require_stream and not is_terminal(self.run):
            raise StreamError("the event stream cannot be resumed; the prediction is still running") from error

    async def poll(self) -> None:
        """Request the current state."""
        current = await poll(self.session, self.run, self.settings)
        has_changed = current != self.run
        self.run = current
        self._polled = time.monotonic()
        if self.on_change is not None:
            self.on_change(current)
        if has_changed:
            await report_progress(self.session, self.settings, self.run)

    async def settle(self) -> None:
        """Poll a few times quickly, because the run has most likely ended."""
        await self.poll()
        for pause in () if self.settings.poll_interval else _SETTLE_PAUSES:
            if is_terminal(self.run):
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
        try:
            if likely_ended:
                await self.settle()
            while not is_terminal(self.run):
                events = await self.advance()
                if any(event.type in ("done", "error") for event in events):
                    await self.close()
                    self.stream = None
                    await self.settle()
        finally:
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
    if is_terminal(run):
        return run
    started = time.monotonic() if started is None else started
    follower = Follower(session.with_prediction_id(run.id), run, settings, started=started)
    if settings.poll_interval is None:
        follower.use_stream()
    work = follower.until_ended(likely_ended=likely_ended)
    return await guard(follower.session, work, lambda: follower.run, settings)
