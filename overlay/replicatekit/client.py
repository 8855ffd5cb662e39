"""`Client` and `AsyncClient`, and the methods that run models.

Both have the same names; one blocks, the other is awaited. The logic is written once, see `_runtime`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self, Unpack

from replicatekit._client_base import ClientBase
from replicatekit._domain.reference import reference_of
from replicatekit._http.async_sender import ASYNC
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._namespaces import AsyncNamespaces, Namespaces
from replicatekit._predictions.options import Options
from replicatekit._predictions.run import run
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.options import MapOptions, RunOptions, StreamOptions, takes_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping

    import httpx  # noqa: F401 (named in the bases of the clients)
    import httpx2  # noqa: F401 (as above)

    from replicatekit._domain.reference import Runnable
    from replicatekit._predictions.map import MapResult
    from replicatekit._session.session import Session
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit_api.models import Deployment

__all__ = ["AsyncClient", "Client"]


# Loaded with the first object, instead of once for each object of a page.
@cache
def _bind() -> Callable[[Session, Any], Any]:
    from replicatekit.resources.training import bind

    return bind


@cache
def _bind_async() -> Callable[[Session, Any], Any]:
    from replicatekit.resources.training import bind_async

    return bind_async


class Client(
    ClientBase["httpx.BaseTransport | httpx2.BaseTransport", "httpx.Client | httpx2.Client"],
    Namespaces,
):
    """The client for sync code. It is thread-safe. As a context manager, it closes its connections at the end.

        with Client() as client:
            print(client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    A copy (`copy.copy`, `copy.deepcopy`) has the same settings and token, and connections of its own. A pickle contains
    the settings, but never the token: unpickling takes it from `REPLICATE_API_TOKEN`.

    Args:
        token: The API token. By default the environment variable `REPLICATE_API_TOKEN`.
        base_url: The URL of the API: https, or http on a loopback address. By default the environment variable
            `REPLICATE_BASE_URL`, then `https://api.replicate.com/v1`.
        timeout: Seconds for each attempt of a request, or an `httpx.Timeout`. Default: 10 s to connect, 75 s to read,
            write and get a connection. Create requests with `wait` get at least the time that the API may hold them
            open.
        headers: Headers to send with every request to the API. Other hosts do not get them.
        user_agent: The `User-Agent` header, instead of `replicatekit/...`.
        max_retries: Retries after the first attempt. Requests that could create something twice are not retried.
            Default: 5.
        file_strategy: How the files of inputs are sent: `auto` (up to 256 KiB inline, larger ones uploaded), `inline`
            or `upload`.
        schema: When to fetch a model's schema to convert its output: `auto` (only if the output is ambiguous), `known`
            (never; a cached one is used) or `fetch` (always). It is fetched once for each model.
        guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available.
        transport: A transport of httpx or httpx2, such as `httpx.MockTransport` for tests.
        http_client: Your own `httpx.Client` or `httpx2.Client`. It is used as it is, and not closed. Its read timeout
            starts anew with every byte, so that a server which sends a response's head byte by byte can outlast a
            call's `timeout=`.
        proxy, verify, cert, trust_env, limits, mounts, http2, event_hooks: Options of httpx, with its names and
            meanings; see `replicatekit.options.HttpOptions`.

    Raises:
        MissingTokenError: There is no token.
        InvalidArgument: A setting cannot be used.
    """

    _io = BLOCKING

    @staticmethod
    def _bind(session: Session, view: Any) -> Any:
        return _bind()(session, view)

    @staticmethod
    def _output_file(session: Session, url: str) -> Any:
        from replicatekit.outputs import FileOutput

        return FileOutput.bind(session, url)

    @takes_options(RunOptions)
    def run(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

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
        return run_sync(run(self._session, reference_of(ref, deployment), input, Options.of(options)))

    @takes_options(StreamOptions)
    def stream(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Returns:
            An iterator of events, with the prediction and the text of the output; see `replicatekit.streaming` for what
            it raises.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import EventStream

        return EventStream(new_events(self._session, reference_of(ref, deployment), input, options))

    @takes_options(StreamOptions)
    def iterate(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import ItemStream

        return ItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    @takes_options(MapOptions)
    def map(
        self,
        ref: Runnable | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        *,
        deployment: str | Deployment | None = None,
        concurrency: int = 20,
        ordered: bool = True,
        **options: Unpack[MapOptions[Prediction]],
    ) -> Iterator[MapResult]:
        """Run a model over many inputs, several at a time, and yield the outcome of each.

            for result in client.map("acme/caption", ({"image": path} for path in paths)):
                print(result.index, result.output if result.is_ok else result.error)

        A failed run does not stop the others: its error is in its result. Runs start when the first result is
        requested. Leaving the iterator early cancels the runs in flight, unless `cancel_on_interrupt=False`.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            inputs: The inputs, one for each run. A generator is consumed lazily, as runs start.
            deployment: `owner/name` of a deployment, instead of `ref`.
            concurrency: How many run at the same time.
            ordered: Whether results come in the order of the inputs, or as they complete.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a bar that counts the runs. It needs rich (the extra `cli`). Default: shown if stderr is a
                terminal.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

        Raises:
            InvalidReference, InvalidArgument: Nothing was sent.
        """
        return iterate_sync(self._map(reference_of(ref, deployment), inputs, concurrency, ordered, options))

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._session.api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncClient(
    ClientBase["httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport", "httpx.AsyncClient | httpx2.AsyncClient"],
    AsyncNamespaces,
):
    """The client for async code, on asyncio and trio. It has the methods and settings of `Client`; methods are awaited.

        async with AsyncClient() as client:
            print(await client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    It can be used from several event loops; each gets its own connections. `http_client` is an
    `httpx.AsyncClient`, and `transport` an async one.
    """

    _io = ASYNC

    @staticmethod
    def _bind(session: Session, view: Any) -> Any:
        return _bind_async()(session, view)

    @staticmethod
    def _output_file(session: Session, url: str) -> Any:
        from replicatekit.outputs import AsyncFileOutput

        return AsyncFileOutput.bind(session, url)

    @takes_options(RunOptions)
    async def run(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

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
        return await run(self._session, reference_of(ref, deployment), input, Options.of(options))

    @takes_options(StreamOptions)
    def stream(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Returns:
            An iterator of events, with the prediction and the text of the output; see `replicatekit.streaming` for what
            it raises.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(new_events(self._session, reference_of(ref, deployment), input, options))

    @takes_options(StreamOptions)
    def iterate(
        self,
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
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    @takes_options(MapOptions)
    def map(
        self,
        ref: Runnable | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        *,
        deployment: str | Deployment | None = None,
        concurrency: int = 20,
        ordered: bool = True,
        **options: Unpack[MapOptions[AsyncPrediction]],
    ) -> AsyncGenerator[MapResult, None]:
        """Run a model over many inputs, several at a time, and yield the outcome of each.

            async for result in client.map("acme/caption", ({"image": path} for path in paths)):
                print(result.index, result.output if result.is_ok else result.error)

        A failed run does not stop the others: its error is in its result. Runs start when the first result is
        requested. Leaving the iterator early cancels the runs in flight, unless `cancel_on_interrupt=False`.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            inputs: The inputs, one for each run. A generator is consumed lazily, as runs start.
            deployment: `owner/name` of a deployment, instead of `ref`.
            concurrency: How many run at the same time.
            ordered: Whether results come in the order of the inputs, or as they complete.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a bar that counts the runs. It needs rich (the extra `cli`). Default: shown if stderr is a
                terminal.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

        Raises:
            InvalidReference, InvalidArgument: Nothing was sent.
        """
        return self._map(reference_of(ref, deployment), inputs, concurrency, ordered, options)

    async def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        await self._session.api.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
