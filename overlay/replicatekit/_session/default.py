"""The session of the default client, for objects that were created or unpickled without a client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from replicatekit._session.session import Session


class HasSession(Protocol):
    """A client, and everything that is bound to one."""

    @property
    def _session(self) -> Session: ...


def default_session(*, is_async: bool, prediction_id: str | None = None) -> Session:
    """The session of the default client, which is created on first use.

    Args:
        is_async: Whether the caller is async.
        prediction_id: The prediction that it is needed for, for the error.

    Raises:
        MissingTokenError: The environment has no token.
    """
    # By name, because the default client depends on every layer above this package.
    module = import_module("replicatekit._default_client")
    try:
        client: HasSession = module.default_async_client() if is_async else module.default_client()
    except ReplicateError as error:
        error.prediction_id = error.prediction_id or prediction_id
        raise
    return client._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (the protocol's own name)
