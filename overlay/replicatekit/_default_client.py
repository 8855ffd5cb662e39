"""The functions and namespaces of the module, such as `replicatekit.run(...)`, on a client created on first use.

One sync client and one async client serve the whole process. Both are safe across threads; their connections are opened
anew after a fork, and for each event loop.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

from replicatekit._base.locks import fork_safe_lock
from replicatekit._base.signatures import resolvable
from replicatekit._namespaces import Namespaces
from replicatekit.client import AsyncClient, Client
from replicatekit.options import RunOptions, StreamOptions, takes_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Runnable
    from replicatekit._session.session import Session
    from replicatekit.resources.collection import AsyncSearchResult, SearchResult
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit.typed.function import AsyncModelFunction, ModelFunction
    from replicatekit_api.models import Deployment, Model, Version

C = TypeVar("C", Client, AsyncClient)

_lock = fork_safe_lock()
_clients: dict[type, Any] = {}


def default_client() -> Client:
    """Return the default client of the module's functions. It is created at the first call.

    Raises:
        MissingTokenError: The environment has no token.
    """
    return _shared(Client)


def default_async_client() -> AsyncClient:
    """Return the default client of the module's functions. It is created at the first call.

    Raises:
        MissingTokenError: The environment has no token.
    """
    return _shared(AsyncClient)


def _shared(kind: type[C]) -> C:
    client: Any = _clients.get(kind)
    if client is None:
        with _lock:
            client = _clients.get(kind)
            if client is None:
                client = _clients[kind] = kind()
                if isinstance(client, Client):
                    atexit.register(client.close)
    return cast("C", client)


class _ModuleNamespaces(Namespaces):
    """The namespaces of the module, which need no token until the first request."""

    def __getattr__(self, name: str) -> Session:
        if name == "_session":
            return default_client()._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (our own)
        raise AttributeError(name)


namespaces = _ModuleNamespaces()


@takes_options(RunOptions)
def run(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[RunOptions[Prediction]],
) -> Any:
    """Run a model and return its output. `predictions.run` returns the finished prediction instead.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call then
            waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
        poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise the
            interval grows with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.

    Returns:
        The output, converted with the model's schema: files as `FileOutput`, the chunks of a text output joined.

    Raises:
        ModelError: The model failed. The error carries the prediction.
        PredictionCanceled: The prediction was canceled.
        PredictionAborted: `cancel_after` passed before the prediction started; it did not run.
        WaitTimeout: The prediction did not end within `timeout`.
        InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
        OutcomeUnknownError: The prediction may have been created; check before retrying.
        APITimeoutError: `timeout` passed before the prediction was created.
        APIError: The API returned an error, or did not respond.
    """
    return default_client().run(ref, input, deployment=deployment, **options)


@takes_options(RunOptions)
async def async_run(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[RunOptions[AsyncPrediction]],
) -> Any:
    """Run a model and return its output. `predictions.run` returns the finished prediction instead.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call then
            waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
        poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise the
            interval grows with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.

    Returns:
        The output, converted with the model's schema: files as `FileOutput`, the chunks of a text output joined.

    Raises:
        ModelError: The model failed. The error carries the prediction.
        PredictionCanceled: The prediction was canceled.
        PredictionAborted: `cancel_after` passed before the prediction started; it did not run.
        WaitTimeout: The prediction did not end within `timeout`.
        InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
        OutcomeUnknownError: The prediction may have been created; check before retrying.
        APITimeoutError: `timeout` passed before the prediction was created.
        APIError: The API returned an error, or did not respond.
    """
    return await default_async_client().run(ref, input, deployment=deployment, **options)


def use(
    ref: str | Model | Version | Deployment | None = None,
    *,
    deployment: str | Deployment | None = None,
    refresh: bool = False,
) -> ModelFunction:
    """Return a model as a Python function. Inputs are validated against its schema before anything is sent.

        flux = replicatekit.use("black-forest-labs/flux-schnell")
        flux(prompt="a llama in the snow", num_outputs=2)

    `flux.stream`, `flux.iterate`, `flux.create` and `flux.map` stream, iterate, create without waiting, and run
    many inputs; `flux.with_options(timeout=60)` sets options. The schema is fetched once and cached on disk. A
    community model is pinned to its current version; `refresh=True` looks up the latest one.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        deployment: `owner/name` of a deployment, instead of `ref`.
        refresh: Look up the latest version, even if the cached one is less than an hour old.

    Raises:
        NotFoundError: There is no such model or version.
        InvalidReference, InvalidArgument: `ref` cannot be read.
    """
    return default_client().use(ref, deployment=deployment, refresh=refresh)


async def async_use(
    ref: str | Model | Version | Deployment | None = None,
    *,
    deployment: str | Deployment | None = None,
    refresh: bool = False,
) -> AsyncModelFunction:
    """Return a model as a Python function. Inputs are validated against its schema before anything is sent.

        flux = await replicatekit.async_use("black-forest-labs/flux-schnell")
        await flux(prompt="a llama in the snow", num_outputs=2)

    `flux.stream`, `flux.iterate`, `flux.create` and `flux.map` stream, iterate, create without waiting, and run
    many inputs; `flux.with_options(timeout=60)` sets options. The schema is fetched once and cached on disk. A
    community model is pinned to its current version; `refresh=True` looks up the latest one.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        deployment: `owner/name` of a deployment, instead of `ref`.
        refresh: Look up the latest version, even if the cached one is less than an hour old.

    Raises:
        NotFoundError: There is no such model or version.
        InvalidReference, InvalidArgument: `ref` cannot be read.
    """
    return await default_async_client().use(ref, deployment=deployment, refresh=refresh)


@takes_options(StreamOptions)
def stream(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions[Prediction]],
) -> EventStream[Prediction]:
    """Run a model and return its events as they come: `output`, `logs`, `error`, `done`.

    The prediction is created when the first event is requested, or on entering `with`. Each event is delivered
    exactly once and in order; broken connections are resumed. A model that does not stream is polled.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for `stream`
            and `iterate`, True for calls and `map`.
        poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval grows
            with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.
        require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
        raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
        cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

    Returns:
        An iterator of events, with the prediction and the text of the output; see `replicatekit.streaming` for what
        it raises.

    Raises:
        InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
    """
    return default_client().stream(ref, input, deployment=deployment, **options)


@takes_options(StreamOptions)
def async_stream(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions[AsyncPrediction]],
) -> AsyncEventStream[AsyncPrediction]:
    """Run a model and return its events as they come: `output`, `logs`, `error`, `done`.

    The prediction is created when the first event is requested, or on entering `with`. Each event is delivered
    exactly once and in order; broken connections are resumed. A model that does not stream is polled.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for `stream`
            and `iterate`, True for calls and `map`.
        poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval grows
            with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.
        require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
        raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
        cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

    Returns:
        An iterator of events, with the prediction and the text of the output; see `replicatekit.streaming` for what
        it raises.

    Raises:
        InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
    """
    return default_async_client().stream(ref, input, deployment=deployment, **options)


@takes_options(StreamOptions)
def iterate(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions[Prediction]],
) -> ItemStream[Prediction]:
    """Run a model and return the items of its output as they come, converted as by `run`.

    An output that is not a list is one item. The prediction is created when the first item is requested.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for `stream`
            and `iterate`, True for calls and `map`.
        poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval grows
            with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.
        require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
        raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
        cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

    Raises:
        InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
    """
    return default_client().iterate(ref, input, deployment=deployment, **options)


@takes_options(StreamOptions)
def async_iterate(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions[AsyncPrediction]],
) -> AsyncItemStream[AsyncPrediction]:
    """Run a model and return the items of its output as they come, converted as by `run`.

    An output that is not a list is one item. The prediction is created when the first item is requested.

    Args:
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        input: The model's input.
        deployment: `owner/name` of a deployment, instead of `ref`.
        wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True for
            up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for `stream`
            and `iterate`, True for calls and `map`.
        poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval grows
            with the prediction's age, from 0.35 s to 5 s.
        timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
            prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
            create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
        cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
        cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
        cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
        webhook: An HTTPS URL that the API calls when the prediction changes.
        webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
        on_progress: Called with the prediction when it is created, when it changes and when it ends.
        progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm. Default:
            False.
        cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
        file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
        schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
            `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default: the
            client's setting.
        raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
        check: Validate the input against the model's schema before sending: True fetches the schema if needed, False
            skips validation, None validates only if the schema is already known. Default: None.
        require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
        raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
        cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

    Raises:
        InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
    """
    return default_async_client().iterate(ref, input, deployment=deployment, **options)


def search(query: str, *, limit: int | None = None) -> SearchResult:
    """Search models, collections and pages of the website at once.

    Args:
        query: The text to search for.
        limit: The largest number of models to return, from 1 to 50. 20 by default.
    """
    return default_client().search(query, limit=limit)


async def async_search(query: str, *, limit: int | None = None) -> AsyncSearchResult:
    """Search models, collections and pages of the website at once.

    Args:
        query: The text to search for.
        limit: The largest number of models to return, from 1 to 50. 20 by default.
    """
    return await default_async_client().search(query, limit=limit)


resolvable(__name__)
