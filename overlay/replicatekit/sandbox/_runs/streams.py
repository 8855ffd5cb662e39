"""The events of a run's stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._runs.events import StreamEvent
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from replicatekit.sandbox._runs.run import Run

GIVEN_UP = b":408: 408 Request Timeout\n\n"


def output_event(run: Run, item: Any) -> StreamEvent:
    """Return the event for one piece of the output."""
    return StreamEvent("output", item if isinstance(item, str) else dumps(item), _next_id(run))


def logs_event(run: Run, text: str) -> StreamEvent:
    """Return the event for logged text."""
    return StreamEvent("logs", text.removesuffix("\n"), _next_id(run))


def last_events(status: str, error: str | None) -> list[StreamEvent]:
    """Return the events at the end; they have no ids."""
    if status == "succeeded":
        return [StreamEvent("done", "{}")]
    if status == "failed":
        return [StreamEvent("error", dumps({"detail": error})), StreamEvent("done", '{"reason":"error"}')]
    return [StreamEvent("done", '{"reason":"canceled"}')]


def _next_id(run: Run) -> str:
    return f"{int(run.created)}:{len(run.events)}"


def events_after(events: list[StreamEvent], last_id: str | None) -> int:
    """Return the index of the first event after the one with the id `last_id`."""
    if last_id:
        for index, event in enumerate(events):
            if event.id == last_id:
                return index + 1
    return 0
