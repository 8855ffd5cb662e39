"""The options of runs and waits, validated."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from replicatekit._base.cancellation import CancelToken
from replicatekit._base.deadline import LONGEST, NEVER, Deadline
from replicatekit._base.validation import (
    check_callable,
    check_flags,
    check_options,
    check_text,
    check_url,
    format_value,
)
from replicatekit._files.settings import FileSettings
from replicatekit.errors import InvalidArgument
from replicatekit.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replicatekit._files.settings import FileStrategy, SchemaUse
    from replicatekit._session.session import Session

__all__ = [
    "LONGEST_HOLD",
    "Options",
    "RunOptions",
    "WaitSettings",
    "cancel_after_header",
    "check_webhook",
    "hold_seconds",
]

LONGEST_HOLD = 60
"""Seconds for which the API holds a create request at most."""

_SHORTEST_CANCEL_AFTER = 5  # seconds; the API's own limit
_DURATION = r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?"
_TIMEOUT_MARGIN = 15.0
"""Seconds after the caller's timeout at which the API cancels by itself, should this process have ended by then."""


class WaitSettings(NamedTuple):
    """How to wait for a prediction."""

    timeout: float | None = None
    """Seconds, as the caller passed them; they end at `deadline`."""
    deadline: Deadline = NEVER
    poll_interval: float | None = None
    """Seconds between two polls; None polls at growing intervals, and uses the event stream if there is one."""
    on_progress: Callable[[Any], object] | None = None
    token: CancelToken | None = None
    cancel_on_timeout: bool = False
    cancel_on_interrupt: bool = False

    @classmethod
    def of(cls, timeout: float | None = None, *, cancel: CancelToken | None = None, **options: Any) -> Self:
        """Check the options of a wait, and start the clock of `timeout`.

        Raises:
            InvalidArgument: An option has an invalid value.
        """
        return cls(timeout, Deadline.after(timeout), token=cancel, **options).check()

    def check(self) -> Self:
        """Return the settings if they are valid.

        Raises:
            InvalidArgument: A setting has an invalid value.
        """
        if self.poll_interval is not None and not _is_interval(self.poll_interval):
            msg = "the poll interval must be a number of seconds above 0, or None"
            raise InvalidArgument(f"{msg}, not {format_value(self.poll_interval)}")
        check_callable(self.on_progress, "on_progress")
        if self.token is not None and not isinstance(self.token, CancelToken):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"cancel must be a CancelToken, not {format_value(self.token)}")
        check_flags(cancel_on_timeout=self.cancel_on_timeout, cancel_on_interrupt=self.cancel_on_interrupt)
        return self


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
    def of(cls, values: RunOptions[Any]) -> Options:
        """Check the caller's options.

        Raises:
            InvalidArgument: An option is unknown, or has an invalid value.
        """
        if not values:
            return _DEFAULTS
        check_options(values, RunOptions.__annotations__, takes_input=True)
        options = cls(**values)
        hold_seconds(options.wait)
        cancel_after_header(options.cancel_after)
        check_webhook(options.webhook, options.webhook_events_filter)
        check_flags(progress=options.progress, raw=options.raw)
        if options.check is not None:
            check_flags(check=options.check)
        FileSettings().replace(options.file_strategy, options.schema, guess=options.guess_files)
        options.settings().check()
        return options

    def files(self, session: Session) -> FileSettings:
        """The client's settings for files, with the changes of this run."""
        if self.file_strategy is None and self.schema is None and self.guess_files is None:
            return session.files
        return session.files.replace(self.file_strategy, self.schema, guess=self.guess_files)

    def settings(self) -> WaitSettings:
        """The settings of the wait; the clock of `timeout` starts here."""
        return WaitSettings(
            self.timeout,
            NEVER if self.timeout is None else Deadline.after(self.timeout),
            self.poll_interval,
            self.on_progress,
            self.cancel,
            self.cancel_on_timeout,
            self.cancel_on_interrupt,
        )

    def hold(self, settings: WaitSettings) -> int | None:
        """Seconds for which the API holds the create request, within the deadline."""
        hold = hold_seconds(self.wait)
        if hold is None or self.cancel is not None:
            return None  # a token needs the prediction's id at once
        if settings.on_progress is not None:
            hold = 1  # nothing can be reported while the request is held
        if settings.timeout is None:
            return hold
        left = settings.deadline.sooner(hold)
        return None if left < 1 else int(left)

    @property
    def cancel_after_header(self) -> str | None:
        """The value of `Cancel-After`."""
        if self.cancel_after is None and self.cancel_on_timeout and self.timeout is not None:
            seconds = self.timeout + _TIMEOUT_MARGIN
            return cancel_after_header(seconds) if seconds < LONGEST else None
        return cancel_after_header(self.cancel_after)


_DEFAULTS = Options()


def _is_interval(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < LONGEST


def check_webhook(url: object, events: object) -> None:
    """Check a webhook's URL and events.

    Raises:
        InvalidArgument: The URL is not a URL, or the events are not a list of strings.
    """
    if url is not None:
        check_url(url, "webhook")
    if events is None:
        return
    if isinstance(events, (str, bytes, bytearray, Mapping)) or not isinstance(events, Collection):
        msg = "webhook_events_filter must be a list such as ['start', 'completed']"
        raise InvalidArgument(f"{msg}, not {format_value(cast('object', events))}")
    for event in cast("Collection[object]", events):
        check_text(event, "an event in webhook_events_filter")


def hold_seconds(wait: object) -> int | None:
    """Seconds for which the API holds a create request, by the option `wait`; None for a response at once.

    Raises:
        InvalidArgument: `wait` is neither a bool nor a number from 1 to 60.
    """
    if wait is True:
        return LONGEST_HOLD
    if wait is False or wait is None:
        return None
    if not isinstance(wait, (int, float)) or not 1 <= wait <= LONGEST_HOLD:
        msg = f"wait must be True, False or a number of seconds from 1 to {LONGEST_HOLD}"
        raise InvalidArgument(f"{msg}, not {format_value(wait)}")
    return int(wait)


def cancel_after_header(value: float | str | timedelta | None) -> str | None:
    """Format a duration for the header `Cancel-After`.

    Raises:
        InvalidArgument: The value is not a duration, or less than 5 seconds.
    """
    if value is None:
        return None
    if isinstance(value, str):
        match = re.fullmatch(_DURATION, value.strip())
        hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        seconds = float(hours * 3600 + minutes * 60 + rest)
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, bool) or not isinstance(value, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
        seconds = 0.0
    else:
        seconds = value
    if not _SHORTEST_CANCEL_AFTER <= seconds < LONGEST:
        msg = f"cancel_after must be at least {_SHORTEST_CANCEL_AFTER} seconds: a number, a timedelta or text like '5m'"
        raise InvalidArgument(f"{msg}, not {format_value(value)}")
    return f"{round(seconds)}s"
