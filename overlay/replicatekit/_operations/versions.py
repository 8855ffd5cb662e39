"""The operations on the versions of a model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from replicatekit._operations.pagination import ListRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api import models

T = TypeVar("T")


def listing(session: Session, bind: Callable[..., T], model: Reference) -> ListRequest[T]:
    """List the versions of a model, the newest first. `bind` takes the model too."""
    return ListRequest(session, partial(_page, model=model), partial(bind, model=model))


async def _page(session: Session, cursor: str | None, *, model: Reference) -> models.VersionPage:
    from replicatekit_api.api.models_versions import list as endpoint

    return await session.io.call(endpoint, *model.path, client=session.api, cursor=cursor)


async def get(session: Session, version: Reference) -> models.Version:
    """Get a version by its id."""
    from replicatekit_api.api.models_versions import get as endpoint

    return await session.io.call(endpoint, *version.path, version.version or "", client=session.api)


async def delete(session: Session, version: Reference) -> None:
    """Delete a version."""
    from replicatekit_api.api.models_versions import delete as endpoint

    await session.io.call(endpoint, *version.path, version.version or "", client=session.api)
