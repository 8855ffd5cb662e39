"""`client.deployments`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Unpack

from replicatekit._domain.reference_arguments import resolve_deployment
from replicatekit._operations import deployments as operations
from replicatekit._operations.pagination import ListRequest
from replicatekit._runtime import run_sync
from replicatekit.options import DeploymentUpdate, takes_options
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.deployment import AsyncDeployment, Deployment

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncDeploymentPredictions, DeploymentPredictions
    from replicatekit_api import models

__all__ = ["AsyncDeployments", "Deployments"]


class Deployments(Namespace):
    """Deployments: versions of models behind your own names, each on hardware reserved for it."""

    @cached_property
    def predictions(self) -> DeploymentPredictions:
        """Create predictions with deployments."""
        from replicatekit.resources.scoped_predictions import DeploymentPredictions

        return DeploymentPredictions(self)

    def list(self, cursor: str | None = None) -> Page[Deployment]:
        """List the account's deployments.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(ListRequest(self._session, operations.page, Deployment.bind), cursor)

    def get(self, deployment: str | models.Deployment, name: str | None = None) -> Deployment:
        """Get a deployment.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.

        Raises:
            NotFoundError: There is no such deployment.
        """
        reference = resolve_deployment(deployment, name)
        return Deployment.bind(self._session, run_sync(operations.get(self._session, reference)))

    def create(
        self,
        name: str,
        *,
        model: str | models.Model,
        version: str | models.Version | None = None,
        hardware: str,
        min_instances: int,
        max_instances: int,
    ) -> Deployment:
        """Create a deployment. `min_instances` instances run, and are billed, even while idle.

        Args:
            name: The deployment's name. Its owner is the account that the token belongs to.
            model: The model, as `owner/name` or `owner/name:version`.
            version: The id of the version. By default the model's latest version.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            OutcomeUnknownError: The deployment may have been created; check before retrying.
        """
        work = operations.create(self._session, name, model, version, hardware, min_instances, max_instances)
        return Deployment.bind(self._session, run_sync(work))

    @takes_options(DeploymentUpdate)
    def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentUpdate]
    ) -> Deployment:
        """Change a deployment, which makes a new release. Fields that are left out keep their value.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.
            version: The version to run from now on.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5. They are billed even while idle.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        work = operations.update(self._session, resolve_deployment(deployment, name), changes)
        return Deployment.bind(self._session, run_sync(work))

    def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        """Delete a deployment. The API refuses this if the deployment was used recently.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.
        """
        run_sync(operations.delete(self._session, resolve_deployment(deployment, name)))


class AsyncDeployments(Namespace):
    """Deployments: versions of models behind your own names, each on hardware reserved for it."""

    @cached_property
    def predictions(self) -> AsyncDeploymentPredictions:
        """Create predictions with deployments."""
        from replicatekit.resources.scoped_predictions import AsyncDeploymentPredictions

        return AsyncDeploymentPredictions(self)

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncDeployment]:
        """List the account's deployments.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(ListRequest(self._session, operations.page, AsyncDeployment.bind), cursor)

    async def get(self, deployment: str | models.Deployment, name: str | None = None) -> AsyncDeployment:
        """Get a deployment.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.

        Raises:
            NotFoundError: There is no such deployment.
        """
        reference = resolve_deployment(deployment, name)
        return AsyncDeployment.bind(self._session, await operations.get(self._session, reference))

    async def create(
        self,
        name: str,
        *,
        model: str | models.Model,
        version: str | models.Version | None = None,
        hardware: str,
        min_instances: int,
        max_instances: int,
    ) -> AsyncDeployment:
        """Create a deployment. `min_instances` instances run, and are billed, even while idle.

        Args:
            name: The deployment's name. Its owner is the account that the token belongs to.
            model: The model, as `owner/name` or `owner/name:version`.
            version: The id of the version. By default the model's latest version.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            OutcomeUnknownError: The deployment may have been created; check before retrying.
        """
        work = operations.create(self._session, name, model, version, hardware, min_instances, max_instances)
        return AsyncDeployment.bind(self._session, await work)

    @takes_options(DeploymentUpdate)
    async def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentUpdate]
    ) -> AsyncDeployment:
        """Change a deployment, which makes a new release. Fields that are left out keep their value.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.
            version: The version to run from now on.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5. They are billed even while idle.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        work = operations.update(self._session, resolve_deployment(deployment, name), changes)
        return AsyncDeployment.bind(self._session, await work)

    async def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        """Delete a deployment. The API refuses this if the deployment was used recently.

        Args:
            deployment: `owner/name`, or the owner if `name` is given.
            name: The deployment's name.
        """
        await operations.delete(self._session, resolve_deployment(deployment, name))
