"""The operations on the versions of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from replicatekit._operations.pagination import Listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import Wire
    from replicatekit._session.session import Core
    from replicatekit_api import models

__all__ = ["delete", "get", "listing"]

T = TypeVar("T")


def listing(core: Core, dress: Callable[[models.Version], T], model: Reference) -> Listing[T]:
    """The versions of a model, the newest first."""
    from replicatekit_api.api.models_versions import list as endpoint

    async def call(api: Wire, cursor: str | None) -> models.VersionPage:
        return await core.io.call(endpoint, model.owner or "", model.name or "", client=api, cursor=cursor)

    return Listing(core, call, dress)


async def get(core: Core, version: Reference) -> models.Version:
    """A version by its id."""
    from replicatekit_api.api.models_versions import get as endpoint

    return await core.io.call(endpoint, *_path(version), client=core.api)


async def delete(core: Core, version: Reference) -> None:
    """Delete a version."""
    from replicatekit_api.api.models_versions import delete as endpoint

    await core.io.call(endpoint, *_path(version), client=core.api)


def _path(version: Reference) -> tuple[str, str, str]:
    return version.owner or "", version.name or "", version.version or ""
