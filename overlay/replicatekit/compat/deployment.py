"""Deployments: models on reserved hardware."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import EllipsisType
from typing import Any, ClassVar, TypeAlias, TypedDict, Unpack

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.creating import CreatePredictionParams, create_prediction, deployment_path
from replicatekit.compat._impl.pages import fetch_page, page_address
from replicatekit.compat._impl.records import Readers, attach, reader
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat._impl.types import ClientLike
from replicatekit.compat.account import Account
from replicatekit.compat.helpers import async_encode_json, encode_json
from replicatekit.compat.pagination import Page
from replicatekit.compat.prediction import Prediction
from replicatekit.compat.resource import Namespace, Resource

__all__ = [
    "Account",
    "Deployment",
    "DeploymentPredictions",
    "Deployments",
    "DeploymentsPredictions",
    "Page",
    "Prediction",
    "async_encode_json",
    "encode_json",
]


class Deployment(Resource):
    """A model on reserved hardware."""

    class Release(Resource):
        """The state of a deployment between two changes."""

        class Configuration(Resource):
            """The hardware of a release, and the number of instances."""

            hardware: str
            min_instances: int
            max_instances: int

        _readers: ClassVar[Readers] = {"created_by": reader(Account), "configuration": reader(Configuration)}

        number: int
        model: str
        version: str
        created_at: str
        created_by: Account | None
        configuration: Configuration

    _readers: ClassVar[Readers] = {"current_release": reader(Release)}

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
        """The predictions of the deployment."""
        return DeploymentPredictions(client=self._client, deployment=self)


class CreateDeploymentParams(TypedDict):
    """The options of a new deployment."""

    name: str
    model: str
    version: str
    hardware: str
    min_instances: int
    max_instances: int


_CreateDeploymentParams: TypeAlias = CreateDeploymentParams  # an alias, as a class attribute hides the name


class UpdateDeploymentParams(TypedDict, total=False):
    """The changes to a deployment."""

    version: str
    hardware: str
    min_instances: int
    max_instances: int


_UpdateDeploymentParams: TypeAlias = UpdateDeploymentParams  # an alias, as a class attribute hides the name


class Deployments(Namespace):
    """The namespace `client.deployments`."""

    CreateDeploymentParams = CreateDeploymentParams
    UpdateDeploymentParams = UpdateDeploymentParams

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Deployment]:
        """Return a page of your deployments.

        Args:
            cursor: A page's `next` or `previous`; without it, the first page.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(fetch_page(blocking(self._client), Deployment, page_address(cursor, "/v1/deployments")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Deployment]:
        """Return a page of your deployments; see `list`."""
        return await fetch_page(awaiting(self._client), Deployment, page_address(cursor, "/v1/deployments"))

    def get(self, name: str) -> Deployment:
        """Return a deployment by `owner/name`."""
        return run_sync(_sent(blocking(self._client), "GET", _path(name)))

    async def async_get(self, name: str) -> Deployment:
        """Return a deployment by `owner/name`."""
        return await _sent(awaiting(self._client), "GET", _path(name))

    def create(self, **params: Unpack[_CreateDeploymentParams]) -> Deployment:
        """Create a deployment."""
        return run_sync(_create(blocking(self._client), params))

    async def async_create(self, **params: Unpack[_CreateDeploymentParams]) -> Deployment:
        """Async version of `create`."""
        return await _create(awaiting(self._client), params)

    def update(
        self, deployment_owner: str, deployment_name: str, **params: Unpack[_UpdateDeploymentParams]
    ) -> Deployment:
        """Change a deployment; the change is a new release."""
        address = path("deployments", deployment_owner, deployment_name)
        return run_sync(_sent(blocking(self._client), "PATCH", address, json=params))

    async def async_update(
        self, deployment_owner: str, deployment_name: str, **params: Unpack[_UpdateDeploymentParams]
    ) -> Deployment:
        """Change a deployment; see `update`."""
        address = path("deployments", deployment_owner, deployment_name)
        return await _sent(awaiting(self._client), "PATCH", address, json=params)

    def delete(self, deployment_owner: str, deployment_name: str) -> bool:
        """Delete a deployment that has been unused for a while."""
        return run_sync(_delete(blocking(self._client), deployment_owner, deployment_name))

    async def async_delete(self, deployment_owner: str, deployment_name: str) -> bool:
        """Delete a deployment; see `delete`."""
        return await _delete(awaiting(self._client), deployment_owner, deployment_name)

    @property
    def predictions(self) -> DeploymentsPredictions:
        """Predictions of deployments."""
        return DeploymentsPredictions(client=self._client)


class DeploymentPredictions(Namespace):
    """Predictions of one deployment."""

    _deployment: Deployment

    def __init__(self, client: ClientLike, deployment: Deployment) -> None:
        super().__init__(client=client)
        self._deployment = deployment

    def create(self, input: dict[str, Any], **params: Unpack[CreatePredictionParams]) -> Prediction:
        """Run the deployment, and return the prediction."""
        return run_sync(
            create_prediction(blocking(self._client), Prediction, deployment_path(self._deployment), input, params)
        )

    async def async_create(self, input: dict[str, Any], **params: Unpack[CreatePredictionParams]) -> Prediction:
        """Async version of `create`."""
        return await create_prediction(
            awaiting(self._client), Prediction, deployment_path(self._deployment), input, params
        )


class DeploymentsPredictions(Namespace):
    """Predictions of deployments."""

    def create(
        self,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any],
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """Run a deployment, and return the prediction.

        Raises:
            ValueError: `deployment` does not name a deployment.
        """
        return run_sync(
            create_prediction(blocking(self._client), Prediction, deployment_path(deployment), input, params)
        )

    async def async_create(
        self,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any],
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """Async version of `create`."""
        return await create_prediction(awaiting(self._client), Prediction, deployment_path(deployment), input, params)


def _path(name: str) -> str:
    owner, slash, rest = name.partition("/")
    if not slash:
        raise ValueError(f"a deployment is named owner/name, not {name!r}")
    return path("deployments", owner, rest)


async def _sent(api: CompatSession, method: str, address: str, **body: Any) -> Deployment:
    return attach(Deployment(**await api.json(method, address, **body)), api.client)


async def _create(api: CompatSession, params: Mapping[str, Any]) -> Deployment:
    body = dict(params)
    if body.get("name"):
        body["name"] = str(body["name"]).partition("/")[2] or body["name"]  # the owner is the token's account
    return await _sent(api, "POST", "/v1/deployments", json=body, held=True)


async def _delete(api: CompatSession, owner: str, name: str) -> bool:
    return (await api.request("DELETE", path("deployments", owner, name))).status_code == 204
