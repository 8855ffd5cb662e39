"""The base classes of the official client's objects and namespaces."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from replicatekit.compat._impl.records import Record
from replicatekit.compat._impl.types import ClientLike

__all__ = ["Namespace", "Resource"]


class Resource(Record):
    """An object of the API, with the client that fetched it; after unpickling, with the default client."""

    _client: ClientLike

    def __getattr__(self, name: str) -> Any:
        if name == "_client":
            return import_module("replicatekit.compat").default_client
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class Namespace:
    """The operations on objects of one kind."""

    _client: ClientLike

    def __init__(self, client: ClientLike) -> None:
        self._client = client
