"""What the objects and the namespaces of the older client have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit.compat._impl.records import Record

if TYPE_CHECKING:
    from replicatekit.compat.client import Client

__all__ = ["Namespace", "Resource"]


class Resource(Record):
    """One thing on the server."""

    _client: Client


class Namespace:
    """The operations on things of one kind."""

    _client: Client

    def __init__(self, client: Client) -> None:
        self._client = client
