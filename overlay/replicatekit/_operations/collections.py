"""The operations on collections of models, and the search that finds them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.validation import check_count, check_text
from replicatekit._domain.reference import check_segment

if TYPE_CHECKING:
    from replicatekit._session.session import Session
    from replicatekit_api import models


async def page(session: Session, cursor: str | None) -> models.CollectionPage:
    """One page of all collections, without their models."""
    from replicatekit_api.api.collections import list as endpoint

    return await session.io.call(endpoint, client=session.api, cursor=cursor)


async def get(session: Session, slug: str) -> models.Collection:
    """Get a collection with its models."""
    from replicatekit_api.api.collections import get as endpoint

    return await session.io.call(endpoint, check_segment(slug, "slug"), client=session.api)


async def search(session: Session, query: str, limit: int | None) -> models.SearchResult:
    """Search models, collections and pages of the website."""
    from replicatekit_api.api.search import search as endpoint

    check_text(query, "query")
    if limit is not None:
        check_count(limit, "limit", least=1)
    return await session.io.call(endpoint, client=session.api, query=query, limit=limit)
