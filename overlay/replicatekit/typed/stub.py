"""The decorators of generated modules, which turn a signature into a model that runs.

Importing this module loads only what generated modules need at import; the first call loads the client.
"""

from __future__ import annotations

from copy import copy
from functools import update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, Unpack, cast

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Mapping

    from replicatekit._predictions.map import MapResult
    from replicatekit.options import StreamOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream

__all__ = ["AsyncTypedModel", "TypedModel", "async_typed_model", "typed_model"]

P = ParamSpec("P")
R = TypeVar("R")


class _Typed:
    """The base class of `TypedModel` and `AsyncTypedModel`."""

    _default = "default_client"

    def __init__(
        self, signature: Callable[..., object], model: str, version: str | None, names: Mapping[str, str]
    ) -> None:
        self.model = model
        """The model that runs, `owner/name`."""
        self.version = version
        """The version that runs; None for a model that runs by its name."""
        self._names = names
        # An input whose default is None is not sent if it is None.
        defaults: dict[str, Any] = getattr(signature, "__kwdefaults__", None) or {}
        self._left_out = frozenset(name for name, value in defaults.items() if value is None)
        self._client: Any = None
        self._options: dict[str, Any] = {}
        update_wrapper(cast("Any", self), signature)

    def with_options(self, *, client: Any = None, **options: Unpack[StreamOptions]) -> Self:
        """Return a copy with run options, such as `timeout`, or with your own client.

        Args:
            client: The client to use. Default: the one of the module's functions.
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
        """
        changed = copy(self)
        changed.__dict__ |= {"_client": client or self._client, "_options": {**self._options, **options}}
        return changed

    def _input(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The input under the model's names."""
        return {
            self._names.get(parameter, parameter): value
            for parameter, value in arguments.items()
            if value is not None or parameter not in self._left_out
        }

    @property
    def _runs(self) -> str:
        return f"{self.model}:{self.version}" if self.version else self.model

    @property
    def _reference(self) -> Any:
        """The reference that runs. Its schema is looked up when the first input is checked."""
        from replicatekit.typed.description import PromisedSchema

        return PromisedSchema.reference_of(self._runs)

    def _start(self, method: Callable[..., Any], args: tuple[Any, ...], inputs: Mapping[str, Any], options: str) -> Any:
        """Call a client's method with the model, its input, and the options that the method accepts."""
        return method(self._reference, self._input(inputs), *args, **self._known_options(options))

    def _map(self, inputs: Iterable[Mapping[str, Any]], **settings: Any) -> Any:
        return self._user.map(
            self._reference, map(self._input, inputs), **settings, **self._known_options("RunOptions")
        )

    @property
    def _user(self) -> Any:
        return self._client or getattr(import_module("replicatekit"), self._default)()

    def _known_options(self, kind: str) -> dict[str, Any]:
        accepted: Mapping[str, Any] = getattr(import_module("replicatekit.options"), kind).__annotations__
        return {name: value for name, value in self._options.items() if name in accepted or kind == "StreamOptions"}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._runs!r})"


class TypedModel(_Typed, Generic[P, R]):
    """A model as a function with a signature from its schema; made by a decorator in a generated module.

    The schema is loaded at the first call, from the cache or else from the API; each call's inputs are validated
    against it.
    """

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the model and return its output, as `client.run`."""
        result: R = self._start(self._user.run, args, kwargs, "RunOptions")
        return result

    def stream(self, /, *args: P.args, **kwargs: P.kwargs) -> EventStream[Prediction]:
        """Run the model and yield its events, as `client.stream`."""
        result: EventStream[Prediction] = self._start(self._user.stream, args, kwargs, "StreamOptions")
        return result

    def iterate(self, /, *args: P.args, **kwargs: P.kwargs) -> ItemStream[Prediction]:
        """Run the model and yield the items of its output as they come, as `client.iterate`."""
        result: ItemStream[Prediction] = self._start(self._user.iterate, args, kwargs, "StreamOptions")
        return result

    def create(self, /, *args: P.args, **kwargs: P.kwargs) -> Prediction:
        """Create a prediction and return it without waiting for its end, as `client.predictions.create`."""
        result: Prediction = self._start(self._user.predictions.create, args, kwargs, "CreateOptions")
        return result

    def check(self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Validate inputs without a run.

        Raises:
            InvalidInput: They do not fit the schema; `problems` has all that is wrong.
        """
        self._user.use(self._runs).check(*args, **self._input(kwargs))

    def map(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 20,
        ordered: bool = True,
        progress: bool | None = None,
    ) -> Iterator[MapResult]:
        """Run the model over many inputs, several at a time, and yield the outcome of each, as `client.map`."""
        result: Iterator[MapResult] = self._map(inputs, concurrency=concurrency, ordered=ordered, progress=progress)
        return result


class AsyncTypedModel(_Typed, Generic[P, R]):
    """A model as a function with a signature from its schema; made by a decorator in a generated module.

    The schema is loaded at the first call, from the cache or else from the API; each call's inputs are validated
    against it.
    """

    _default = "default_async_client"

    async def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the model and return its output, as `client.run`."""
        result: R = await self._start(self._user.run, args, kwargs, "RunOptions")
        return result

    def stream(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncEventStream[AsyncPrediction]:
        """Run the model and yield its events, as `client.stream`."""
        result: AsyncEventStream[AsyncPrediction] = self._start(self._user.stream, args, kwargs, "StreamOptions")
        return result

    def iterate(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncItemStream[AsyncPrediction]:
        """Run the model and yield the items of its output as they come, as `client.iterate`."""
        result: AsyncItemStream[AsyncPrediction] = self._start(self._user.iterate, args, kwargs, "StreamOptions")
        return result

    async def create(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncPrediction:
        """Create a prediction and return it without waiting for its end, as `client.predictions.create`."""
        result: AsyncPrediction = await self._start(self._user.predictions.create, args, kwargs, "CreateOptions")
        return result

    async def check(self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Validate inputs without a run.

        Raises:
            InvalidInput: They do not fit the schema; `problems` has all that is wrong.
        """
        (await self._user.use(self._runs)).check(*args, **self._input(kwargs))

    def map(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 20,
        ordered: bool = True,
        progress: bool | None = None,
    ) -> AsyncGenerator[MapResult, None]:
        """Run the model over many inputs, several at a time, and yield the outcome of each, as `client.map`."""
        result: AsyncGenerator[MapResult, None] = self._map(
            inputs, concurrency=concurrency, ordered=ordered, progress=progress
        )
        return result


def typed_model(
    model: str, version: str | None = None, names: Mapping[str, str] | None = None
) -> Callable[[Callable[P, R]], TypedModel[P, R]]:
    """Decorator: turn a function's signature into a typed model; the body is never executed.

    Args:
        model: `owner/name`.
        version: The version that runs; None for a model that runs by its name.
        names: The names of inputs by the names of their parameters, where they differ.
    """
    return lambda signature: TypedModel(signature, model, version, names or {})


def async_typed_model(
    model: str, version: str | None = None, names: Mapping[str, str] | None = None
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], AsyncTypedModel[P, R]]:
    """Decorator: turn a function's signature into a typed model; the body is never executed.

    Args:
        model: `owner/name`.
        version: The version that runs; None for a model that runs by its name.
        names: The names of inputs by the names of their parameters, where they differ.
    """
    return lambda signature: AsyncTypedModel(signature, model, version, names or {})


resolvable(__name__)
