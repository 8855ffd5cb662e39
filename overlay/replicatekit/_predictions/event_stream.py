"""The events of a prediction, each once and in order: from its event stream, or by polling if it has none."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from attrs import define, field, frozen

from replicatekit._base.deadline import Deadline
from replicatekit._base.logs import log
from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.follow import Follower
from replicatekit._predictions.lifecycle import raise_failure, try_cancel
from replicatekit._predictions.options import WaitSettings
from replicatekit._predictions.run import create_and_hold, report
from replicatekit._streaming.events import OtherEvent, OutputEvent
from replicatekit._streaming.transcript import Transcript
from replicatekit.errors import InvalidArgument, ModelError, PredictionCanceled, ReplicateError, StreamError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.options import Options
    from replicatekit._session.session import Session
    from replicatekit._streaming.events import StreamEvent
    from replicatekit_api.models import Prediction

T = TypeVar("T")

_LONGEST_GAP = 1.0  # seconds between two polls of a prediction without a stream: each may bring output
_SETTLE_SECONDS = 10.0  # by which the prediction's status may lag behind the `done` of its stream


@frozen
class StreamBehavior:
    """The options that only streams have; see `StreamOptions`."""

    require_stream: bool = False
    raise_on_error: bool = True
    cancel_on_close: bool = False


@frozen
class PendingRun:
    """A prediction to create."""

    reference: Reference
    input: Mapping[str, Any] | None
    options: Options


@define(eq=False)
class EventStreamFlow:
    """One prediction, from its creation to its last event.

    `next_event` creates the prediction, follows it, and when its last event has arrived requests its final state.
    """

    session: Session
    behavior: StreamBehavior
    pending: PendingRun | None = None
    """The prediction to create; None if it exists."""
    settings: WaitSettings = field(factory=WaitSettings)
    bound: Any = None
    """The prediction that the caller holds, bound to the client."""
    ready: deque[StreamEvent] = field(factory=deque["StreamEvent"], init=False)
    """Events that have arrived, and that the caller has not taken yet."""
    has_no_deadline: bool = field(default=False, init=False)
    """Whether the caller may take ready events without checking the clock."""
    _follower: Follower | None = field(default=None, init=False)
    _likely_ended: bool = field(default=False, init=False)
    _transcript: Transcript = field(factory=Transcript, init=False)
    _is_over: bool = field(default=False, init=False)
    _creating: threading.Lock = field(factory=threading.Lock, init=False)
    _failure: Exception | None = field(default=None, init=False)

    async def start(self) -> None:
        """Create the prediction, on the first call.

        Raises:
            ReplicateError: It could not be created. Later calls do not try again.
        """
        if self._follower is not None or self._is_over:
            return
        # Never released: whatever happens, nothing is created twice.
        if self.pending is None or not self._creating.acquire(blocking=False):
            raise self._failure or InvalidArgument("this stream's prediction is being created, or could not be created")
        pending, started = self.pending, time.monotonic()
        self.settings = pending.options.settings()
        try:
            run, self._likely_ended = await create_and_hold(
                self.session, pending.reference, pending.input, pending.options, self.settings
            )
        except Exception as error:
            self._failure = error
            raise
        self.follow(self.session.bind(run), started=started)
        if is_terminal(run):
            await report(self.session, run, self.settings)

    def follow(self, bound: Any, *, started: float | None = None) -> None:
        """Follow a prediction that exists.

        Raises:
            StreamError: It has no event stream, and one is required.
        """
        run: Prediction = bound
        self.bound = bound
        self.session = self.session.with_context(prediction_id=run.id)
        self.has_no_deadline = self.settings.deadline.at is None
        follower = self._follower = Follower(
            self.session,
            run,
            self.settings,
            started=time.monotonic() if started is None else started,
            longest_gap=_LONGEST_GAP,
            require_stream=self.behavior.require_stream,
            on_change=bound._replace_data,  # noqa: SLF001 (the same prediction, as the caller holds it)
            is_behind=self._is_behind,
        )
        has_stream = not (run.data_removed and is_terminal(run)) and follower.use_stream()
        if not has_stream and self.behavior.require_stream and not (run.urls and run.urls.stream):
            self._is_over = True
            raise StreamError("the prediction has no event stream; it is still running", prediction_id=run.id)

    @property
    def follower(self) -> Follower:
        """The follower of the prediction.

        Raises:
            InvalidArgument: The prediction was not created yet.
        """
        if self._follower is None:
            raise InvalidArgument("there is no prediction yet: it is created when the first event is requested")
        return self._follower

    @property
    def run(self) -> Prediction:
        """The last known state of the prediction."""
        return cast("Prediction", self.follower.run)

    @property
    def is_done(self) -> bool:
        """Whether all events have arrived."""
        return self._transcript.done is not None

    @property
    def text(self) -> str:
        """The text of the output events so far."""
        return self._transcript.text(self.run.output)

    async def next_event(self) -> StreamEvent:
        """Wait for the next event.

        Raises:
            StopAsyncIteration: There are no more events.
            WaitTimeout, ModelError, PredictionCanceled, PredictionAborted, StreamError, APIError: See `streaming`.
        """
        if self._follower is None:
            await self.start()
        ready = self.ready
        if ready and self.settings.deadline.is_over and not self.is_done:
            ready.clear()
        while not ready:
            if self._is_over:
                raise StopAsyncIteration
            try:
                await self._advance()
            except BaseException as error:  # noqa: BLE001 (raised again)
                await self._fail(error)
        return ready.popleft()

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work on the prediction. An error in it, or an interruption, ends the stream."""
        try:
            return await work
        except BaseException as error:  # noqa: BLE001 (raised again)
            await self._fail(error)

    async def _fail(self, error: BaseException) -> NoReturn:
        try:
            await raise_failure(self.session, error, self.run, self.settings)
        finally:
            self._is_over = True
            self.ready.clear()
            await self.follower.close()

    async def _advance(self) -> None:
        """Take the next step that may bring an event."""
        follower = self.follower
        if self.is_done:
            await self._finish()
        elif self._likely_ended:
            self._likely_ended = False
            await follower.settle()
        elif follower.stream is None and (missing := self._transcript.missing_events(self.run)):
            for event in missing:
                self._add_event(event, streamed=False)
        else:
            self._receive(await follower.advance())

    def _receive(self, events: list[StreamEvent | OtherEvent]) -> None:
        transcript, ready = self._transcript, self.ready
        for event in events:
            if transcript.done is not None:
                return
            if type(event) is OutputEvent:  # almost all of them
                transcript.outputs.append(event.data)
                ready.append(event)
            elif isinstance(event, OtherEvent):
                log.debug("ignored an event of the unknown kind %r of prediction %s", event.type, self.run.id)
            else:
                self._add_event(event, streamed=True)

    def _add_event(self, event: StreamEvent, *, streamed: bool) -> None:
        self._transcript.add(event, streamed=streamed)
        self.ready.append(event)

    def _is_behind(self) -> bool:
        try:
            return bool(self._transcript.missing_events(self.run))
        except StreamError:
            return False

    async def _finish(self) -> None:
        """Request the final state after the last event."""
        follower = self.follower
        await follower.close()
        follower.stream = None
        if not self.settings.deadline.is_over and not is_terminal(self.run):
            deadline = Deadline.after(self.settings.deadline.sooner(_SETTLE_SECONDS))
            follower.settings = self.settings._replace(deadline=deadline)
            try:
                await follower.settle()
                while not is_terminal(self.run):
                    await follower.advance()
            except ReplicateError as error:
                log.warning("the final state of prediction %s is unknown: %s", self.run.id, error)
        self._is_over = True
        self._raise_for_status()

    def _raise_for_status(self) -> None:
        if not self.behavior.raise_on_error:
            return
        run, transcript = self.run, self._transcript
        raise_for_status(run, self.bound)
        reason = transcript.done.reason if transcript.done else None
        if not is_terminal(run) and reason:
            detail = f": {transcript.error.detail}" if transcript.error else ""
            kind = PredictionCanceled if reason == "canceled" else ModelError
            raise kind(f"{run.model} ended with the reason {reason!r}{detail}", prediction=self.bound)

    async def close(self, *, interrupted: bool = False) -> None:
        """End the stream. The prediction keeps running, unless the options cancel it.

        Args:
            interrupted: Whether Ctrl-C, or the cancellation of the task, is the cause.
        """
        cancels = self.behavior.cancel_on_close or (
            interrupted and self.settings.cancel_on_interrupt and not self._is_over
        )
        self._is_over = True
        self.ready.clear()
        if self._follower is None:
            return
        if cancels and not self.is_done and not is_terminal(self.run):
            ended = await self.session.io.run_shielded(try_cancel(self.session, self.run))
            if ended is not None:
                self._replace(ended)
        await self._follower.close()

    def _replace(self, run: Prediction) -> None:
        self.follower.update(run)
        self.bound._replace_data(run)  # noqa: SLF001 (as above)
