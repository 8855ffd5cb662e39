"""What `run` and its like take beside the reference and the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

from replicatekit._base.validation import check_flags
from replicatekit._predictions.create import check_webhook, duration, hold_seconds
from replicatekit._predictions.lifecycle import WaitSettings
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._files.settings import FileSettings, FileStrategy, SchemaUse
    from replicatekit._session.session import Session

__all__ = ["Options", "RunOptions"]


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
    check: bool | None
    """Whether the input is validated by the model's schema before anything is sent: True fetches the schema if it is
    not known, False never validates; the default, None, validates if the schema is known without a request."""


class Options(NamedTuple):
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
    check: bool | None = None

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
        options = cls(**given)
        options._check()
        return options

    def _check(self) -> None:
        hold_seconds(self.wait)
        duration(self.cancel_after)
        check_webhook(self.webhook, self.webhook_events_filter)
        check_flags(
            cancel_on_timeout=self.cancel_on_timeout, cancel_on_interrupt=self.cancel_on_interrupt, raw=self.raw
        )
        if self.check is not None:
            check_flags(check=self.check)
        self.following()

    def files(self, session: Session) -> FileSettings:
        """What is done with files: the client's settings, with those of this run in their place."""
        return session.files.changed(self.file_strategy, self.schema, guess=self.guess_files)

    def following(self) -> WaitSettings:
        """How the prediction is followed; the clock of `timeout` starts here."""
        return WaitSettings.of(
            timeout=self.timeout,
            poll_interval=self.poll_interval,
            on_progress=self.on_progress,
            cancel=self.cancel,
            cancel_on_timeout=self.cancel_on_timeout,
            cancel_on_interrupt=self.cancel_on_interrupt,
        )
