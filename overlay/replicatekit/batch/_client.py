"""The async client that runs a batch, with the caller's settings."""

from __future__ import annotations

from copy import copy

from replicatekit import AsyncClient, Client
from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument


def check_client(client: object, kind: type[Client | AsyncClient]) -> None:
    """Check a batch's `client` argument.

    Raises:
        InvalidArgument: It is not a client of this class.
    """
    if client is not None and not isinstance(client, kind):
        raise InvalidArgument(
            f"client must be {'an' if kind is AsyncClient else 'a'} {kind.__name__}, not {format_value(client)}"
        )


def async_client_of(client: Client | AsyncClient | None) -> AsyncClient:
    """A separate client with the same settings, so that closing it leaves the caller's connections open.

    Raises:
        InvalidArgument: It has custom transports that only sync code can use.
        MissingTokenError: The client is None, and the environment has no token.
    """
    if client is None:
        return AsyncClient()
    if isinstance(client, AsyncClient):
        return copy(client)
    arguments = client._arguments()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for name in ("transport", "http_client", "mounts", "event_hooks"):
        if arguments.get(name):
            raise InvalidArgument(f"a batch cannot use a Client with {name}: use AsyncBatch, with an AsyncClient")
    return AsyncClient(client.api.token, **arguments)


resolvable(__name__)
