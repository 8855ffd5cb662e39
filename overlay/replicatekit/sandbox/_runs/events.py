"""The events of a run's stream, and its webhook subscription."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import asyncio

EVENTS = ("start", "output", "logs", "completed")
"""The events that a webhook can subscribe to."""
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@attrs.frozen
class StreamEvent:
    """A Server-Sent Event: its name, its data, and its id if it has one."""

    name: str
    data: str
    id: str | None = None

    def encode(self) -> bytes:
        """Return the event in the format of `text/event-stream`."""
        lines = [f"event: {self.name}"]
        if self.id is not None:
            lines.append(f"id: {self.id}")
        lines += [f"data: {line}" for line in _LINE_ENDS.split(self.data)]
        return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


@attrs.define(eq=False)
class Subscription:
    """The webhook of one run: its URL, its events, and the state of its deliveries.

    Attributes:
        url: The receiver.
        events: The names of the events that are delivered.
        last_sent: When output or logs were last sent, by the event loop's clock; negative before the first time.
        timer: Sends throttled output or logs.
        tail: The last delivery in the queue; deliveries are made one after another.
        held_back: Events and bodies that wait for the end, with `webhook_order="reversed"`.
    """

    url: str
    events: frozenset[str]
    last_sent: float = -1.0
    timer: asyncio.TimerHandle | None = None
    tail: asyncio.Task[None] | None = None
    held_back: list[tuple[str, bytes]] = attrs.field(factory=list[tuple[str, bytes]])
