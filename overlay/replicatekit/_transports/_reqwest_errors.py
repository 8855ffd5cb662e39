"""From an error of pyreqwest to the one that httpx would have raised.

Theirs do not say in their class whether a request had been sent: a connection that is closed after it is a
`ConnectError` too. Only their causes do. What they do not say is taken for sent: a create is then not repeated.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
from pyreqwest import exceptions as theirs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_httpx", "cause_of"]

_NOT_SENT = "client error (Connect)"
_DISCONNECTED = ("connection closed before message completed", "end of file before message length reached")
_KINDS: dict[type[theirs.PyreqwestError], type[httpx.TransportError]] = {
    theirs.ConnectTimeoutError: httpx.ReadTimeout,
    theirs.WriteTimeoutError: httpx.WriteTimeout,
    theirs.PoolTimeoutError: httpx.PoolTimeout,
    theirs.RequestTimeoutError: httpx.ReadTimeout,
    theirs.WriteError: httpx.WriteError,
    theirs.NetworkError: httpx.ReadError,
    theirs.DecodeError: httpx.RemoteProtocolError,
}
"""The first that fits, for a request that may have been sent."""


def as_httpx(error: theirs.PyreqwestError) -> httpx.TransportError:
    """What httpx would have raised, as far as it matters whether the request was sent."""
    causes = _causes(error)
    said = causes[-1]
    if any(cause.startswith(_NOT_SENT) for cause in causes):
        is_late = isinstance(error, theirs.RequestTimeoutError)
        return (httpx.ConnectTimeout if is_late else httpx.ConnectError)(said)
    if any(cause.startswith(_DISCONNECTED) for cause in causes):
        return httpx.RemoteProtocolError(said)
    return next((ours for kind, ours in _KINDS.items() if isinstance(error, kind)), httpx.ReadError)(said)


def cause_of(error: theirs.PyreqwestError) -> Exception:
    """A certificate that is not trusted is told from other failures by Python's own error."""
    causes = _causes(error)
    is_untrusted = any(cause.startswith("invalid peer certificate") for cause in causes)
    return ssl.SSLCertVerificationError(causes[-1]) if is_untrusted else error


def _causes(error: theirs.PyreqwestError) -> list[str]:
    """From the outermost to the innermost."""
    details: Mapping[str, Any] = getattr(error, "details", {})
    return [error.message, *(cause["message"] for cause in details.get("causes") or ())]
