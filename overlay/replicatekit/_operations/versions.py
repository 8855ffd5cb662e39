"""The operations on the versions of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api import models

__all__ = ["delete", "get", "page"]


async def page(session: Session, cursor: str | None, *, model: Reference) -> models.VersionPage:
    """One page of the versions of a model, the newest first."""
    from replicatekit_api.api.models_versions import list as endpoint

    return await session.io.call(endpoint, model.owner or "", model.name or "", client=session.api, cursor=cursor)


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
