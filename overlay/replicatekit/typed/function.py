"""A model as a function: its schema validates inputs before anything is sent."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, cast

from replicatekit._base.signatures import resolvable
from replicatekit._operations.predictions import create as create_prediction
from replicatekit._predictions.inputs import validate_input
from replicatekit._predictions.map import map_runs
from replicatekit._predictions.options import Options
from replicatekit._predictions.run import run
from replicatekit._predictions.stream_options import STREAM_ONLY, new_events, new_items
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.errors import InvalidInput
from replicatekit.options import CreateOptions, StreamOptions
from replicatekit.typed.naming import identifier, parameter_names
from replicatekit.typed.signature import docstring_of, signature_of, table_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
    from inspect import Signature

    from replicatekit._domain.input_schema import InputField
    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.map import MapResult
    from replicatekit._session.session import Session
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit.typed.description import ModelDescription

__all__ = ["AsyncModelExample", "AsyncModelFunction", "ModelExample", "ModelFunction"]

F = TypeVar("F", bound="_Function")

_HIDDEN = "[hidden]"


class _OfInstance:
    """A descriptor: a lazily created value on instances, and a different value or none on the class."""

    def __init__(self, make: Callable[[Any], Any], of_class: Any = None) -> None:
        self._make = make
        self._of_class = of_class

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is not None:
            return self._make(instance)
        if self._of_class is None:
            raise AttributeError("only an instance has this")  # as `inspect.signature` of the class expects it
        return self._of_class


class _Function:
    """The base class of `ModelFunction` and `AsyncModelFunction`."""

    def __init_subclass__(cls) -> None:
        cls.__doc__ = cast("Any", _OfInstance(attrgetter("_docstring"), cls.__doc__))

    __signature__ = _OfInstance(attrgetter("_signature"))
    _is_async = False

    def __init__(self, session: Session, description: ModelDescription, options: StreamOptions | None = None) -> None:
        self._session = session
        self._description = description
        self._options: StreamOptions = options or {}
        self._schema = description.known.input
        self._names = parameter_names(self._schema.by_name)
        self.__name__ = self.__qualname__ = identifier((description.reference.name or "model").lower(), "model")

    @property
    def model(self) -> str | None:
        """The model (or the deployment) that runs, `owner/name`; None if only a version id was given."""
        return self._description.model

    @property
    def version(self) -> str | None:
        """The id of the version whose schema this is, if it is known."""
        return self._description.version

    @property
    def inputs(self) -> tuple[InputField, ...]:
        """The model's inputs, in the order of the schema."""
        return self._schema.fields

    @property
    def is_pinned(self) -> bool:
        """True if calls always run `version`; False if they run whatever the API serves for this name."""
        return self._description.is_pinned

    @property
    def openapi_schema(self) -> dict[str, Any] | None:
        """The model's OpenAPI schema, or None if the API publishes none."""
        return self._description.known.schema

    def check(self, /, **inputs: Any) -> None:
        """Validate inputs without a request and without a run.

        Raises:
            InvalidInput: They do not fit the schema, or cannot be sent; `problems` has all that is wrong.
        """
        from replicatekit._inputs.plan import plan_input, resolve

        plan = plan_input(self._input(inputs), strategy="upload")
        values = resolve(plan, ["https://replicate.com/file"] * len(plan.files))
        validate_input(self._description.known, self.model or "the model", values)

    def with_options(self, **options: Unpack[StreamOptions]) -> Self:
        """Return a copy with run options, such as `timeout`. They cannot clash with the names of inputs.

        Args:
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
            InvalidArgument: An option cannot be used.
        """
        merged = cast("StreamOptions", {**self._options, **options})
        new_events(self._session, self._description.reference, {}, merged)  # checks them; nothing is sent
        return type(self)(self._session, self._description, merged)

    @cached_property
    def _docstring(self) -> str:
        return "\n".join(docstring_of(f"Run {self._description.title}.", self._schema, self._names))

    @cached_property
    def _signature(self) -> Signature:
        return signature_of(self._schema, self._names, self.openapi_schema, is_async=self._is_async)

    @property
    def _run_options(self) -> Options:
        return Options.of(cast("Any", {key: value for key, value in self._options.items() if key not in STREAM_ONLY}))

    @property
    def _create_options(self) -> CreateOptions:
        known = CreateOptions.__annotations__
        return cast("CreateOptions", {key: value for key, value in self._options.items() if key in known})

    def _request(self, inputs: Mapping[str, Any]) -> tuple[Session, Reference, dict[str, Any]]:
        return self._session, self._description.reference, self._input(inputs)

    def _map(
        self,
        inputs: Iterable[Mapping[str, Any]],
        concurrency: int,
        ordered: bool,  # noqa: FBT001 (private)
        progress: bool | None,  # noqa: FBT001 (private)
    ) -> AsyncGenerator[MapResult, None]:
        return map_runs(
            self._session,
            self._description.reference,
            inputs,
            self._run_options,
            concurrency=concurrency,
            ordered=ordered,
            progress=progress,
            convert=self._input,
        )

    def _input(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The input under the model's names, without omitted parameters."""
        values: dict[str, Any] = {}
        for parameter, value in arguments.items():
            name = parameter if parameter in self._schema.by_name else self._names.get(parameter, parameter)
            if name in values:
                raise InvalidInput(f"the input {name!r} is given twice: as {parameter!r} too", path=f"input.{name}")
            field = self._schema.by_name.get(name)
            if value is None and field is not None and field.may_be_omitted:
                continue
            values[name] = value
        return values

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._description.reference)!r})"

    def _repr_html_(self) -> str:
        return table_of(self._description.title, self._schema, self._names)


