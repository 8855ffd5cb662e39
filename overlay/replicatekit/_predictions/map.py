"""Run a model over many inputs, a bounded number at a time, with the errors beside the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from attrs import define, field, frozen

from replicatekit._base.cancellation import CancelToken
from replicatekit._base.deadline import Deadline
from replicatekit._base.logs import log
from replicatekit._base.validation import check_count, check_flags, format_value
from replicatekit._predictions.run import run_for_prediction
from replicatekit._runtime.channel import new_channel
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator

    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.options import Options
    from replicatekit._runtime import Pending
    from replicatekit._runtime.channel import Channel
    from replicatekit._session.session import Session

_CLOSE_SECONDS = 10.0  # for the runs that are in flight when the caller leaves early
_READY_PER_RUN = 8  # results that may wait for an earlier one, for each run in flight


@frozen
class MapResult:
    """The outcome of one input of `map`."""

    index: int
    """The position of the input, from 0."""
    input: Mapping[str, Any] = field(repr=False)
    """The input as it was given."""
    output: Any = None
    """The output as `run` returns it; None if the run failed."""
    error: Exception | None = None
    """Why the run failed, or None."""
    prediction_id: str | None = None
    """The prediction that ran, or None if none was created."""

    @property
    def is_ok(self) -> bool:
        """Whether the run succeeded."""
        return self.error is None

    def result(self) -> Any:
        """Return the output, or raise the error of this input.

        Raises:
            ReplicateError: The run failed.
        """
        if self.error is not None:
            raise self.error
        return self.output


def map_runs(
    session: Session,
    reference: Reference,
    inputs: Iterable[Mapping[str, Any]],
    options: Options,
    *,
    concurrency: int = 20,
    ordered: bool = True,
    progress: bool | None = None,
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> AsyncGenerator[MapResult, None]:
    """Run a model over many inputs; see `Client.map`. `convert` maps each input to the one to send.

    Raises:
        InvalidArgument: An argument cannot be used.
    """

    async def run_one(input: Mapping[str, Any], token: CancelToken) -> tuple[Any, str | None]:
        # The token is not among the run's options: the API would then not hold the create request, and each run would
        # cost several requests instead of one.
        settings = options.settings()._replace(token=token)
        prediction, output = await run_for_prediction(
            session, reference, convert(input) if convert else input, options, settings
        )
        return output, prediction.id

    return map_inputs(
        session,
        run_one,
        inputs,
        concurrency=concurrency,
        ordered=ordered,
        progress=progress,
        cancel=options.cancel,
        cancel_on_close=options.cancel_on_interrupt,
    )


def map_inputs(
    session: Session,
    run_one: Callable[[Mapping[str, Any], CancelToken], Coroutine[Any, Any, tuple[Any, str | None]]],
    inputs: Iterable[Mapping[str, Any]],
    *,
    concurrency: int = 20,
    ordered: bool = True,
    progress: bool | None = None,
    cancel: CancelToken | None = None,
    cancel_on_close: bool = True,
) -> AsyncGenerator[MapResult, None]:
    """Run a function over many inputs, and yield the outcome of each.

    Args:
        session: The session of the client.
        run_one: Runs one input; returns its output and the id of its prediction. The token it gets is set when the
            caller leaves early.
        inputs: Read one by one, in the caller's thread or task, as runs can start.
        concurrency: How many inputs run at the same time.
        ordered: Whether results come in the order of the inputs, or as they complete.
        progress: Whether a progress bar is shown on stderr; None shows it on a terminal.
        cancel: A token that cancels the runs in flight; inputs not yet started then fail without a request.
        cancel_on_close: Whether leaving early cancels the runs in flight.

    Raises:
        InvalidArgument: An argument cannot be used.
    """
    check_count(concurrency, "concurrency", least=1)
    check_flags(ordered=ordered, **({} if progress is None else {"progress": progress}))
    if isinstance(inputs, (Mapping, str, bytes)) or not isinstance(inputs, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(
            f"inputs must be an iterable of dicts, one for each run, not {format_value(cast('object', inputs))}"
        )
    runs = _Runs(session, run_one, enumerate(inputs), concurrency, new_channel(session.io))
    return _results(runs, _total(inputs), ordered, progress, cancel, cancel_on_close)


async def _results(
    runs: _Runs,
    total: int | None,
    ordered: bool,  # noqa: FBT001 (private)
    progress: bool | None,  # noqa: FBT001 (private)
    cancel: CancelToken | None,
    cancel_on_close: bool,  # noqa: FBT001 (private)
) -> AsyncGenerator[MapResult, None]:
    from replicatekit._predictions.map_progress import map_bar

    indexes = count()
    expected = next(indexes)
    ready: dict[int, MapResult] = {}  # completed before an earlier input
    with ExitStack() as stack:
        if cancel is not None:
            stack.enter_context(cancel.watched(runs.token.cancel))
        count_result = stack.enter_context(map_bar(total, progress))
        try:
            while runs.start(ready=len(ready)):
                result = await runs.done.get()
                runs.running.pop(result.index)
                count_result(result.is_ok)
                if not ordered:
                    yield result
                    continue
                ready[result.index] = result
                while expected in ready:
                    yield ready.pop(expected)
                    expected = next(indexes)
        finally:
            await runs.close(cancel=cancel_on_close)


@define(eq=False)
class _Runs:
    """The runs in flight. Only the flow that yields the results starts them."""

    session: Session
    run_one: Callable[[Mapping[str, Any], CancelToken], Coroutine[Any, Any, tuple[Any, str | None]]]
    inputs: Iterator[tuple[int, Mapping[str, Any]]]
    concurrency: int
    done: Channel[MapResult]
    token: CancelToken = field(factory=CancelToken, init=False)
    running: dict[int, Pending[None]] = field(factory=dict[int, "Pending[None]"], init=False)

    def start(self, *, ready: int) -> bool:
        """Start as many runs as there are free slots; return whether any is in flight."""
        while len(self.running) < self.concurrency and ready + len(self.running) < self.concurrency * _READY_PER_RUN:
            index, values = next(self.inputs, (None, None))
            if index is None:
                break
            self.running[index] = self.session.io.start_background(self._run(index, cast("Mapping[str, Any]", values)))
        return bool(self.running)

    async def _run(self, index: int, input: Mapping[str, Any]) -> None:
        try:
            output, prediction_id = await self.run_one(input, self.token)
            result = MapResult(index, input, output, None, prediction_id)
        except Exception as error:  # noqa: BLE001 (it is the result of this input)
            result = MapResult(index, input, None, error, getattr(error, "prediction_id", None))
        except BaseException as error:
            # The event loop is ending: the consumer must not wait forever.
            interruption = InvalidArgument(f"the run was interrupted by {type(error).__name__}")
            self.done.put(MapResult(index, input, None, interruption))
            raise
        self.done.put(result)

    async def close(self, *, cancel: bool) -> None:
        """Start no more runs. Those in flight are canceled, or keep running at the API."""
        if not self.running or not cancel:
            return
        self.token.cancel()
        await self.session.io.run_shielded(self._drain(Deadline.after(_CLOSE_SECONDS)))
        if self.running:
            log.warning("%d runs of a map that was left early may still be running", len(self.running))

    async def _drain(self, deadline: Deadline) -> None:
        while self.running:
            try:
                result = await self.done.get(deadline)
            except TimeoutError:
                return
            self.running.pop(result.index)


def _total(inputs: object) -> int | None:
    try:
        return len(cast("Any", inputs))
    except TypeError:
        return None
