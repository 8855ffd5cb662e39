"""Deployments: models on machines of one's own."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.creating import created, deployment_path
from replicatekit.compat._impl.pages import cursor_of, page_of
from replicatekit.compat._impl.records import attached, one
from replicatekit.compat._impl.session import awaiting, blocking, path
from replicatekit.compat.account import Account
from replicatekit.compat.resource import Namespace, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import EllipsisType

    from replicatekit.compat._impl.creating import CreatePredictionParams
    from replicatekit.compat._impl.records import Readers
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.client import Client
    from replicatekit.compat.pagination import Page
    from replicatekit.compat.prediction import Prediction

__all__ = ["Deployment", "DeploymentPredictions", "Deployments", "DeploymentsPredictions"]


class Deployment(Resource):
    """A model on machines of one's own."""

    class Release(Resource):
        """A deployment as it was from one change to the next."""

        class Configuration(Resource):
            """On what it runs, and on how many of them."""

            hardware: str
            min_instances: int
            max_instances: int

        _readers: ClassVar[Readers] = {"created_by": one(Account), "configuration": one(Configuration)}

        number: int
        model: str
        version: str
        created_at: str
        created_by: Account | None
        configuration: Configuration

    _readers: ClassVar[Readers] = {"current_release": one(Release)}

    owner: str
    name: str
    current_release: Release | None

    @property
    def username(self) -> str:
        """The old name of `owner`."""
        warnings.warn("Deployment.username is the old name of Deployment.owner", DeprecationWarning, stacklevel=2)
        return self.owner

    @property
    def id(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def predictions(self) -> DeploymentPredictions:
        """Its predictions."""
        return DeploymentPredictions(client=self._client, deployment=self)


class CreateDeploymentParams(TypedDict):
    """What a new deployment is."""

    name: str
    model: str
    version: str
    hardware: str
    min_instances: int
    max_instances: int


class UpdateDeploymentParams(TypedDict, total=False):
    """What changes in a deployment."""

    version: str
    hardware: str
    min_instances: int
    max_instances: int


class Deployments(Namespace):
    """Deployments."""

    CreateDeploymentParams = CreateDeploymentParams
    UpdateDeploymentParams = UpdateDeploymentParams

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Deployment]:
        """A page of your deployments.

        Args:
            cursor: A page's `next` or `previous`.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(page_of(blocking(self._client), Deployment, cursor_of(cursor, "/v1/deployments")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Deployment]:
        """As `list`."""
        return await page_of(awaiting(self._client), Deployment, cursor_of(cursor, "/v1/deployments"))

    def get(self, name: str) -> Deployment:
        """A deployment by `owner/name`."""
        return run_sync(_sent(blocking(self._client), "GET", _path(name)))

    async def async_get(self, name: str) -> Deployment:
        """As `get`."""
        return await _sent(awaiting(self._client), "GET", _path(name))

    def create(self, **params: Unpack[CreateDeploymentParams]) -> Deployment:
        """Make a deployment."""
        return run_sync(_create(blocking(self._client), params))

    async def async_create(self, **params: Unpack[CreateDeploymentParams]) -> Deployment:
        """As `create`."""
        return await _create(awaiting(self._client), params)

    def update(
        self, deployment_owner: str, deployment_name: str, **params: Unpack[UpdateDeploymentParams]
    ) -> Deployment:
        """Change a deployment, which makes a new release of it."""
        address = path("deployments", deployment_owner, deployment_name)
        return run_sync(_sent(blocking(self._client), "PATCH", address, json=params))

    async def async_update(
        self, deployment_owner: str, deployment_name: str, **params: Unpack[UpdateDeploymentParams]
    ) -> Deployment:
        """As `update`."""
        address = path("deployments", deployment_owner, deployment_name)
        return await _sent(awaiting(self._client), "PATCH", address, json=params)

    def delete(self, deployment_owner: str, deployment_name: str) -> bool:
        """Delete a deployment that was not used for a while."""
        return run_sync(_delete(blocking(self._client), deployment_owner, deployment_name))

    async def async_delete(self, deployment_owner: str, deployment_name: str) -> bool:
        """As `delete`."""
        return await _delete(awaiting(self._client), deployment_owner, deployment_name)

    @property
    def predictions(self) -> DeploymentsPredictions:
        """Predictions of deployments."""
        return DeploymentsPredictions(client=self._client)


class DeploymentPredictions(Namespace):
    """Predictions of one deployment."""

    _deployment: Deployment

    def __init__(self, client: Client, deployment: Deployment) -> None:
        super().__init__(client=client)
        self._deployment = deployment

    def create(self, input: dict[str, Any], **params: Unpack[CreatePredictionParams]) -> Prediction:
        """Run it."""
        return run_sync(created(blocking(self._client), deployment_path(self._deployment), input, params))

    async def async_create(self, input: dict[str, Any], **params: Unpack[CreatePredictionParams]) -> Prediction:
        """As `create`."""
        return await created(awaiting(self._client), deployment_path(self._deployment), input, params)


class DeploymentsPredictions(Namespace):
    """Predictions of deployments."""

    def create(
        self,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any],
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """Run a deployment.

        Raises:
            ValueError: It is none.
        """
        return run_sync(created(blocking(self._client), deployment_path(deployment), input, params))

    async def async_create(
        self,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any],
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """As `create`."""
        return await created(awaiting(self._client), deployment_path(deployment), input, params)


def _path(name: str) -> str:
    owner, slash, rest = name.partition("/")
    if not slash:
        raise ValueError(f"a deployment is named owner/name, not {name!r}")
    return path("deployments", owner, rest)


async def _sent(api: CompatSession, method: str, address: str, **body: Any) -> Deployment:
    return attached(Deployment(**await api.json(method, address, **body)), api.client)


async def _create(api: CompatSession, params: Mapping[str, Any]) -> Deployment:
    body = dict(params)
    if body.get("name"):
        body["name"] = str(body["name"]).partition("/")[2] or body["name"]  # the owner is who asks
    return await _sent(api, "POST", "/v1/deployments", json=body, held=True)


async def _delete(api: CompatSession, owner: str, name: str) -> bool:
    return (await api.request("DELETE", path("deployments", owner, name))).status_code == 204
