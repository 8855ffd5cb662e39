"""Run a model from its reference to its end."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from attrs import frozen

from replicatekit import _reference
from replicatekit._deadline import Deadline
from replicatekit._flows.create import Order, create, duration, hold_seconds
from replicatekit._flows.follow import Following, follow, guard, tell
from replicatekit._flows.inputs import prepare
from replicatekit._flows.lost import cancel_unanswered
from replicatekit._flows.wrapping import wrapped
from replicatekit._io import TokenSet
from replicatekit._status import is_terminal, raise_for_status
from replicatekit.errors import InvalidArgument, PredictionCanceled, ReplicateError, UnknownFateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from replicatekit._cancel import CancelToken
    from replicatekit._core import Core
    from replicatekit._file_settings import FileSettings, SchemaUse
    from replicatekit._inputs import FileStrategy
    from replicatekit._reference import Reference, Runnable
    from replicatekit_api.models import Deployment, Prediction

log = logging.getLogger("replicatekit")

__all__ = ["Options", "RunOptions", "begin", "predict", "reference_of", "run"]


class RunOptions(TypedDict, total=False):
    """What `run`, `predict`, `stream` and `iterate` take beside the reference and the input."""

    wait: bool | float
    """Whether the API holds the create request until the model has finished: True for 60 s, or 1 to 60; the default
    is True. False answers at once, and the prediction is followed from there."""
    poll_interval: float | None
    """Seconds between two looks. Without it the event stream is followed where there is one, and else a schedule
    that learns from earlier runs of the model."""
    timeout: float | None
    """Seconds for all of it; None, the default, for as long as it takes."""
    cancel_on_timeout: bool
    """Whether the prediction is cancelled when `timeout` has passed; it goes on otherwise, which is the default."""
    cancel_on_interrupt: bool
    """Whether Ctrl-C, or cancelling the task, cancels the prediction as well; the default is True."""
    cancel_after: float | str | timedelta | None
    """The API's own deadline, from the creation on: seconds, a timedelta or text like `5m`; at least 5 s."""
    webhook: str | None
    """An HTTPS URL that is told of changes."""
    webhook_events_filter: Sequence[Literal["start", "output", "logs", "completed"]] | None
    """Which changes the webhook is told of."""
    on_progress: Callable[[Any], object] | None
    """Called with the prediction when it is created, changed and finished."""
    cancel: CancelToken | None
    """A token that cancels the prediction when it is set, from any thread or task."""
    file_strategy: FileStrategy
    """Where the input's files go, if not where the client has them go: `auto` (up to 256 KB inside the request, above
    it uploaded), `inline` or `upload`."""
    schema: SchemaUse
    """Where the model's schema comes from, if not from where the client takes it: `auto` asks for it where the output
    leaves a doubt, `known` never, `fetch` always; once for each model."""
    guess_files: bool
    """Whether, without a schema, URLs of the API's own files are taken for files; the client's setting by default."""
    raw: bool
    """Whether `run` gives the output as it came, with URLs for files and pieces for text; the default is False."""


@frozen
class Options:
    """`RunOptions`, checked and with their defaults."""

    wait: bool | float = True
    poll_interval: float | None = None
    timeout: float | None = None
    cancel_on_timeout: bool = False
    cancel_on_interrupt: bool = True
    cancel_after: float | str | timedelta | None = None
    webhook: str | None = None
    webhook_events_filter: Sequence[str] | None = None
    on_progress: Callable[[Any], object] | None = None
    cancel: CancelToken | None = None
    file_strategy: FileStrategy | None = None
    schema: SchemaUse | None = None
    guess_files: bool | None = None
    raw: bool = False

    @classmethod
    def of(cls, given: RunOptions) -> Options:
        """The options that were given.

        Raises:
            InvalidArgument: One of them is none.
        """
        unknown = sorted(set(given) - set(RunOptions.__annotations__))
        if unknown:
            known = ", ".join(RunOptions.__annotations__)
            raise InvalidArgument(f"there is no option {unknown[0]!r}; the options of a run: {known}")
        return cls(**given)

    def files(self, core: Core) -> FileSettings:
        """What is done with files: the client's settings, with those of this run in their place."""
        return core.files.changed(self.file_strategy, self.schema, guess=self.guess_files)

    def following(self) -> Following:
        """How the prediction is followed; the clock of `timeout` starts here."""
        if self.poll_interval is not None and not self.poll_interval > 0:
            raise InvalidArgument(f"poll_interval must be seconds above 0, not {self.poll_interval!r}")
        return Following(
            deadline=Deadline.after(self.timeout),
            poll_interval=self.poll_interval,
            on_progress=self.on_progress,
            token=self.cancel,
            cancel_on_timeout=self.cancel_on_timeout,
            cancel_on_interrupt=self.cancel_on_interrupt,
        )


