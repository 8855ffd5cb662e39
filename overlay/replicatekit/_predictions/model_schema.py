"""Request the schema of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.logs import log
from replicatekit._session.session import NO_SCHEMA, VersionSchema, schema_in
from replicatekit.errors import NotFoundError

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session


async def fetch_schema(session: Session, reference: Reference) -> VersionSchema | None:
    """The schema of a reference, cached in the session; None if it cannot be looked up.

    Raises:
        APIError: The request failed.
    """
    owner, name, version = reference.owner, reference.name, reference.version
    if reference.deployment:
        from replicatekit_api.api.deployments import get

        deployment = await session.io.call(get, owner or "", name or "", client=session.api)
        release = deployment.current_release
        owner, _, name = ((release and release.model) or "").partition("/")
        version = release.version if release else None
    if not owner or not name:
        return None  # a version alone cannot be looked up
    known = await look_up_schema(session, version, owner, name)
    session.schemas.add(known, version or f"{owner}/{name}")
    return known


async def look_up_schema(session: Session, version: str | None, owner: str, name: str) -> VersionSchema:
    """The schema of a version; of the latest one if it is None, or not shown."""
    if version is not None:
        from replicatekit_api.api.models_versions import get as get_version

        try:
            shown_version = await session.io.call(get_version, owner, name, version, client=session.api)
            return schema_in(shown_version) or NO_SCHEMA
        except NotFoundError:
            log.debug("%s/%s does not show its version %s", owner, name, version)
    from replicatekit_api.api.models import get

    try:
        model = await session.io.call(get, owner, name, client=session.api)
        return schema_in(model) or NO_SCHEMA
    except NotFoundError:
        return NO_SCHEMA
