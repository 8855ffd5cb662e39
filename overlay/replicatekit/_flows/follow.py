"""Follow a prediction or a training to its end: by its event stream where it has one, else by looking again."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, frozen

from replicatekit._deadline import NEVER, Deadline
from replicatekit._flows.events import Silence, connection
from replicatekit._io import TokenSet
from replicatekit._schedule import Schedule
from replicatekit._status import is_terminal
from replicatekit.errors import PredictionCanceled, ReplicateError, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from replicatekit._cancel import CancelToken
    from replicatekit._core import Core
    from replicatekit_api.models import Prediction, Training

__all__ = ["Following", "cancel_now", "follow", "guard", "reload"]

T = TypeVar("T")

log = logging.getLogger("replicatekit")

_PATIENCE = 600.0  # seconds for which a poll that fails is repeated where the caller set no deadline
_LOOK_EVERY = 0.5  # seconds between two looks at a prediction whose stream tells that it changes


@frozen
class Following:
    """How a prediction is followed."""

    deadline: Deadline = NEVER
    poll_interval: float | None = None
    """Seconds between two looks; None lets the schedule decide, and an event stream where there is one."""
    on_progress: Callable[[Any], object] | None = None
    token: CancelToken | None = None
    cancel_on_timeout: bool = False
    cancel_on_interrupt: bool = True

    def check(self, core: Core, run: Prediction | Training) -> None:
        """That there is time left.

        Raises:
            WaitTimeout: There is none.
        """
        if self.deadline.is_over:
            goes_on = "" if self.cancel_on_timeout else "; it goes on"
            msg = f"not finished within the deadline, its status is {run.status!r}{goes_on}"
            raise WaitTimeout(msg, prediction=core.dress(run))


@define
class _Watch:
    """One prediction as it is followed."""

    core: Core
    run: Prediction | Training
    following: Following
    begun: float
    look_first: bool
    streams: bool = True

    async def until_terminal(self) -> Prediction | Training:
        """Look until it has ended.

        Raises:
            TokenSet: The caller's token was set.
            WaitTimeout: The deadline has passed.
        """
        schedule = Schedule(self.core.run_times.known(model_of(self.run)))
        if self.look_first:
            await self._look()
        while not is_terminal(self.run):
            self.following.check(self.core, self.run)
            if not await self._streamed():
                await self._pause(schedule)
            await self._look()
        self.core.run_times.record(model_of(self.run), _run_time(self.run, time.monotonic() - self.begun))
        return self.run

    async def _streamed(self) -> bool:
        """Whether an event stream told that there is something to see."""
        url = getattr(self.run.urls, "stream", None)
        may_break = self.following.token is None or self.core.io.interruptible
        if not (self.streams and url and may_break and self.following.poll_interval is None):
            return False
        try:
            work = self._end_of(url)
            return await self.core.io.guarded(self.following.token, work)
        except ReplicateError as error:
            log.debug("no event stream for %s, so it is polled: %s", self.run.id, error)
            self.streams = False
            return False

    async def _end_of(self, url: str) -> bool:
        last_look = time.monotonic()
        stream = connection(self.core.by(self.following.deadline), url)
        try:
            async for event in stream:
                if event.event in ("done", "error"):
                    break
                due = time.monotonic() - last_look >= _LOOK_EVERY
                if self.following.on_progress is not None and due:
                    await self._look()
                    last_look = time.monotonic()
            else:
                # Cut, or closed without a word: what it is now says more, and polling cannot be cut.
                self.streams = False
        except Silence:
            log.debug("nothing on the event stream of %s for a while", self.run.id)
        finally:
            await stream.aclose()
        return True

    async def _pause(self, schedule: Schedule) -> None:
        elapsed = time.monotonic() - self.begun
        delay = self.following.poll_interval or schedule.next_delay(elapsed)
        await self.core.io.sleep(self.following.deadline.sooner(delay), self.following.token)

    async def _look(self) -> None:
        before = self.run.to_dict() if self.following.on_progress else None
        work = reload(self.core.by(self.following.deadline), self.run)
        try:
            self.run = await self.core.io.guarded(self.following.token, work)
        except ReplicateError:
            self.following.check(self.core, self.run)
            raise
        if before is not None and self.run.to_dict() != before:
            tell(self.core, self.following, self.run)


def tell(core: Core, following: Following, run: Prediction | Training) -> None:
    """Tell the caller how far it is."""
    if following.on_progress is not None:
        following.on_progress(core.dress(run))


def model_of(run: Prediction | Training) -> str:
    """What run times are remembered by."""
    return run.model or run.version or ""


def _run_time(run: Prediction | Training, seen: float) -> float:
    """Seconds from its creation to its end: by the API's clock where it tells, since what is seen is later."""
    if run.created_at is None or run.completed_at is None:
        return seen
    told = (run.completed_at - run.created_at).total_seconds()
    return told if 0 <= told <= seen else seen


