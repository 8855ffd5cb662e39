"""The events of a prediction that the caller received, and those still missing. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._streaming.events import DoneEvent, ErrorEvent, LogsEvent, OutputEvent
from replicatekit._streaming.remainder import Mismatch, item_to_data, missing_logs, missing_output, whole_text
from replicatekit.errors import StreamError

if TYPE_CHECKING:
    from replicatekit._streaming.events import StreamEvent
    from replicatekit_api.models import Prediction


@define(eq=False)
class Transcript:
    """The events that the caller received."""

    outputs: list[str] = field(factory=list[str])
    logs: list[str] = field(factory=list[str])
    error: ErrorEvent | None = None
    done: DoneEvent | None = None
    _last_log_was_streamed: bool = False
    """Whether the last logs event came from the stream, which leaves out the line end after it."""

    def add(self, event: StreamEvent, *, streamed: bool) -> None:
        """Add one more event."""
        match event:
            case OutputEvent():
                self.outputs.append(event.data)
            case LogsEvent():
                self.logs.append(event.data)
                self._last_log_was_streamed = streamed
            case ErrorEvent():
                self.error = event
            case DoneEvent():
                self.done = event

    def text(self, output: Any) -> str:
        """The text of the output events, with the output's own line ends if they delivered all of it."""
        return whole_text(self.outputs, output)

    def missing_events(self, run: Prediction) -> list[StreamEvent]:
        """The events that `run` has and the caller has not received; with `done` at the end if it has ended.

        Raises:
            StreamError: The missing part cannot be determined, or the API has removed it.
        """
        ended = is_terminal(run)
        logs = missing_logs(self.logs, run.logs or "")
        if self._last_log_was_streamed:
            logs = logs.removeprefix("\n")
        events: list[StreamEvent] = [LogsEvent(logs)] if logs else []
        if run.data_removed and run.output is None and run.status == "succeeded":
            raise StreamError("the rest of the output is lost: the API has removed the prediction's data")
        try:
            items = missing_output(self.outputs, run.output, ended=ended)
        except Mismatch:
            msg = "the event stream was cut, and its events so far differ from the prediction's output"
            raise StreamError(msg) from None
        events += [OutputEvent(item_to_data(item)) for item in items]
        return events + self._final_events(run) if ended else events

    def _final_events(self, run: Prediction) -> list[StreamEvent]:
        """The events that a stream would have sent at the end of the prediction."""
        if run.status == "succeeded":
            return [DoneEvent("{}")]
        if run.status != "failed":
            return [DoneEvent('{"reason":"canceled"}')]
        error = [] if self.error else [ErrorEvent(item_to_data({"detail": run.error}))]
        return [*error, DoneEvent('{"reason":"error"}')]
