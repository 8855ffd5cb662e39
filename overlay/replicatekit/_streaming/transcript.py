"""What of a prediction was said to the caller, and what is still to be said of it. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from replicatekit._domain.status import is_terminal
from replicatekit._streaming.remainder import Mismatch, item_to_data, missing_output, rest_of_logs, whole_text
from replicatekit.errors import StreamError
from replicatekit.streaming import DoneEvent, ErrorEvent, LogsEvent, OutputEvent

if TYPE_CHECKING:
    from replicatekit.streaming import StreamEvent
    from replicatekit_api.models import Prediction

__all__ = ["Said"]


@define(eq=False)
class Said:
    """The events that were given."""

    outputs: list[str] = field(factory=list[str])
    logs: list[str] = field(factory=list[str])
    error: ErrorEvent | None = None
    done: DoneEvent | None = None
    _ends_trimmed: bool = False
    """Whether the last of the logs came without its line end, as streams give them."""

    def add(self, event: StreamEvent, *, streamed: bool) -> None:
        """One more event."""
        match event:
            case OutputEvent():
                self.outputs.append(event.data)
            case LogsEvent():
                self.logs.append(event.data)
                self._ends_trimmed = streamed
            case ErrorEvent():
                self.error = event
            case DoneEvent():
                self.done = event

    def text(self, output: Any) -> str:
        """The text of the output events, with the line ends of the output if that is whole."""
        return whole_text(self.outputs, output)

    def unsaid(self, run: Prediction) -> list[StreamEvent]:
        """What a prediction has that was not said; to the last word, where it has ended.

        Raises:
            StreamError: It cannot be told what that is, or it is not there any more.
        """
        ended = is_terminal(run)
        logs = rest_of_logs(self.logs, run.logs or "")
        if self._ends_trimmed:
            logs = logs.removeprefix("\n")
        events: list[StreamEvent] = [LogsEvent(logs)] if logs else []
        if run.data_removed and run.output is None and run.status == "succeeded":
            raise StreamError("the rest of the output cannot be had: the API has removed the prediction's data")
        try:
            rest = missing_output(self.outputs, run.output, ended=ended)
        except Mismatch:
            msg = "the rest of the output cannot be told: the event stream was cut, and had given other items"
            raise StreamError(msg) from None
        events += [OutputEvent(item_to_data(item)) for item in rest]
        return events + self._last_words(run) if ended else events

    def _last_words(self, run: Prediction) -> list[StreamEvent]:
        """How it ended, in the words of a stream."""
        if run.status == "succeeded":
            return [DoneEvent("{}")]
        if run.status != "failed":
            return [DoneEvent('{"reason":"canceled"}')]
        error = [] if self.error else [ErrorEvent(item_to_data({"detail": run.error}))]
        return [*error, DoneEvent('{"reason":"error"}')]
