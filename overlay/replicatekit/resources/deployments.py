"""`client.deployments`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import resolve_deployment
from replicatekit._operations import deployments as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.deployment import AsyncDeployment, Deployment

if TYPE_CHECKING:
    from replicatekit._operations.deployments import DeploymentUpdate
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncDeploymentPredictions, DeploymentPredictions
    from replicatekit_api import models

__all__ = ["AsyncDeployments", "Deployments"]


class Deployments(Namespace):
    """Versions behind addresses of one's own, each on hardware that is kept for it."""

    @cached_property
    def predictions(self) -> DeploymentPredictions:
        """Create predictions with deployments."""
        from replicatekit.resources.scoped_predictions import DeploymentPredictions

        return DeploymentPredictions(self._session)

    def list(self, cursor: str | None = None) -> Page[Deployment]:
        """The account's deployments.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(flows.listing(self._session, partial(Deployment.bind, self._session)), cursor)

    def get(self, deployment: str | models.Deployment, name: str | None = None) -> Deployment:
        """A deployment by its name.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        return Deployment.bind(self._session, run_sync(flows.get(self._session, resolve_deployment(deployment, name))))

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
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
        """
        work = flows.create(self._session, name, model, version, hardware, min_instances, max_instances)
        return Deployment.bind(self._session, run_sync(work))

    def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentUpdate]
    ) -> Deployment:
        """Make a release of a deployment with these changes. What is left out stays as it is.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
            **changes: See `replicatekit.options.DeploymentUpdate`; at least one.
        """
        work = flows.update(self._session, resolve_deployment(deployment, name), changes)
        return Deployment.bind(self._session, run_sync(work))

    def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        """Delete a deployment. The API wants it to have been idle for a while.

        Args:
            deployment: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        run_sync(flows.delete(self._session, resolve_deployment(deployment, name)))


@mirrors(Deployments)
class AsyncDeployments(Namespace):
    @cached_property
    def predictions(self) -> AsyncDeploymentPredictions:
        from replicatekit.resources.scoped_predictions import AsyncDeploymentPredictions

        return AsyncDeploymentPredictions(self._session)

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncDeployment]:
        return AsyncPages(flows.listing(self._session, partial(AsyncDeployment.bind, self._session)), cursor)

    async def get(self, deployment: str | models.Deployment, name: str | None = None) -> AsyncDeployment:
        return AsyncDeployment.bind(self._session, await flows.get(self._session, resolve_deployment(deployment, name)))

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
        work = flows.create(self._session, name, model, version, hardware, min_instances, max_instances)
        return AsyncDeployment.bind(self._session, await work)

    async def update(
        self, deployment: str | models.Deployment, name: str | None = None, **changes: Unpack[DeploymentUpdate]
    ) -> AsyncDeployment:
        work = flows.update(self._session, resolve_deployment(deployment, name), changes)
        return AsyncDeployment.bind(self._session, await work)

    async def delete(self, deployment: str | models.Deployment, name: str | None = None) -> None:
        await flows.delete(self._session, resolve_deployment(deployment, name))
