"""The keyword options of the client's methods, as `TypedDict`s: each option's type, default and meaning.

Use them to annotate functions of your own that pass options on: `def ask(**options: Unpack[RunOptions])`. The
docstrings of the methods list the same options; `scripts/copy_docstrings.py` copies their first paragraphs from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar, get_args

from replicatekit._base.signatures import resolvable, show_options
from replicatekit._files.settings import FileStrategy, SchemaUse
from replicatekit_api.types import UNSET

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    import httpx
    import httpx2
    from typing_extensions import TypeVar as TypeVarWithDefault

    from replicatekit._base.cancellation import CancelToken
    from replicatekit_api.models import Version

    PredictionT = TypeVarWithDefault("PredictionT", default=Any)
else:
    PredictionT = TypeVar("PredictionT")

__all__ = [
    "CreateOptions",
    "DeploymentUpdate",
    "HttpOptions",
    "MapOptions",
    "ModelMetadata",
    "ModelUpdate",
    "PredictionStreamOptions",
    "RunOptions",
    "StreamOptions",
    "WebhookEvent",
]

WebhookEvent = Literal["start", "output", "logs", "completed"]
"""A change of a prediction that a webhook can be sent for."""

F = TypeVar("F", bound="Callable[..., Any]")


class RunOptions(TypedDict, Generic[PredictionT], total=False):
    """The options of `run`, beside the reference and the input.

    `RunOptions[Prediction]` says which class `on_progress` is called with; it is `Any` by default.
    """

    wait: bool | float
    """How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for up to
    60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call then waits for the
    prediction to end. Default: True; 1 s if `progress` or `on_progress` is set."""
    poll_interval: float | None
    """Seconds between two polls. Default: the event stream is followed if there is one; otherwise the interval grows
    with the prediction's age, from 0.35 s to 5 s."""
    timeout: float | None
    """Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the prediction exists,
    `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create request that was sent
    gets 2 s more for its response, and then it is `OutcomeUnknownError`."""
    cancel_on_timeout: bool
    """Cancel the prediction when `timeout` has passed. By default it keeps running.

    The API cancels it by itself if this process has ended before."""
    cancel_on_interrupt: bool
    """Cancel the prediction on Ctrl-C, or when the task is canceled. True by default."""
    cancel_after: float | str | timedelta | None
    """A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`."""
    webhook: str | None
    """An HTTPS URL that the API calls when the prediction changes."""
    webhook_events_filter: Sequence[WebhookEvent] | None
    """The events to send: `start`, `output`, `logs`, `completed`. Default: all."""
    on_progress: Callable[[PredictionT], object] | None
    """Called with the prediction when it is created, when it changes and when it ends."""
    progress: bool
    """Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default: False.

    It shows the status, and the percentages in the logs."""
    cancel: CancelToken | None
    """A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task."""
    file_strategy: FileStrategy | None
    """How files are sent: `auto`, `inline` or `upload`. The client's setting by default.

    `auto` sends files of up to 256 KiB inside the request, and uploads larger ones."""
    schema: SchemaUse | None
    """When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous), `known` (never;
    a cached one is used) or `fetch` (always). Default: the client's setting."""
    guess_files: bool | None
    """Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the client's
    setting."""
    raw: bool
    """Return the output as the API sent it: URLs instead of files, text chunks instead of one string."""
    check: bool | None
    """Validate the input against the model's schema before sending: True fetches the schema if needed, False skips
    validation, None validates only if the schema is already known. Default: None."""


class StreamOptions(RunOptions[PredictionT], total=False):
    """The options of `stream` and `iterate`: those of `run`, and three more. `wait` has another default."""

    wait: bool | float
    """How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for up to
    60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for `stream` and `iterate`,
    True for calls and `map`."""
    poll_interval: float | None
    """Seconds between two polls when the prediction has no event stream. Default: the interval grows with the
    prediction's age, from 0.35 s to 5 s."""
    require_stream: bool
    """Raise `StreamError` if there is no event stream. By default the prediction is polled then."""
    raise_on_error: bool
    """Raise an error after the last event if the prediction did not succeed. True by default."""
    cancel_on_close: bool
    """Cancel the prediction when the stream is closed before its end. False by default."""


class MapOptions(RunOptions[PredictionT], total=False):
    """The options of `map`: those of each run. `progress` is about all of them."""

    progress: bool
    """Show a bar that counts the runs. It needs rich (the extra `cli`). Default: shown if stderr is a terminal."""


class PredictionStreamOptions(TypedDict, Generic[PredictionT], total=False):
    """The options of `stream` and `iterate` on a prediction that exists."""

    poll_interval: float | None
    """Seconds between two polls when the prediction has no event stream."""
    timeout: float | None
    """Seconds for the whole stream. Default: no limit."""
    cancel_on_timeout: bool
    """Cancel the prediction when `timeout` has passed. By default it keeps running."""
    cancel_on_interrupt: bool
    """Cancel the prediction on Ctrl-C, or when the task is canceled. False by default."""
    on_progress: Callable[[PredictionT], object] | None
    """Called with the prediction when it changes and when it ends."""
    cancel: CancelToken | None
    """A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task."""
    require_stream: bool
    """Raise `StreamError` if there is no event stream. By default the prediction is polled then."""
    raise_on_error: bool
    """Raise an error after the last event if the prediction did not succeed. True by default."""
    cancel_on_close: bool
    """Cancel the prediction when the stream is closed before its end. False by default."""