async def reload(core: Core, run: Prediction | Training) -> Prediction | Training:
    """What it is now. A failure is repeated as long as the deadline allows."""
    from replicatekit_api.models import Training

    api = core.api.about(run.id).patient(_PATIENCE)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import get as get_training

        return await core.io.call(get_training, run.id, client=api)
    from replicatekit_api.api.predictions import get

    return await core.io.call(get, run.id, client=api)


async def cancel_now(core: Core, run: Prediction | Training) -> Prediction | Training:
    """Ask the API to cancel it; what it is then."""
    from replicatekit_api.models import Training

    api = core.api.about(run.id)
    if isinstance(run, Training):
        from replicatekit_api.api.trainings import cancel as cancel_training

        return await core.io.call(cancel_training, run.id, client=api)
    from replicatekit_api.api.predictions import cancel

    return await core.io.call(cancel, run.id, client=api)


async def follow(
    core: Core,
    run: Prediction | Training,
    following: Following,
    *,
    begun: float | None = None,
    look_first: bool = False,
) -> Prediction | Training:
    """What it is when it has ended.

    Args:
        core: Its client's inside.
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
    watch = _Watch(core.about(run.id), run, following, time.monotonic() if begun is None else begun, look_first)
    return await guard(core, watch.until_terminal(), lambda: watch.run, following)


async def guard(
    core: Core,
    work: Coroutine[Any, Any, T],
    current: Callable[[], Prediction | Training],
    following: Following,
) -> T:
    """Do something with a prediction that exists; whoever breaks it off cancels the prediction as well.

    Ctrl-C, a task that is cancelled and a token that is set do so (unless `cancel_on_interrupt` is off), and a
    deadline where the caller wants that. The prediction's id is in every error.
    """
    try:
        return await work
    except WaitTimeout:
        if following.cancel_on_timeout:
            await core.io.at_last(_cancel_quietly(core, current()))
        raise
    except TokenSet:
        run = current()
        ended = await core.io.at_last(_cancel_quietly(core, run)) if following.cancel_on_interrupt else None
        raise PredictionCanceled("canceled by its token", prediction=core.dress(ended or run)) from None
    except ReplicateError as error:
        error.prediction_id = error.prediction_id or current().id
        raise
    except Exception:
        raise  # the caller's own, from `on_progress`
    except BaseException as interruption:
        if following.cancel_on_interrupt and not isinstance(interruption, GeneratorExit):
            await core.io.at_last(_cancel_quietly(core, current()))
        raise


async def _cancel_quietly(core: Core, run: Prediction | Training) -> Prediction | Training | None:
    """Cancel it on the way out, where another error is to be seen and not this one's."""
    try:
        ended = await cancel_now(core.by(Deadline.after(10.0)), run)
    except ReplicateError as error:
        log.warning("prediction %s could not be canceled: %s", run.id, error)
        return None
    log.info("canceled prediction %s", run.id)
    return ended
