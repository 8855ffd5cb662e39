"""`client.deployments`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import deployment_named
from replicatekit._operations import deployments as flows
from replicatekit._runtime import finish
from replicatekit.pages import AsyncListing, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.deployment import AsyncDeployment, Deployment

if TYPE_CHECKING:
    from replicatekit._operations.deployments import DeploymentChanges
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncDeploymentsPredictions, DeploymentsPredictions
    from replicatekit_api import models

__all__ = ["AsyncDeployments", "Deployments"]


class Deployments(Namespace):
    """Versions behind addresses of one's own, each on hardware that is kept for it."""

    @cached_property
    def predictions(self) -> DeploymentsPredictions:
        """Create predictions with deployments."""
        from replicatekit.resources.scoped_predictions import DeploymentsPredictions

        return DeploymentsPredictions(self._core)

    def list(self, cursor: str | None = None) -> Page[Deployment]:
        """The account's deployments.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(flows.listing(self._core, partial(Deployment.of, self._core)), cursor)

    def get(self, deployment: str | models.Deployment, name: str | None = None) -> Deployment:
        """A deployment by its name.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        return Deployment.of(self._core, finish(flows.get(self._core, deployment_named(deployment, name))))

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
        """Create a deployment. Instances that are kept running are paid for even while they are idle.

        Args:
            name: Its name; the account that the token belongs to is its owner.
            model: The model, `owner/name` or `owner/name:version`.
            version: The version's id; the model's latest one without it.
            hardware: The SKU of what it runs on; `client.hardware.list()` has them.
            min_instances: How many instances are always kept running, from 0 to 5.
            max_instances: How many there are at most, from 0 to 20.

        Raises:
            UnknownFateError: It may have been created, or not; it was not sent again.
        """
        work = flows.create(self._core, name, model, version, hardware, min_instances, max_instances)
        return Deployment.of(self._core, finish(work))

    def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentChanges]
    ) -> Deployment:
        """Make a release of a deployment with these changes. What is left out stays as it is.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
            **changes: See `replicatekit.options.DeploymentChanges`; at least one.
        """
        work = flows.update(self._core, deployment_named(deployment, name), changes)
        return Deployment.of(self._core, finish(work))

    def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        """Delete a deployment. The API wants it to have been idle for a while.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        finish(flows.delete(self._core, deployment_named(deployment, name)))


@mirrors(Deployments)
class AsyncDeployments(Namespace):
    @cached_property
    def predictions(self) -> AsyncDeploymentsPredictions:
        from replicatekit.resources.scoped_predictions import AsyncDeploymentsPredictions

        return AsyncDeploymentsPredictions(self._core)

    def list(self, cursor: str | None = None) -> AsyncListing[AsyncDeployment]:
        return AsyncListing(flows.listing(self._core, partial(AsyncDeployment.of, self._core)), cursor)

    async def get(self, deployment: str | models.Deployment, name: str | None = None) -> AsyncDeployment:
        return AsyncDeployment.of(self._core, await flows.get(self._core, deployment_named(deployment, name)))

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
        work = flows.create(self._core, name, model, version, hardware, min_instances, max_instances)
        return AsyncDeployment.of(self._core, await work)

    async def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentChanges]
    ) -> AsyncDeployment:
        work = flows.update(self._core, deployment_named(deployment, name), changes)
        return AsyncDeployment.of(self._core, await work)

    async def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        await flows.delete(self._core, deployment_named(deployment, name))