class CreateOptions(TypedDict, total=False):
    """The options of `create`, beside the reference and the input."""

    wait: bool | float
    """How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up to 60 s, a
    number for up to that many seconds (1 to 60), False not at all. Default: False."""
    cancel_after: float | str | timedelta | None
    """A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`."""
    webhook: str | None
    """An HTTPS URL that the API calls when the prediction changes."""
    webhook_events_filter: Sequence[WebhookEvent] | None
    """The events to send: `start`, `output`, `logs`, `completed`. Default: all."""
    file_strategy: FileStrategy | None
    """How files are sent: `auto`, `inline` or `upload`. The client's setting by default.

    `auto` sends files of up to 256 KiB inside the request, and uploads larger ones."""
    check: bool | None
    """Validate the input against the model's schema before sending: True fetches the schema if needed, False skips
    validation, None validates only if the schema is already known. Default: None."""
    stream: bool | None
    """Deprecated, without effect: the API gives `urls.stream` for every model that streams."""


class ModelMetadata(TypedDict, total=False):
    """The description and URLs of a new model."""

    description: str
    """What the model does, in a sentence or two."""
    github_url: str
    """The URL of its source code."""
    paper_url: str
    """The URL of its paper."""
    license_url: str
    """The URL of its license."""
    cover_image_url: str
    """The URL of its cover image."""


class ModelUpdate(TypedDict, total=False):
    """The fields of a model that can be changed. Fields that are left out keep their value; `None` is refused."""

    description: str
    """What the model does, in a sentence or two."""
    readme: str
    """The long description, in Markdown."""
    github_url: str
    """The URL of its source code."""
    paper_url: str
    """The URL of its paper."""
    weights_url: str
    """The URL of its weights."""
    license_url: str
    """The URL of its license."""


class DeploymentUpdate(TypedDict, total=False):
    """The fields of a deployment that can be changed. Fields that are left out keep their value; `None` is refused."""

    version: str | Version
    """The version to run from now on."""
    hardware: str
    """The SKU of the hardware; `client.hardware.list()` lists them."""
    min_instances: int
    """How many instances always run, from 0 to 5. They are billed even while idle."""
    max_instances: int
    """The largest number of instances, from 0 to 20."""


class HttpOptions(TypedDict, total=False):
    """The options of a client that are passed on to httpx, with httpx's names and meanings."""

    proxy: str | httpx.URL | httpx.Proxy | httpx2.URL | httpx2.Proxy | None
    """The proxy for all requests. By default that of the environment (`HTTPS_PROXY`, ...)."""
    verify: bool | str | os.PathLike[str] | ssl.SSLContext
    """The certificates to trust: True for those of the system, False for any, a path to a file or folder, or a
    context. Default: True."""
    cert: str | tuple[str, str] | tuple[str, str, str] | None
    """The client's own certificate: the path of a PEM file, or a certificate, its key and the key's password."""
    trust_env: bool
    """Whether proxies and certificates come from environment variables. Default: True."""
    limits: httpx.Limits | httpx2.Limits | None
    """The limits of the connection pool."""
    mounts: Mapping[str, httpx.BaseTransport | httpx.AsyncBaseTransport | None] | None
    """Transports of httpx by URL pattern, such as `{"all://": transport}`. A client for sync code needs sync ones."""
    http2: bool
    """Whether HTTP/2 is used; it needs `httpx[http2]`. Default: False."""
    event_hooks: Mapping[str, list[Callable[..., Any]]] | None
    """Functions that are called with each `request` or `response` of httpx; coroutine functions for `AsyncClient`."""


_ALIASES = {
    "Runnable": "str | Model | Version | Deployment",
    **{
        name: f"Literal[{', '.join(map(repr, get_args(alias)))}]"
        for name, alias in (("WebhookEvent", WebhookEvent), ("FileStrategy", FileStrategy), ("SchemaUse", SchemaUse))
    },
}
_DEFAULTS: dict[str, object] = {
    "wait": True,
    "cancel_on_timeout": False,
    "cancel_on_interrupt": True,
    "progress": False,
    "raw": False,
    "require_stream": False,
    "raise_on_error": True,
    "cancel_on_close": False,
    "verify": True,
    "trust_env": True,
    "http2": False,
}
_OWN_DEFAULTS: dict[str, dict[str, object]] = {
    "StreamOptions": {"wait": False},
    "MapOptions": {"progress": None},
    "CreateOptions": {"wait": False},
    "PredictionStreamOptions": {"cancel_on_interrupt": False},
}


def takes_options(options: type) -> Callable[[F], F]:
    """Show the options that a method takes by keyword in its signature. For the methods of this package."""
    names = options.__annotations__
    update = {ModelMetadata, ModelUpdate, DeploymentUpdate}
    own = _OWN_DEFAULTS.get(options.__name__, {})
    defaults = {name: UNSET if options in update else {**_DEFAULTS, **own}.get(name) for name in names}
    return show_options(options, defaults, _ALIASES)


resolvable(__name__)
