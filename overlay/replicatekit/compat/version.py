"""Versions of models."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.pages import page_of
from replicatekit.compat._impl.records import attached
from replicatekit.compat._impl.session import awaiting, blocking, path
from replicatekit.compat.resource import Namespace, Resource

if TYPE_CHECKING:
    from replicatekit.compat._impl.records import Readers
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.client import Client
    from replicatekit.compat.model import Model
    from replicatekit.compat.pagination import Page

__all__ = ["Version", "Versions", "version_at"]


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
        """Run it and give its output: what versions could before 1.0. `run` does it since then."""
        warnings.warn("Version.predict is the old form of run(...)", DeprecationWarning, stacklevel=2)
        return self._client.run(self, inputs)  # pyright: ignore[reportArgumentType] (it takes a version, as it did)


class Versions(Namespace):
    """The versions of one model."""

    model: tuple[str, str]

    def __init__(self, client: Client, model: str | tuple[str, str] | Model) -> None:
        super().__init__(client=client)
        if isinstance(model, str):
            owner, _, name = model.partition("/")
            self.model = (owner, name)
        else:
            self.model = model if isinstance(model, tuple) else (model.owner, model.name)

    def get(self, id: str) -> Version:
        """A version by its id."""
        return run_sync(version_at(blocking(self._client), self._path(id)))

    async def async_get(self, id: str) -> Version:
        """As `get`."""
        return await version_at(awaiting(self._client), self._path(id))

    def list(self) -> Page[Version]:
        """All of them, the newest first."""
        return run_sync(page_of(blocking(self._client), Version, self._path()))

    async def async_list(self) -> Page[Version]:
        """As `list`."""
        return await page_of(awaiting(self._client), Version, self._path())

    def delete(self, id: str) -> bool:
        """Delete a version of a private model of yours, with the predictions and files that it made."""
        return run_sync(_delete(blocking(self._client), self._path(id)))

    async def async_delete(self, id: str) -> bool:
        """As `delete`."""
        return await _delete(awaiting(self._client), self._path(id))

    def _path(self, *id: str) -> str:
        return path("models", *self.model, "versions", *id)


async def version_at(api: CompatSession, address: str) -> Version:
    """The version that is found at a path."""
    return attached(Version(**await api.json("GET", address)), api.client)


async def _delete(api: CompatSession, address: str) -> bool:
    return (await api.request("DELETE", address)).status_code == 204
