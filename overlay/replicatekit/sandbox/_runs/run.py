"""A prediction or training from its creation to its end, and the traceback of its failure."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from replicatekit.sandbox._runs.events import StreamEvent
from replicatekit.sandbox._storage.records import ordered
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._models.job import Job, Runner
    from replicatekit.sandbox._runs.events import Subscription
    from replicatekit.sandbox._storage.records import JSON

_MODELS = Path(__file__).parent.parent / "_models"


@attrs.define(eq=False, kw_only=True)
class Run:
    """A prediction or training from its creation to its end.

    Attributes:
        kind: `prediction` or `training`.
        record: The fields of a response.
        stream_key: The secret in the URL of its stream; None if it has no stream.
        finish: Converts the runner's result to the output; a training makes a version of it.
        lifetime: Seconds until its deadline, or None.
        changed: Set and replaced at each change.
    """

    kind: str
    record: JSON
    runner: Runner
    created: float
    boot: float = 0.0
    lifetime: float | None = None
    stream_key: str | None = None
    inline_files: bool = False
    finish: Callable[[Any], Any] | None = None
    subscription: Subscription | None = None
    began: float | None = None
    job: Job | None = None
    metrics: JSON = attrs.field(factory=dict[str, Any])
    events: list[StreamEvent] = attrs.field(factory=list[StreamEvent])
    changed: asyncio.Event = attrs.field(factory=asyncio.Event)
    done: asyncio.Event = attrs.field(factory=asyncio.Event)
    timers: list[asyncio.TimerHandle] = attrs.field(factory=list[asyncio.TimerHandle])
    launched: bool = False
    text: str | None = None

    @property
    def id(self) -> str:
        """The id of the prediction or training."""
        result: str = self.record["id"]
        return result

    def render(self) -> str:
        """Return the record as JSON, rendered once for each change."""
        if self.text is None:
            self.text = dumps(ordered(self.record))
        return self.text


def traceback_of(error: BaseException) -> str:
    """Return the traceback of a model's error, without the sandbox's own frames."""
    trace, model = error.__traceback__, None
    while trace is not None:
        if _calls_models(trace.tb_frame.f_code.co_filename):
            model = trace.tb_next
        trace = trace.tb_next
    if model is not None and Path(model.tb_frame.f_code.co_filename) == _MODELS / "job.py":
        model = None  # an input could not be fetched: the model did not run
    return "".join(traceback.format_exception(type(error), error, model))


def _calls_models(filename: str) -> bool:
    path = Path(filename)
    return path.parent == Path(__file__).parent or path == _MODELS / "functions.py"
