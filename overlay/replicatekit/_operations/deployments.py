"""The operations on deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from replicatekit._base.validation import check_count, check_line
from replicatekit._domain.reference import check_segment
from replicatekit._domain.reference_arguments import resolve_version, version_id
from replicatekit._operations.keyword_options import options_to_send
from replicatekit._operations.models import with_version
from replicatekit.options import DeploymentUpdate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api import models
    from replicatekit_api.models import Model, Version


async def page(session: Session, cursor: str | None) -> models.DeploymentPage:
    """One page of the account's deployments."""
    from replicatekit_api.api.deployments import list as endpoint

    return await session.io.call(endpoint, client=session.api, cursor=cursor)


async def get(session: Session, deployment: Reference) -> models.Deployment:
    """Get a deployment."""
    from replicatekit_api.api.deployments import get as endpoint

    return await session.io.call(endpoint, *deployment.path, client=session.api)


async def create(
    session: Session,
    name: str,
    model: str | Model,
    version: str | Version | None,
    hardware: str,
    min_instances: int,
    max_instances: int,
) -> models.Deployment:
    """Create a deployment of a version, by default of the latest one."""
    from replicatekit_api.api.deployments import create as endpoint

    check_segment(name, "a deployment's name")
    size = {"hardware": hardware, "min_instances": min_instances, "max_instances": max_instances}
    _check_size(size)
    reference = await with_version(session, resolve_version(model, version))
    body = {"name": name, "model": reference.model, "version": reference.version, **size}
    return await session.io.call(endpoint, client=session.api, body=cast("models.DeploymentCreateRequestDict", body))


async def update(session: Session, deployment: Reference, changes: DeploymentUpdate) -> models.Deployment:
    """Change a deployment, which makes a new release."""
    from replicatekit_api.api.deployments import update as endpoint

    body = options_to_send(changes, DeploymentUpdate, update_of="a deployment")
    if "version" in body:
        body["version"] = version_id(body["version"])
    _check_size(body)
    return await session.io.call(
        endpoint, *deployment.path, client=session.api, body=cast("models.DeploymentUpdateRequestDict", body)
    )


async def delete(session: Session, deployment: Reference) -> None:
    """Delete a deployment."""
    from replicatekit_api.api.deployments import delete as endpoint

    await session.io.call(endpoint, *deployment.path, client=session.api)


def _check_size(values: Mapping[str, object]) -> None:
    if "hardware" in values:
        check_line(values["hardware"], "hardware")
    for name in ("min_instances", "max_instances"):
        if name in values:
            check_count(values[name], name)
