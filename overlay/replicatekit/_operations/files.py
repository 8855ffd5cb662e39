"""The operations on uploaded files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._domain.reference import check_segment

if TYPE_CHECKING:
    from replicatekit._session.session import Session
    from replicatekit_api import models


async def page(session: Session, cursor: str | None) -> models.FilePage:
    """One page of the account's files, the newest first."""
    from replicatekit_api.api.files import list as endpoint

    return await session.io.call(endpoint, client=session.api, cursor=cursor)


async def get(session: Session, file_id: str) -> models.File:
    """Get a file's metadata."""
    from replicatekit_api.api.files import get as endpoint

    return await session.io.call(endpoint, check_segment(file_id, "a file id"), client=session.api)


async def delete(session: Session, file_id: str) -> None:
    """Delete a file."""
    from replicatekit_api.api.files import delete as endpoint

    await session.io.call(endpoint, check_segment(file_id, "a file id"), client=session.api)
