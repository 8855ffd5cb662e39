"""The events of a prediction, each once and in order: by its event stream, or by looking again where it has none."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define, field, frozen

from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.lifecycle import PATIENCE, WaitSettings, cancel_now, guard, reload, tell
from replicatekit._predictions.polling import Schedule
from replicatekit._predictions.run import begin
from replicatekit._streaming.connection import Silence
from replicatekit._streaming.reconnecting import Broken, Listener
from replicatekit._streaming.transcript import Said
from replicatekit.errors import InvalidArgument, ModelError, PredictionCanceled, ReplicateError, StreamError
from replicatekit.streaming import DoneEvent, ErrorEvent, LogsEvent, OutputEvent

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.run import Options
    from replicatekit._session.session import Session
    from replicatekit._streaming.sse import Event
    from replicatekit.streaming import StreamEvent
    from replicatekit_api.models import Prediction, Training

__all__ = ["EventFlow", "Manner", "Order"]

T = TypeVar("T")

log = logging.getLogger("replicatekit")

_GREATEST_GAP = 1.0  # seconds between two looks at a prediction without a stream
_SETTLING = 10.0  # seconds by which the API may lag behind the `done` of its stream
_KINDS: dict[str, type[StreamEvent]] = {
    "output": OutputEvent,
    "logs": LogsEvent,
    "error": ErrorEvent,
    "done": DoneEvent,
}


@frozen
class Manner:
    """How events are given: see `StreamOptions`."""

    require_stream: bool = False
    raise_on_error: bool = True
    cancel_on_close: bool = False


@frozen
class Order:
    """A prediction that is to be created."""

    reference: Reference
    input: Mapping[str, Any] | None
    options: Options


@define(eq=False)
class EventFlow:
    """One prediction, from its creation to the last of its events.

    A state machine that `step` moves on: it creates the prediction, listens to its stream or looks at it, and when
    all is said looks at what it has become.
    """

    session: Session
    manner: Manner
    order: Order | None = None
    """What is to be created; None where it exists."""
    following: WaitSettings = field(factory=WaitSettings)
    live: Any = None
    """The prediction as the caller knows it."""
    run: Prediction | None = None
    """The prediction as it was seen last."""
    ready: deque[StreamEvent] = field(factory=deque["StreamEvent"], init=False)
    """The events that came and were not given yet."""
    is_timeless: bool = field(default=False, init=False)
    """Whether what is ready may be given without a look at the clock."""
    _said: Said = field(factory=Said, init=False)
    _listener: Listener | None = field(default=None, init=False)
    _look_first: bool = field(default=False, init=False)
    _is_over: bool = field(default=False, init=False)
    _begun: float = field(factory=time.monotonic, init=False)
    _asked: threading.Lock = field(factory=threading.Lock, init=False)
    _refused: Exception | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        if self.run is not None:
            self._open(self.run)

    async def start(self) -> None:
        """Create the prediction, the first time that this is called.

        Raises:
            ReplicateError: It could not be. It is not tried again.
        """
        if self.run is not None or self._is_over:
            return
        # Never released: whatever becomes of it, nothing is created a second time.
        if self.order is None or not self._asked.acquire(blocking=False):
            raise self._refused or InvalidArgument("this stream's prediction is being created, or could not be")
        order, self._begun = self.order, time.monotonic()
        self.following = order.options.following()
        try:
            run, self._look_first = await begin(
                self.session, order.reference, order.input, order.options, self.following
            )
        except Exception as error:
            self._refused = error
            raise
        self.live = self.session.bind(run)
        self._open(run)
        if is_terminal(run):
            await tell(self.session, self.following, run)

    def _open(self, run: Prediction) -> None:
        self.run = run
        self.session = self.session.with_prediction_id(run.id)
        self.is_timeless = self.following.deadline.at is None
        url = run.urls.stream if run.urls else None
        if not url and self.manner.require_stream:
            self._is_over = True
            raise StreamError("the prediction has no event stream; it goes on", prediction_id=run.id)
        if url and not (run.data_removed and is_terminal(run)):
            self._listener = Listener(self.session.with_deadline(self.following.deadline), url, self.following.token)

    async def step(self) -> StreamEvent:
        """The next event.

        Raises:
            StopAsyncIteration: There is none.
            WaitTimeout, ModelError, PredictionCanceled, PredictionAborted, StreamError, APIError: See `streaming`.
        """
        if self.run is None:
            await self.start()
        ready = self.ready
        if ready and self.following.deadline.is_over and not self.is_done:
            ready.clear()
        while not ready:
            if self._is_over:
                raise StopAsyncIteration
            try:
                await self._more()
            except BaseException as error:  # noqa: BLE001 (it is raised again)
                # Guarded when it has failed, and not before: there may be millions of events, and this is one coroutine
                # for each in place of three.
                await self.guarded(_raised(error))
        return ready.popleft()

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something with the prediction; whoever breaks it off ends the stream, and cancels as the caller wants."""
        try:
            return await guard(self.session, work, lambda: self.known, self.following)
        except BaseException:
            self._is_over = True
            self.ready.clear()
            await self._hang_up()
            raise

    @property
    def known(self) -> Prediction:
        """The prediction as it was seen last.

        Raises:
            InvalidArgument: It was not created yet.
        """
        if self.run is None:
            raise InvalidArgument("there is no prediction yet: it is created when the first event is asked for")
        return self.run

    async def _more(self) -> None:
        """Do the next thing that may bring an event."""
        if self.is_done:
            await self._conclude()
        elif self._look_first:
            self._look_first = False
            await self.look()
        else:
            if not self.is_timeless:
                self.following.check(self.session, self.known)
            await (self._look_for_more() if self._listener is None else self._listen(self._listener))

    async def look(self, deadline: Deadline | None = None) -> None:
        """See what the prediction is."""
        before = self.known
        session = self.session.with_retry_budget(PATIENCE).with_cancel_token(self.following.token)
        work = reload(session.with_deadline(deadline or self.following.deadline), before)
        try:
            seen = await self.session.io.cancellable(self.following.token, work)
        except ReplicateError:
            self.following.check(self.session, before)
            raise
        self._replace_data(seen)
        if seen != before:
            await tell(self.session, self.following, seen)

    def _replace_data(self, seen: Prediction | Training) -> None:
        self.run = cast("Prediction", seen)
        self.live._replace_data(seen)  # noqa: SLF001 (the same prediction, as the caller knows it)

    @property
    def is_done(self) -> bool:
        """Whether all events were given, or stand ready."""
        return self._said.done is not None

    @property
    def text(self) -> str:
        """What was said of the output."""
        return self._said.text(self.known.output)

    async def pause(self, seconds: float) -> None:
        """Let time pass, within the deadline."""
        await self.session.io.sleep(self.following.deadline.sooner(seconds), self.following.token)

    # By its stream

    async def _listen(self, listener: Listener) -> None:
        try:
            news = await listener.news(self.known)
        except Silence:
            await self._silent(listener)
        except Broken as broken:
            await self._broken(listener, broken)
        else:
            self._hear(news)

    def _hear(self, news: list[tuple[Event, bool]]) -> None:
        said, ready = self._said, self.ready
        for (name, data, event_id, retry), has_own_id in news:
            if said.done is not None:
                return
            known_as = event_id if has_own_id else None
            if name == "output":  # almost all of them
                said.outputs.append(data)
                ready.append(OutputEvent(data, known_as, retry))
            elif name in _KINDS:
                self._give(_KINDS[name](data, known_as, retry), streamed=True)
            else:
                log.debug("an event of an unknown kind, %r, of prediction %s", name, self.known.id)

    async def _silent(self, listener: Listener) -> None:
        """Nothing was said for a while: because it has ended, or because it has nothing to say."""
        await self.look()
        if is_terminal(self.known):
            self._listener = None
            return
        if self._is_behind():
            listener.failures += 1
        if listener.is_given_up(ended=False):
            self._give_up(None)
        else:
            await self.pause(listener.pause)

    def _is_behind(self) -> bool:
        """Whether the prediction has more to it than its stream says."""
        try:
            return bool(self._said.unsaid(self.known))
        except StreamError:
            return False

    async def _broken(self, listener: Listener, broken: Broken) -> None:
        self.following.check(self.session, self.known)
        if listener.failures > 1 or broken.is_final or broken.is_timeout:
            await self.look()
        ended = is_terminal(self.known)
        if broken.is_final or listener.is_given_up(ended=ended) or (ended and broken.is_timeout):
            self._give_up(broken.error)
        else:
            await self.pause(listener.pause)

    def _give_up(self, error: ReplicateError | None) -> None:
        log.info("no event stream any more for prediction %s (%s)", self.known.id, error or "it was cut too often")
        self._listener = None
        if self.manner.require_stream and not is_terminal(self.known):
            raise StreamError("the event stream cannot be taken up again; the prediction goes on") from error

    # By looking at it

    async def _look_for_more(self) -> None:
        events = self._said.unsaid(self.known)
        for event in events:
            self._give(event, streamed=False)
        if not events:
            gap = self.following.poll_interval
            await self.pause(gap or min(Schedule().next_delay(time.monotonic() - self._begun), _GREATEST_GAP))
            await self.look()

    def _give(self, event: StreamEvent, *, streamed: bool) -> None:
        self._said.add(event, streamed=streamed)
        self.ready.append(event)

    # The end

    async def _conclude(self) -> None:
        """When all is said, see what it has become."""
        await self._hang_up()
        try:
            await self._settle()
        except ReplicateError as error:
            log.warning("what became of prediction %s could not be seen: %s", self.known.id, error)
        self._is_over = True
        self.raise_for_status()

    async def _settle(self) -> None:
        if self.following.deadline.is_over:
            return
        until = Deadline.after(self.following.deadline.sooner(_SETTLING))
        while not is_terminal(self.known) and not until.is_over:
            await self.look(until)
            if not is_terminal(self.known):
                await self.pause(until.sooner(Schedule().next_delay(time.monotonic() - self._begun)))

    def raise_for_status(self) -> None:
        """Raise the error of a prediction that has ended without success, if the caller wants it.

        Raises:
            ModelError, PredictionCanceled, PredictionAborted: By its status, or by what its stream said at the end.
        """
        if not self.manner.raise_on_error:
            return
        run, said = self.known, self._said
        raise_for_status(run, self.live)
        reason = said.done.reason if said.done else None
        if not is_terminal(run) and reason:
            why = f": {said.error.detail}" if said.error else ""
            kind = PredictionCanceled if reason == "canceled" else ModelError
            raise kind(f"{run.model} ended with {reason}{why}", prediction=self.live)

    async def close(self, *, interrupted: bool = False) -> None:
        """Give no more events. The prediction goes on, unless the caller wants it otherwise.

        Args:
            interrupted: Whether it is Ctrl-C, or the end of the task, that closes it.
        """
        broken_off = interrupted and self.following.cancel_on_interrupt and not self._is_over
        self._is_over = True
        self.ready.clear()
        goes_on = self.run is not None and not self.is_done and not is_terminal(self.run)
        if goes_on and (broken_off or self.manner.cancel_on_close):
            await self.session.io.run_shielded(self._cancel())
        await self._hang_up()

    async def _cancel(self) -> None:
        try:
            self._replace_data(await cancel_now(self.session.with_deadline(Deadline.after(10.0)), self.known))
        except ReplicateError as error:
            log.warning("prediction %s could not be canceled: %s", self.known.id, error)

    async def _hang_up(self) -> None:
        if self._listener is not None:
            await self._listener.close()


async def _raised(error: BaseException) -> None:
    raise error
