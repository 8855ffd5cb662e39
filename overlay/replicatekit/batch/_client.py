"""The async client that runs a batch, with the settings of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit import AsyncClient, Client
from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["async_client_of"]


def async_client_of(client: Client | AsyncClient | None) -> AsyncClient:
    """A client of our own with the same settings, so that closing it closes nobody else's connections.

    Raises:
        InvalidArgument: It is no client.
        MissingTokenError: There is none, and the environment has no token.
    """
    if client is None:
        return AsyncClient()
    if not isinstance(client, (Client, AsyncClient)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"client must be a Client or an AsyncClient, not {format_value(client)}")
    api = client.api
    headers: Mapping[str, Any] = api.headers
    return AsyncClient(api.token, base_url=api.base_url, headers=headers)


resolvable(__name__)
