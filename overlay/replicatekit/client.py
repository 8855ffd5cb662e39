"""`Client` and `AsyncClient`: how they are made, and where everything is reached from.

The two have the same names, one blocks and the other awaits; see `_io` for how the logic is written once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._files.settings import FileSettings
from replicatekit._http.async_sender import ASYNC
from replicatekit._http.settings import (
    HttpOptions,
    changed,
    checked,
    checked_transport,
    make_api_client,
    use_http_client,
)
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._namespaces import AsyncNamespaces, Namespaces
from replicatekit._predictions.run import Options, RunOptions, predict, reference_of, run
from replicatekit._runtime import run_sync
from replicatekit._session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import httpx

    from replicatekit._domain.reference import Runnable
    from replicatekit._files.settings import FileStrategy, SchemaUse
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.contract import Sender
    from replicatekit._predictions.stream_options import StreamOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit_api.models import Deployment

__all__ = ["AsyncClient", "Client"]


class _Base:
    """What both clients are made from, and what needs no I/O."""

    _io: Sender
    _bind: Callable[[Session, Any], Any]
    _output_file: Callable[[Session, str], Any]

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        max_retries: int | None = None,
        file_strategy: FileStrategy = "auto",
        schema: SchemaUse = "auto",
        guess_files: bool = True,
        transport: Any = None,
        http_client: Any = None,
        **http_options: Unpack[HttpOptions],
    ) -> None:
        api = make_api_client(
            token,
            base_url,
            timeout=timeout,
            headers=headers,
            user_agent=user_agent,
            max_retries=max_retries,
            http_options={"transport": checked_transport(transport, self._io), **checked(http_options)},
        )
        if http_client is not None:
            api = use_http_client(api, http_client, self._io)
        files = FileSettings().changed(file_strategy, schema, guess=guess_files)
        self._session = Session.new(self._io, api, self._bind, self._output_file, files)

    @property
    def api(self) -> ApiClient:
        """The low-level client, for the functions of `replicatekit_api`: same retries, limits and errors.

        from replicatekit_api.api.hardware import list
        list.sync(client=client.api)
        """
        return self._session.api

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._session.api.base_url

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def with_options(
        self,
        *,
        token: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        max_retries: int | None = None,
        file_strategy: FileStrategy | None = None,
        schema: SchemaUse | None = None,
        guess_files: bool | None = None,
    ) -> Self:
        """A changed copy that shares the connections, the limits and what was learned. What is None stays.

        Args:
            token: Another token.
            timeout: Seconds for each request, or an `httpx.Timeout`.
            headers: Sent with every request, beside those that there are.
            user_agent: What the client calls itself.
            max_retries: How often a request is repeated that may be.
            file_strategy: Where the files of inputs go.
            schema: Where a model's schema comes from.
            guess_files: Whether, without a schema, URLs of the API's own files are taken for files.

        Raises:
            InvalidArgument: One of them cannot be used.
        """
        api = changed(
            self._session.api,
            token=token,
            timeout=timeout,
            headers=headers,
            user_agent=user_agent,
            max_retries=max_retries,
        )
        copy = object.__new__(type(self))
        files = self._session.files.changed(file_strategy, schema, guess=guess_files)
        copy._session = self._session._replace(api=api, files=files)
        return copy


# Loaded when the first is dressed, and not looked up again for each of a page.
@cache
def _bind() -> Callable[[Session, Any], Any]:
    from replicatekit.resources.prediction import bind

    return bind


@cache
def _bind_async() -> Callable[[Session, Any], Any]:
    from replicatekit.resources.prediction import bind_async

    return bind_async


class Client(_Base, Namespaces):
    """The client for sync code. Safe to share between threads; a context manager that closes its connections.

        with Client() as client:
            print(client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    Args:
        token: The API token; without it, the environment's `REPLICATE_API_TOKEN`.
        base_url: Where the API is; without it, the environment's `REPLICATE_BASE_URL`, and without that
            `https://api.replicate.com/v1`. It must be https, or on this machine.
        timeout: Seconds for each request, or an `httpx.Timeout`. A request that the API holds gets what it needs.
        headers: Sent to the API with every request.
        user_agent: In place of `replicatekit/...`.
        max_retries: How often a request is repeated where that cannot create anything twice; 5 without it.
        file_strategy: Where the files of inputs go: `auto` (up to 256 KB inside the request, above it uploaded),
            `inline` or `upload`.
        schema: Where a model's schema comes from, by which files and pieces of a text are told from other output:
            `auto` asks for it where the output leaves a doubt, `known` never, `fetch` always; once for each model.
        guess_files: Whether, without a schema, URLs of the API's own files are taken for files.
        transport: A transport of httpx, such as `httpx.MockTransport` for tests.
        http_client: An `httpx.Client` (or `httpx2.Client`) of yours, used as it is and not closed.
        **http_options: `proxy`, `verify`, `cert`, `trust_env`, `limits`, `mounts`, `http2`, `event_hooks`, as httpx
            has them.

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

    def run(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions],
    ) -> Any:
        """Run a model and give its output.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, in place of `ref`.
            **options: See `replicatekit.options.RunOptions`.

        Returns:
            The output by the model's schema: files as `FileOutput`, the pieces of a text as one text. See `outputs`.

        Raises:
            ModelError: The model failed. The error carries the prediction.
            PredictionCanceled, PredictionAborted: It was canceled, or its deadline passed before it started.
            WaitTimeout: It has not ended within `timeout`.
            InvalidReference, InvalidInput, InvalidArgument: Nothing was sent.
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        return run_sync(run(self._session, reference_of(ref, deployment), input, Options.of(options)))

    def predict(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions],
    ) -> Prediction:
        """Run a model and give the finished prediction: id, output, logs, metrics. Else as `run`."""
        return self._session.bind(
            run_sync(predict(self._session, reference_of(ref, deployment), input, Options.of(options)))
        )

    def stream(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[StreamOptions],
    ) -> EventStream:
        """Run a model and give what it says while it runs, event by event: `output`, `logs`, `error`, `done`.

        The prediction is created when the first event is asked for, or on entering `with`. Each event comes once, in
        order; a connection that is cut is taken up again. What has no event stream is looked at again and again.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, in place of `ref`.
            **options: See `replicatekit.options.StreamOptions`.

        Returns:
            An iterator, with the prediction, and with the text of the output in pieces or whole; see `streaming`.
            What it raises is told there.

        Raises:
            InvalidReference, InvalidArgument: Nothing was sent.
        """
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import EventStream

        return EventStream(new_events(self._session, reference_of(ref, deployment), input, options))

    def iterate(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[StreamOptions],
    ) -> ItemStream:
        """Run a model and give the items of its output as they come: those that `run` gives at the end.

        An output that is no list is one item. Else as `stream`.
        """
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import ItemStream

        return ItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._session.api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@mirrors(Client)
class AsyncClient(_Base, AsyncNamespaces):
    """The client for async code, on asyncio and trio. The same names as `Client`, to be awaited.

        async with AsyncClient() as client:
            print(await client.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

    It may be used in several event loops, one after another; each has its own connections.
    """

    _io = ASYNC

    @staticmethod
    def _bind(session: Session, view: Any) -> Any:
        return _bind_async()(session, view)

    @staticmethod
    def _output_file(session: Session, url: str) -> Any:
        from replicatekit.outputs import AsyncFileOutput

        return AsyncFileOutput.bind(session, url)

    async def run(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions],
    ) -> Any:
        return await run(self._session, reference_of(ref, deployment), input, Options.of(options))

    async def predict(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions],
    ) -> AsyncPrediction:
        return self._session.bind(
            await predict(self._session, reference_of(ref, deployment), input, Options.of(options))
        )

    def stream(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncEventStream:
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(new_events(self._session, reference_of(ref, deployment), input, options))

    def iterate(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncItemStream:
        from replicatekit._predictions.stream_options import new_items
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(new_items(self._session, reference_of(ref, deployment), input, options))

    async def close(self) -> None:
        await self._session.api.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
