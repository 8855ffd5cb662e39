"""The operations on deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar, cast

from replicatekit._base.validation import check_count, check_line
from replicatekit._domain.reference import check_segment
from replicatekit._domain.reference_arguments import resolve_version, version_id
from replicatekit._operations.keyword_options import changed
from replicatekit._operations.models import with_version
from replicatekit._operations.pagination import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api import models
    from replicatekit_api.models import Model, Version

__all__ = ["DeploymentUpdate", "create", "delete", "get", "listing", "update"]

T = TypeVar("T")


class DeploymentUpdate(TypedDict, total=False):
    """What can be changed about a deployment. What is left out stays as it is; None is no value for any of it."""

    version: str | Version
    """The version to run from now on."""
    hardware: str
    """The SKU of the hardware; `client.hardware.list()` has them."""
    min_instances: int
    """How many instances are always kept running, from 0 to 5. They are paid for even while idle."""
    max_instances: int
    """How many there are at most, from 0 to 20."""


def listing(session: Session, bind: Callable[[models.Deployment], T]) -> Listing[T]:
    """The account's deployments."""
    from replicatekit_api.api.deployments import list as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.DeploymentPage:
        return await session.io.call(endpoint, client=api, cursor=cursor)

    return Listing(session, call, bind)


async def get(session: Session, deployment: Reference) -> models.Deployment:
    """A deployment by its name."""
    from replicatekit_api.api.deployments import get as endpoint

    return await session.io.call(endpoint, *_path(deployment), client=session.api)


async def create(
    session: Session,
    name: str,
    model: str | Model,
    version: str | Version | None,
    hardware: str,
    min_instances: int,
    max_instances: int,
) -> models.Deployment:
    """Create a deployment of a version; of the latest one where none was named."""
    from replicatekit_api.api.deployments import create as endpoint

    check_segment(name, "a deployment's name")
    size = {"hardware": hardware, "min_instances": min_instances, "max_instances": max_instances}
    _check_size(size)
    reference = await with_version(session, resolve_version(model, version))
    body = {"name": name, "model": reference.model, "version": reference.version, **size}
    return await session.io.call(endpoint, client=session.api, body=cast("models.DeploymentCreateRequestDict", body))


async def update(session: Session, deployment: Reference, changes: DeploymentUpdate) -> models.Deployment:
    """Change a deployment: a new release with what was given."""
    from replicatekit_api.api.deployments import update as endpoint

    body = changed(changes, DeploymentUpdate, "a deployment")
    if "version" in body:
        body["version"] = version_id(body["version"])
    _check_size(body)
    return await session.io.call(
        endpoint, *_path(deployment), client=session.api, body=cast("models.DeploymentUpdateRequestDict", body)
    )


async def delete(session: Session, deployment: Reference) -> None:
    """Delete a deployment."""
    from replicatekit_api.api.deployments import delete as endpoint

    await session.io.call(endpoint, *_path(deployment), client=session.api)


def _check_size(values: Mapping[str, object]) -> None:
    if "hardware" in values:
        check_line(values["hardware"], "hardware")
    for name in ("min_instances", "max_instances"):
        if name in values:
            check_count(values[name], name)


def _path(deployment: Reference) -> tuple[str, str]:
    return deployment.owner or "", deployment.name or ""
