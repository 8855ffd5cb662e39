"""The session of the default client, for objects that were made or unpickled without a client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from replicatekit._session.session import Session

__all__ = ["HasSession", "default_session"]


class HasSession(Protocol):
    """A client, and everything that is bound to one."""

    @property
    def _session(self) -> Session: ...


def default_session(*, is_async: bool) -> Session:
    """The session of the default client, which is made here if nobody has used it yet.

    Raises:
        MissingTokenError: The environment has no token.
    """
    # By name, since the default client is made of everything above this package.
    module = import_module("replicatekit._default_client")
    client: HasSession = module.default_async_client() if is_async else module.default_client()
    return client._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (the protocol's own name)
