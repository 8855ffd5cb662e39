"""The operations on the versions of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from replicatekit._operations.pagination import ListRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api import models

__all__ = ["delete", "get", "listing"]

T = TypeVar("T")


def listing(session: Session, bind: Callable[[models.Version], T], model: Reference) -> ListRequest[T]:
    """List the versions of a model, the newest first."""
    from replicatekit_api.api.models_versions import list as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.VersionPage:
        return await session.io.call(endpoint, model.owner or "", model.name or "", client=api, cursor=cursor)

    return ListRequest(session, call, bind)


async def get(session: Session, version: Reference) -> models.Version:
    """Get a version by its id."""
    from replicatekit_api.api.models_versions import get as endpoint

    return await session.io.call(endpoint, *_path(version), client=session.api)


async def delete(session: Session, version: Reference) -> None:
    """Delete a version."""
    from replicatekit_api.api.models_versions import delete as endpoint

    await session.io.call(endpoint, *_path(version), client=session.api)


def _path(version: Reference) -> tuple[str, str, str]:
    return version.owner or "", version.name or "", version.version or ""