def reference_of(ref: Runnable | None, deployment: str | Deployment | None) -> Reference:
    """What is to be run: one of the two has to say it.

    Raises:
        InvalidReference: What it says cannot be read.
        InvalidArgument: Neither says it, or both do.
    """
    if (ref is None) == (deployment is None):
        raise InvalidArgument("say what to run: a reference, or deployment='owner/name', and not both")
    if deployment is not None:
        return _reference.parse_deployment(deployment)
    return _reference.parse(cast("Runnable", ref))


async def predict(core: Core, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Prediction:
    """Create a prediction and follow it to its end.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: It ended without success.
        WaitTimeout: It has not ended within the deadline.
        ReplicateError: Anything else; with its id from when it has one.
    """
    following = options.following()
    begun = time.monotonic()
    prediction, answered_early = await begin(core, reference, given, options, following)
    if is_terminal(prediction):
        tell(core, following, prediction)
    ended = await follow(core, prediction, following, begun=begun, look_first=answered_early)
    raise_for_status(ended, core.dress(ended))
    return ended  # pyright: ignore[reportReturnType]


async def run(core: Core, reference: Reference, given: Mapping[str, Any] | None, options: Options) -> Any:
    """As `predict`; the output."""
    deadline = Deadline.after(options.timeout)
    prediction = await predict(core, reference, given, options)
    if options.raw:
        return prediction.output
    return await wrapped(core, prediction, options.files(core), reference, deadline)


async def begin(
    core: Core,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: Options,
    following: Following,
) -> tuple[Prediction, bool]:
    """Create a prediction, held if that was asked for. Giving up while it is held cancels it.

    Returns:
        The prediction, and whether the API let go of it before it had to: then it has most likely ended, although
        its status may still say that it runs.
    """
    hold = hold_seconds(options.wait)
    if options.cancel is not None and not core.io.interruptible:
        hold = None  # a token could not break off a request that waits; without a hold there is none
    left = following.deadline.left
    if hold is not None and left is not None:
        hold = max(1, min(hold, int(left))) if left >= 1 else None
    order = Order(
        await prepare(core.by(following.deadline), given, options.files(core).strategy),
        options.webhook,
        options.webhook_events_filter,
        hold,
        duration(options.cancel_after),
    )
    sent = time.monotonic()
    prediction = await _created(core, reference, order, following)
    answered_early = order.hold is not None and time.monotonic() - sent < order.hold
    # The end is told where it is met, whether that is here or after following it.
    if not is_terminal(prediction):

        async def told() -> None:
            tell(core, following, prediction)

        await guard(core, told(), lambda: prediction, following)
    return prediction, answered_early


async def _created(core: Core, reference: Reference, order: Order, following: Following) -> Prediction:
    sent_at = datetime.now(UTC)
    work = create(core.by(following.deadline), reference, order)
    try:
        return await core.io.guarded(following.token, work)
    except TokenSet:
        ended = await core.io.at_last(_cancel_unanswered(core, reference, order, sent_at))
        raise _canceled(core, ended, sent_at) from None
    except Exception:
        raise
    except BaseException:
        if following.cancel_on_interrupt:
            await core.io.at_last(_cancel_unanswered(core, reference, order, sent_at))
        raise


def _canceled(core: Core, ended: Prediction | None, sent_at: datetime) -> ReplicateError:
    if ended is not None:
        return PredictionCanceled("canceled by its token", prediction=core.dress(ended))
    error = UnknownFateError("the cancel token was set before the create was answered: it may exist, or not")
    error.sent_at = sent_at
    return error


async def _cancel_unanswered(core: Core, reference: Reference, order: Order, sent_at: datetime) -> Prediction | None:
    try:
        return await cancel_unanswered(core.by(Deadline.after(10.0)), reference, order, sent_at)
    except ReplicateError as error:
        log.warning("a create was given up, and what became of it could not be seen: %s", error)
        return None
