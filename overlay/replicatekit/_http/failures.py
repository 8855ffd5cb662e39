"""Failures of attempts: no response, or only a part of one."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from replicatekit._http.decompression import BodyTooLargeError, ContentDecodingError
from replicatekit._http.retry_policy import Failure
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse

_SHOWN = 500  # characters of a URL in a message


class HookError(Exception):
    """The caller's event hook raised `error`, which propagates unchanged."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class AttemptFailed(Exception):
    """An attempt without a response, or with only a part of one."""

    def __init__(
        self, failure: Failure, error: Exception, request: Request, received: BufferedResponse, started: float
    ) -> None:
        super().__init__(failure, error)
        self.failure = failure
        self.error = error
        self.request = request
        self.received = received
        self.sent_at = wall_clock(started)
        self.attempts = 1
        self.seconds = 0.0
        """How long all attempts took together."""


def wall_clock(started: float) -> datetime:
    """The wall-clock time of a moment on the monotonic clock."""
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - started)


def deadline_error(*, is_sent: bool = False) -> Exception:
    """The error for a request that was not sent, or got no response, before its deadline."""
    import httpx

    return (httpx.ReadTimeout if is_sent else httpx.ConnectTimeout)("the deadline has passed")


def unsendable(error: Exception, method: str, url: str, prediction_id: str | None) -> InvalidArgument:
    """The error for a request that cannot be sent."""
    shown = url if len(url) <= _SHOWN else f"{url[:_SHOWN]}…"
    return InvalidArgument(f"{method} {shown} cannot be sent: {error}", prediction_id=prediction_id)


def is_unsendable(error: Exception) -> bool:
    """Whether the request itself is invalid."""
    import httpx

    return isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError))


def failure_of(error: Exception) -> Failure | None:
    """How an attempt failed; None if the error is not about the network."""
    import httpx

    is_failure = isinstance(error, (httpx.HTTPError, httpx.StreamError, ContentDecodingError, OSError, RuntimeError))
    if not is_failure or is_unsendable(error):
        return None
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    return Failure.REFUSED if isinstance(error, never_sent) else Failure.AMBIGUOUS


def keep_partial_body(received: BufferedResponse) -> None:
    """Decode the part of a response that arrived before it was cut off."""
    with suppress(ContentDecodingError):
        received.finish(is_whole=False)


def is_permanent(error: BaseException) -> bool:
    """Whether the next attempt would fail in the same way, as with a certificate that is not trusted."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (ssl.SSLCertVerificationError, BodyTooLargeError)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
