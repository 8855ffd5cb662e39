"""`Client` and `AsyncClient`, and the methods that run models.

Both have the same names; one blocks, the other is awaited. The logic is written once, see `_runtime`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self, Unpack

from replicatekit._base.signatures import resolvable
from replicatekit._client_base import ClientBase
from replicatekit._domain.reference import reference_of
from replicatekit._http.async_sender import ASYNC
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._namespaces import AsyncNamespaces, Namespaces
from replicatekit._predictions.options import Options
from replicatekit._predictions.run import run
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.options import RunOptions, StreamOptions, takes_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    import httpx  # noqa: F401 (named in the bases of the clients)
    import httpx2  # noqa: F401 (as above)

    from replicatekit._domain.reference import Runnable
    from replicatekit._predictions.map import MapResult
    from replicatekit._session.session import Session
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit_api.models import Deployment

__all__ = ["AsyncClient", "Client"]


# Loaded with the first object, and not looked up again for each object of a page.
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
    """The client for sync code. Threads can share it; as a context manager, it closes its connections.

        with Client() as client:
            print(client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    A copy (`copy.copy`, `copy.deepcopy`) has the same settings and token, and connections of its own. A pickle contains
    the settings, but never the token: unpickling takes it from `REPLICATE_API_TOKEN`.

    Args:
        token: The API token. By default the environment variable `REPLICATE_API_TOKEN`.
        base_url: The URL of the API: https, or on this machine. By default the environment variable
            `REPLICATE_BASE_URL`, then `https://api.replicate.com/v1`.
        timeout: Seconds for each request, or an `httpx.Timeout`. Requests that the API holds get the time they need.
        headers: Headers to send to the API with every request.
        user_agent: The `User-Agent` header, instead of `replicatekit/...`.
        max_retries: How often a failed request is repeated if that cannot create anything twice. 5 by default.
        file_strategy: How the files of inputs are sent: `auto` (up to 256 KB inline, larger ones uploaded), `inline`
            or `upload`.
        schema: When a model's schema is fetched to interpret its output: `auto` (when the output is ambiguous), `known`
            (never) or `fetch` (always). It is fetched once for each model.
        guess_files: Treat URLs of the API's own file hosts as files when the schema says nothing.
        transport: A transport of httpx or httpx2, such as `httpx.MockTransport` for tests.
        http_client: Your own `httpx.Client` or `httpx2.Client`. It is used as it is, and not closed. Its read timeout
            starts anew with every byte, so that a server which sends a response's head byte by byte can outlast a
            call's `timeout=`.
        **http_options: Options that are passed on to httpx.

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
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.

        Returns:
            The output, converted by the model's schema: files as `FileOutput`, the chunks of a text joined.

        Raises:
            ModelError: The model failed. The error carries the prediction.
            PredictionCanceled, PredictionAborted: The prediction was canceled, or its deadline passed before the start.
            WaitTimeout: The prediction did not end within `timeout`.
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
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

        The prediction is created when the first event is requested, or on entering `with`. Each event comes once, in
        order: a connection that breaks is resumed. A model that does not stream is polled.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, instead of `ref`.
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.
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
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import ItemStream

        return ItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    @takes_options(RunOptions)
    def map(
        self,
        ref: Runnable | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        *,
        deployment: str | Deployment | None = None,
        concurrency: int = 20,
        ordered: bool = True,
        **options: Unpack[RunOptions],
    ) -> Iterator[MapResult]:
        """Run a model over many inputs, several at a time, and yield the outcome of each.

            for result in client.map("acme/caption", ({"image": path} for path in paths)):
                print(result.index, result.output if result.is_ok else result.error)

        A failed run does not stop the others: its error is in its result. Runs start when the first result is asked
        for. Leaving the iterator early cancels the runs in flight, unless `cancel_on_interrupt=False`.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            inputs: The inputs, one for each run. A generator is read as runs can start.
            deployment: `owner/name` of a deployment, in place of `ref`.
            concurrency: How many run at the same time.
            ordered: Whether results come in the order of the inputs, or as they complete.
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.

        Raises:
            InvalidReference, InvalidArgument: Nothing was sent.
        """
        from replicatekit._predictions.map import map_runs

        progress = options.pop("progress", None)
        return iterate_sync(
            map_runs(
                self._session,
                reference_of(ref, deployment),
                inputs,
                Options.of(options),
                concurrency=concurrency,
                ordered=ordered,
                progress=progress,
            )
        )

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._session.api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(
    ClientBase["httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport", "httpx.AsyncClient | httpx2.AsyncClient"],
    AsyncNamespaces,
):
    """The client for async code, on asyncio and trio. It has the methods and settings of `Client`; methods are awaited.

        async with AsyncClient() as client:
            print(await client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    Several event loops can use it, one after another or at once; each has connections of its own. `http_client` is an
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
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.

        Returns:
            The output, converted by the model's schema: files as `FileOutput`, the chunks of a text joined.

        Raises:
            ModelError: The model failed. The error carries the prediction.
            PredictionCanceled, PredictionAborted: The prediction was canceled, or its deadline passed before the start.
            WaitTimeout: The prediction did not end within `timeout`.
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
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

        The prediction is created when the first event is requested, or on entering `with`. Each event comes once, in
        order: a connection that breaks is resumed. A model that does not stream is polled.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, instead of `ref`.
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.
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
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.

        Raises:
            InvalidReference, InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    @takes_options(RunOptions)
    def map(
        self,
        ref: Runnable | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        *,
        deployment: str | Deployment | None = None,
        concurrency: int = 20,
        ordered: bool = True,
        **options: Unpack[RunOptions],
    ) -> AsyncGenerator[MapResult, None]:
        """Run a model over many inputs, several at a time, and yield the outcome of each.

            for result in client.map("acme/caption", ({"image": path} for path in paths)):
                print(result.index, result.output if result.is_ok else result.error)

        A failed run does not stop the others: its error is in its result. Runs start when the first result is asked
        for. Leaving the iterator early cancels the runs in flight, unless `cancel_on_interrupt=False`.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            inputs: The inputs, one for each run. A generator is read as runs can start.
            deployment: `owner/name` of a deployment, in place of `ref`.
            concurrency: How many run at the same time.
            ordered: Whether results come in the order of the inputs, or as they complete.
            wait: How long the API holds the create request: True (the default) for 60 s, 1 to 60, or False.
            poll_interval: Seconds between two polls. By default the interval grows, or the event stream is followed.
            timeout: Seconds for the whole call. `None`, the default, waits as long as it takes. Once the prediction
                exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a create that
                was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: When it is called: `start`, `output`, `logs`, `completed`. Always by default.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich or tqdm. False by default.
            cancel: A token that cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When the output's schema is fetched: `auto`, `known` or `fetch`. The client's setting by default.
            guess_files: Without a schema, treat URLs of the API's own hosts as files. The client's setting by default.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one text.
            check: Validate the input by the model's schema first. By default, if the schema is known already.

        Raises:
            InvalidReference, InvalidArgument: Nothing was sent.
        """
        from replicatekit._predictions.map import map_runs

        progress = options.pop("progress", None)
        return map_runs(
            self._session,
            reference_of(ref, deployment),
            inputs,
            Options.of(options),
            concurrency=concurrency,
            ordered=ordered,
            progress=progress,
        )

    async def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        await self._session.api.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


resolvable(__name__)
