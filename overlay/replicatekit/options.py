"""The keyword options of the client's methods, as types: what each one means, and its default.

They are `TypedDict`s for annotations in your own code (`def ask(**options: Unpack[RunOptions])`) and for reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._files.settings import FileStrategy, SchemaUse
    from replicatekit._http.settings import HttpOptions
    from replicatekit._operations.deployments import DeploymentUpdate
    from replicatekit._operations.models import ModelMetadata, ModelUpdate
    from replicatekit._operations.predictions import CreateOptions

__all__ = [
    "CreateOptions",
    "DeploymentUpdate",
    "HttpOptions",
    "ModelMetadata",
    "ModelUpdate",
    "PredictionStreamOptions",
    "RunOptions",
    "StreamOptions",
]

_ELSEWHERE = {
    "CreateOptions": "replicatekit._operations.predictions",
    "DeploymentUpdate": "replicatekit._operations.deployments",
    "HttpOptions": "replicatekit._http.settings",
    "ModelMetadata": "replicatekit._operations.models",
    "ModelUpdate": "replicatekit._operations.models",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        from importlib import import_module

        return getattr(import_module(_ELSEWHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class RunOptions(TypedDict, total=False):
    """The options of `run` besides the reference and the input."""

    wait: bool | float
    """Whether the API holds the create request open until the model has finished: True for up to 60 s, or a number of
    seconds from 1 to 60. With False, the API responds at once. The default is True; 1 s if progress is reported."""
    poll_interval: float | None
    """Seconds between two polls. With None, the default, the event stream is followed where there is one, and other
    predictions are polled at growing intervals."""
    timeout: float | None
    """Seconds for the whole call; None, the default, for no limit."""
    cancel_on_timeout: bool
    """Whether the prediction is canceled when `timeout` has passed, by the API itself if this process has ended by
    then. The default is False: the prediction keeps running."""
    cancel_on_interrupt: bool
    """Whether Ctrl-C, or the cancellation of the task, cancels the prediction too. The default is True."""
    cancel_after: float | str | timedelta | None
    """The API's own deadline, counted from the creation: seconds, a `timedelta` or text such as `5m`; at least 5 s."""
    webhook: str | None
    """An HTTPS URL that receives updates."""
    webhook_events_filter: Sequence[Literal["start", "output", "logs", "completed"]] | None
    """The updates that the webhook receives."""
    on_progress: Callable[[Any], object] | None
    """Called with the prediction when it is created, changes and ends."""
    progress: bool
    """Whether to show a progress bar, from the status and the percentages in the logs, while a person is watching (a
    terminal or a notebook). It needs rich or tqdm. The default is False."""
    cancel: CancelToken | None
    """A token that cancels the prediction when it is set, from any thread or task."""
    file_strategy: FileStrategy
    """How the input's files are sent: `auto` (up to 256 KB inside the request, larger files uploaded), `inline` or
    `upload`. The default is the client's setting."""
    schema: SchemaUse
    """When the model's schema is requested: `auto` if the output is ambiguous, `known` never, `fetch` always; once for
    each model. The default is the client's setting."""
    guess_files: bool
    """Whether URLs of the API's own files count as files where no schema says so. The default is the client's
    setting."""
    raw: bool
    """Whether `run` returns the output as it came, with URLs for files and a list for text. The default is False."""


class StreamOptions(RunOptions, total=False):
    """The options of `stream` and `iterate` besides the reference and the input.

    They are those of `run`, with two differences: `wait` is False by default, and `poll_interval` is for predictions
    without an event stream. `progress` has no effect.
    """

    require_stream: bool
    """Whether a prediction without an event stream is an error (`StreamError`, with its id; the prediction keeps
    running). The default is False: its output is polled."""
    raise_on_error: bool
    """Whether a prediction that did not succeed raises its error after its last event. The default is True."""
    cancel_on_close: bool
    """Whether leaving the stream early cancels the prediction. The default is False."""


class PredictionStreamOptions(TypedDict, total=False):
    """The options of `stream` and `iterate` on a prediction that exists."""

    poll_interval: float | None
    """Seconds between two polls of a prediction without an event stream."""
    timeout: float | None
    """Seconds for the whole stream; None, the default, for no limit."""
    cancel_on_timeout: bool
    """Whether the prediction is canceled when `timeout` has passed. The default is False."""
    cancel_on_interrupt: bool
    """Whether Ctrl-C, or the cancellation of the task, cancels the prediction. The default is False."""
    on_progress: Callable[[Any], object] | None
    """Called with the prediction when it changes."""
    cancel: CancelToken | None
    """A token that cancels the prediction when it is set, from any thread or task."""
    require_stream: bool
    """Whether a prediction without an event stream is an error, `StreamError`. The default is False."""
    raise_on_error: bool
    """Whether a prediction that did not succeed raises its error after its last event. The default is True."""
    cancel_on_close: bool
    """Whether leaving the stream early cancels the prediction. The default is False."""
