"""What `run` and its like take beside the reference and the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit._base.validation import check_flags
from replicatekit._predictions.create import check_webhook, duration, hold_seconds
from replicatekit._predictions.lifecycle import WaitSettings
from replicatekit.errors import InvalidArgument
from replicatekit.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._files.settings import FileSettings, FileStrategy, SchemaUse
    from replicatekit._session.session import Session

__all__ = ["Options", "RunOptions"]


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
    def of(cls, given: RunOptions[Any]) -> Options:
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