class ModelFunction(_Function):
    """A callable model, with its inputs as keyword arguments; returned by `client.use`.

    A call raises `InvalidInput` before anything is sent if the inputs do not fit the model's schema. Input names that
    are not valid identifiers are adapted (`from_` for `from`), or can be passed by `**{"from": ...}`. None for an
    optional input without a default leaves it out. See `help(function)` for the inputs of one model.
    """

    def __call__(self, /, **inputs: Any) -> Any:
        """Run the model and return its output, as `client.run`."""
        return run_sync(run(*self._request(inputs), self._run_options))

    def stream(self, /, **inputs: Any) -> EventStream[Prediction]:
        """Run the model and yield its events, as `client.stream`."""
        from replicatekit.streaming import EventStream

        return EventStream(new_events(*self._request(inputs), self._options))

    def iterate(self, /, **inputs: Any) -> ItemStream[Prediction]:
        """Run the model and yield the items of its output as they come, as `client.iterate`."""
        from replicatekit.streaming import ItemStream

        return ItemStream(new_items(*self._request(inputs), self._options))

    def create(self, /, **inputs: Any) -> Prediction:
        """Create a prediction and return it without waiting for its end, as `client.predictions.create`."""
        work = create_prediction(*self._request(inputs), self._create_options)
        result: Prediction = self._session.bind(run_sync(work))
        return result

    def map(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 20,
        ordered: bool = True,
        progress: bool | None = None,
    ) -> Iterator[MapResult]:
        """Run the model over many inputs, several at a time, and yield the outcome of each, as `client.map`.

        `with_options` sets the options of the runs, such as `timeout`.
        """
        return iterate_sync(self._map(inputs, concurrency, ordered, progress))

    @property
    def example(self) -> ModelExample | None:
        """The model's default example, which can be run; None if it has none."""
        example = self._description.example
        return None if example is None else ModelExample(self, self._names, example)


class AsyncModelFunction(_Function):
    """A callable model, with its inputs as keyword arguments; returned by `client.use`.

    A call raises `InvalidInput` before anything is sent if the inputs do not fit the model's schema. Input names that
    are not valid identifiers are adapted (`from_` for `from`), or can be passed by `**{"from": ...}`. None for an
    optional input without a default leaves it out. See `help(function)` for the inputs of one model.
    """

    _is_async = True

    async def __call__(self, /, **inputs: Any) -> Any:
        """Run the model and return its output, as `client.run`."""
        return await run(*self._request(inputs), self._run_options)

    def stream(self, /, **inputs: Any) -> AsyncEventStream[AsyncPrediction]:
        """Run the model and yield its events, as `client.stream`."""
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(new_events(*self._request(inputs), self._options))

    def iterate(self, /, **inputs: Any) -> AsyncItemStream[AsyncPrediction]:
        """Run the model and yield the items of its output as they come, as `client.iterate`."""
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(new_items(*self._request(inputs), self._options))

    async def create(self, /, **inputs: Any) -> AsyncPrediction:
        """Create a prediction and return it without waiting for its end, as `client.predictions.create`."""
        result: AsyncPrediction = self._session.bind(
            await create_prediction(*self._request(inputs), self._create_options)
        )
        return result

    def map(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 20,
        ordered: bool = True,
        progress: bool | None = None,
    ) -> AsyncGenerator[MapResult, None]:
        """Run the model over many inputs, several at a time, and yield the outcome of each, as `client.map`.

        `with_options` sets the options of the runs, such as `timeout`.
        """
        return self._map(inputs, concurrency, ordered, progress)

    @property
    def example(self) -> AsyncModelExample | None:
        """The model's default example, which can be run; None if it has none."""
        example = self._description.example
        return None if example is None else AsyncModelExample(self, self._names, example)


class _Example(Generic[F]):
    """The base class of `ModelExample` and `AsyncModelExample`."""

    def __init__(self, function: F, names: Mapping[str, str], prediction: Mapping[str, Any]) -> None:
        self._function = function
        self._names = names
        self._prediction = prediction

    @property
    def input(self) -> dict[str, Any]:
        """The inputs of the example."""
        values = self._prediction.get("input")
        return dict(cast("dict[str, Any]", values)) if isinstance(values, dict) else {}

    @property
    def output(self) -> Any:
        """The output of the example as raw JSON: files are URLs, which may have expired."""
        return self._prediction.get("output")

    @property
    def prediction_id(self) -> str | None:
        """The prediction that is the example."""
        prediction_id = self._prediction.get("id")
        return prediction_id if isinstance(prediction_id, str) else None

    def _with(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        # An example may be older than the schema: inputs that the model no longer has are dropped.
        names = {field.name for field in self._function.inputs}
        values = {name: value for name, value in self.input.items() if name in names}
        return {**values, **{self._names.get(parameter, parameter): value for parameter, value in changes.items()}}

    def __repr__(self) -> str:
        parameters = {name: parameter for parameter, name in self._names.items()}
        hidden = {field.name for field in self._function.inputs if field.is_secret}
        arguments = ", ".join(
            f"{parameters.get(name, name)}={_HIDDEN if name in hidden else repr(value)}"
            for name, value in self.input.items()
        )
        return f"{self._function.__name__}({arguments})"


class ModelExample(_Example[ModelFunction]):
    """The default example of a model: its input and output, and a way to run it again."""

    def run(self, /, **changes: Any) -> Any:
        """Run the example, with other values for the inputs that are given, and return the output."""
        return self._function(**self._with(changes))


class AsyncModelExample(_Example[AsyncModelFunction]):
    """The default example of a model: its input and output, and a way to run it again."""

    async def run(self, /, **changes: Any) -> Any:
        """Run the example, with other values for the inputs that are given, and return the output."""
        return await self._function(**self._with(changes))


resolvable(__name__)
