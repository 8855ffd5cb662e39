"""Versions of models."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import Any, ClassVar

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.pages import fetch_page
from replicatekit.compat._impl.records import Readers, attach
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat._impl.types import ClientLike, ModelLike
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Namespace, Resource

__all__ = ["Page", "Version", "Versions", "get_version"]


def _moment(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


class Version(Resource):
    """A version of a model."""

    _readers: ClassVar[Readers] = {"created_at": _moment}

    id: str
    created_at: datetime
    cog_version: str
    openapi_schema: dict[str, Any]

    def predict(self, **inputs: Any) -> Any:
        """Run the version and return its output: the old form of `run`."""
        warnings.warn("Version.predict is the old form of run(...)", DeprecationWarning, stacklevel=2)
        client: Any = self._client
        return client.run(self, inputs)


class Versions(Namespace):
    """The versions of one model."""

    model: tuple[str, str]

    def __init__(self, client: ClientLike, model: str | tuple[str, str] | ModelLike) -> None:
        super().__init__(client=client)
        if isinstance(model, str):
            owner, _, name = model.partition("/")
            self.model = (owner, name)
        else:
            self.model = model if isinstance(model, tuple) else (model.owner, model.name)

    def get(self, id: str) -> Version:
        """Return a version by its id."""
        return run_sync(get_version(blocking(self._client), self._path(id)))

    async def async_get(self, id: str) -> Version:
        """Return a version by its id."""
        return await get_version(awaiting(self._client), self._path(id))

    def list(self) -> Page[Version]:
        """Return a page of the versions, the newest first."""
        return run_sync(fetch_page(blocking(self._client), Version, self._path()))

    async def async_list(self) -> Page[Version]:
        """Return a page of the versions, the newest first."""
        return await fetch_page(awaiting(self._client), Version, self._path())

    def delete(self, id: str) -> bool:
        """Delete a version of your private model, with its predictions and their files."""
        return run_sync(_delete(blocking(self._client), self._path(id)))

    async def async_delete(self, id: str) -> bool:
        """Delete a version; see `delete`."""
        return await _delete(awaiting(self._client), self._path(id))

    def _path(self, *id: str) -> str:
        return path("models", *self.model, "versions", *id)


async def get_version(api: CompatSession, address: str) -> Version:
    """Return the version at a path."""
    return attach(Version(**await api.json("GET", address)), api.client)


async def _delete(api: CompatSession, address: str) -> bool:
    return (await api.request("DELETE", address)).status_code == 204
