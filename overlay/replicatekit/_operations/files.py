"""The operations on the records of uploaded files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from replicatekit._domain.reference import check_segment
from replicatekit._operations.pagination import ListRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api import models

__all__ = ["delete", "get", "listing"]

T = TypeVar("T")


def listing(session: Session, bind: Callable[[models.File], T]) -> ListRequest[T]:
    """List the account's files, the newest first."""
    from replicatekit_api.api.files import list as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.FilePage:
        return await session.io.call(endpoint, client=api, cursor=cursor)

    return ListRequest(session, call, bind)


async def get(session: Session, file_id: str) -> models.File:
    """Get a file's record."""
    from replicatekit_api.api.files import get as endpoint

    return await session.io.call(endpoint, check_segment(file_id, "a file id"), client=session.api)


async def delete(session: Session, file_id: str) -> None:
    """Delete a file."""
    from replicatekit_api.api.files import delete as endpoint

    await session.io.call(endpoint, check_segment(file_id, "a file id"), client=session.api)
