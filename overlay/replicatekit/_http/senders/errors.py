"""The errors of httpcore2 and httpx2 as those of httpx, which the rest of this package knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def as_httpx(error: Exception, *, is_sent: bool = True, proxy: str | None = None) -> Exception:
    """The error of httpx for a failed attempt, whose class says whether the request may have been sent.

    Args:
        error: Of httpcore2 or httpx2. Its traceback is dropped: frames of these libraries hold the request's bytes.
        is_sent: Whether any byte of the request was given to the network.
        proxy: The proxy that the request goes through, for the message.
    """
    import httpx

    name = type(error).__name__
    if not is_sent and name not in ("PoolTimeout", "ProxyError", "UnsupportedProtocol", "LocalProtocolError"):
        name = "ConnectTimeout" if name.endswith("Timeout") else "ConnectError"
    kind: type[Exception] = getattr(httpx, name, httpx.TransportError)
    message = str(error) or _cause_of(error)
    if proxy is not None and not is_sent:
        message = f"{message} (through the proxy {proxy})"
    mapped = kind(message)
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__cause__ or cause.__context__
    mapped.__cause__ = error
    return mapped


def not_sent(message: str) -> httpx.ConnectError:
    """The error for a request that could not be started."""
    import httpx

    return httpx.ConnectError(message)


def _cause_of(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    return "" if cause is None else str(cause) or _cause_of(cause)
