"""The options of `run`, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit._base.validation import check_flags, check_options
from replicatekit._predictions.create import cancel_after_header, check_webhook, hold_seconds
from replicatekit._predictions.lifecycle import WaitSettings
from replicatekit.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._files.settings import FileSettings, FileStrategy, SchemaUse
    from replicatekit._session.session import Session

__all__ = ["Options", "RunOptions"]

_TIMEOUT_MARGIN = 15.0
"""Seconds after the caller's timeout at which the API cancels by itself, should this process have ended by then."""


class Options(NamedTuple):
    """`RunOptions` with their defaults."""

    wait: bool | float = True
    poll_interval: float | None = None
    timeout: float | None = None
    cancel_on_timeout: bool = False
    cancel_on_interrupt: bool = True
    cancel_after: float | str | timedelta | None = None
    webhook: str | None = None
    webhook_events_filter: Sequence[str] | None = None
    on_progress: Callable[[Any], object] | None = None
    progress: bool = False
    cancel: CancelToken | None = None
    file_strategy: FileStrategy | None = None
    schema: SchemaUse | None = None
    guess_files: bool | None = None
    raw: bool = False
    check: bool | None = None

    @classmethod
    def of(cls, given: RunOptions[Any]) -> Options:
        """Check the caller's options.

        Raises:
            InvalidArgument: An option is unknown, or has an invalid value.
        """
        check_options(given, RunOptions.__annotations__, takes_input=True)
        options = cls(**given)
        hold_seconds(options.wait)
        cancel_after_header(options.cancel_after)
        check_webhook(options.webhook, options.webhook_events_filter)
        check_flags(
            cancel_on_timeout=options.cancel_on_timeout,
            cancel_on_interrupt=options.cancel_on_interrupt,
            progress=options.progress,
            raw=options.raw,
        )
        if options.check is not None:
            check_flags(check=options.check)
        options.settings()
        return options

    def files(self, session: Session) -> FileSettings:
        """The client's settings for files, changed by those of this run."""
        return session.files.changed(self.file_strategy, self.schema, guess=self.guess_files)

    def settings(self) -> WaitSettings:
        """The settings of the wait; the clock of `timeout` starts here."""
        return WaitSettings.of(
            timeout=self.timeout,
            poll_interval=self.poll_interval,
            on_progress=self.on_progress,
            cancel=self.cancel,
            cancel_on_timeout=self.cancel_on_timeout,
            cancel_on_interrupt=self.cancel_on_interrupt,
        )

    def hold(self, settings: WaitSettings) -> int | None:
        """Seconds for which the API holds the create request, within the deadline."""
        hold = hold_seconds(self.wait)
        if hold is None or self.cancel is not None:
            return None  # a token needs the prediction's id at once; sync code cannot even interrupt a held request
        if settings.on_progress is not None:
            hold = 1  # nothing can be reported while the request is held
        left = settings.deadline.sooner(hold)
        return None if left < 1 else int(left)

    @property
    def cancel_after_header(self) -> str | None:
        """The value of `Cancel-After`."""
        if self.cancel_after is None and self.cancel_on_timeout and self.timeout is not None:
            seconds = self.timeout + _TIMEOUT_MARGIN
            return cancel_after_header(seconds) if seconds < _LONGEST_CANCEL_AFTER else None
        return cancel_after_header(self.cancel_after)


_LONGEST_CANCEL_AFTER = 10.0**9
