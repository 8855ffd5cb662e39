"""Follow a prediction or a training to its end: by its event stream where it has one, else by looking again."""

from __future__ import annotations

import logging
import time
from enum import Enum
from typing import TYPE_CHECKING

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._predictions.lifecycle import WaitSettings, cancel_now, guard, look, reload, tell
from replicatekit._predictions.polling import Schedule
from replicatekit._predictions.run_times import model_of
from replicatekit._streaming.connection import Silence, connection
from replicatekit._streaming.sse import Decoder
from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, Training

__all__ = [
    "WaitSettings",
    "cancel_now",
    "follow",
    "guard",
    "look",
    "reload",
    "tell",
]

log = logging.getLogger("replicatekit")

_LOOK_EVERY = 1.0  # seconds between two looks at a prediction whose stream tells that it changes
_HASTY = 1.0  # seconds: a stream that ends sooner has not waited for news
_FAILURES = 3  # streams without an end, after which it is polled
# Seconds between looks at a prediction of which its stream, or a hold that was let go, says that it has ended: the
# answer to a look may be older than that.
_SETTLING = (0.02, 0.05, 0.1, 0.2, 0.4)


class _Heard(Enum):
    """What came of listening to an event stream."""

    END = "end"
    MORE = "more"
    NOTHING = "nothing"


@define
class _Watch:
    """One prediction as it is followed."""

    session: Session
    run: Prediction | Training
    following: WaitSettings
    begun: float
    look_first: bool
    failures: int = 0
    decoder: Decoder = field(factory=Decoder)

    async def until_terminal(self) -> Prediction | Training:
        """Look until it has ended.

        Raises:
            TokenSet: The caller's token was set.
            WaitTimeout: The deadline has passed.
        """
        schedule = Schedule(self.session.run_times.known(model_of(self.run)))
        if self.look_first:
            await self._settle()
        while not is_terminal(self.run):
            self.following.check(self.session, self.run)
            heard = await self._listen()
            if heard is _Heard.END:
                await self._settle()
            else:
                if heard is _Heard.NOTHING:
                    await self._sleep(schedule.next_delay(time.monotonic() - self.begun))
                await self._look()
        self.session.run_times.learn(self.run, time.monotonic() - self.begun)
        return self.run

    async def _listen(self) -> _Heard:
        """Listen to the event stream, if there is one, until there is something to see."""
        url = getattr(self.run.urls, "stream", None)
        if not url or self.following.poll_interval is not None or self.failures >= _FAILURES:
            return _Heard.NOTHING
        began = time.monotonic()
        try:
            if await self._hear(url):
                self.failures += 1  # should it not have ended, the stream has no more to say
                return _Heard.END
            self.failures += 1
        except Silence:
            self.failures += time.monotonic() - began < _HASTY
        except ReplicateError as error:
            log.debug("no event stream for %s, so it is polled: %s", self.run.id, error)
            self.following.check(self.session, self.run)
            self.failures = _FAILURES
            return _Heard.NOTHING
        await self._sleep(_SETTLING[min(self.failures, _FAILURES)])
        return _Heard.MORE

    async def _hear(self, url: str) -> bool:
        """Whether the stream told of the end before it ended itself."""
        last_look = time.monotonic()
        self.decoder = Decoder(self.decoder.last_event_id)
        session = self.session.with_deadline(self.following.deadline)
        stream = connection(session, url, self.decoder, token=self.following.token)
        try:
            async for events in stream:
                if any(event.event in ("done", "error") for event in events):
                    return True
                if self.following.on_progress is not None and time.monotonic() - last_look >= _LOOK_EVERY:
                    await self._look()
                    last_look = time.monotonic()
        finally:
            await stream.aclose()
        return False

    async def _settle(self) -> None:
        await self._look()
        for pause in () if self.following.poll_interval else _SETTLING:
            if is_terminal(self.run):
                return
            await self._sleep(pause)
            await self._look()

    async def _sleep(self, seconds: float) -> None:
        seconds = self.following.poll_interval or seconds
        await self.session.io.sleep(self.following.deadline.sooner(seconds), self.following.token)

    async def _look(self) -> None:
        before, self.run = self.run, await look(self.session, self.run, self.following)
        if self.run != before:
            await tell(self.session, self.following, self.run)


async def follow(
    session: Session,
    run: Prediction | Training,
    following: WaitSettings,
    *,
    begun: float | None = None,
    look_first: bool = False,
) -> Prediction | Training:
    """What it is when it has ended.

    Args:
        session: Its client's inside.
        run: What it was last.
        following: How to follow it.
        begun: When it was created, by the monotonic clock; now, where that is not known.
        look_first: Whether it has most likely ended already.

    Raises:
        WaitTimeout: The deadline has passed. It goes on, or is cancelled, as the caller wants.
        PredictionCanceled: The caller's token was set; it is cancelled.
    """
    if is_terminal(run):
        return run
    watch = _Watch(
        session.with_prediction_id(run.id), run, following, time.monotonic() if begun is None else begun, look_first
    )
    return await guard(watch.session, watch.until_terminal(), lambda: watch.run, following)
