"""Deployments that are bound to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._domain.reference import Reference, parse_deployment
from replicatekit._operations import deployments as operations
from replicatekit._runtime import run_sync
from replicatekit.options import DeploymentUpdate, takes_options
from replicatekit.resources._live import BoundObject
from replicatekit.resources._runnable import AsyncRunnableMixin, RunnableMixin
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit.resources.scoped_predictions import AsyncScopedPredictions, ScopedPredictions

__all__ = ["AsyncDeployment", "Deployment"]


class _AnyDeployment(BoundObject):
    """The members of a deployment that send no requests."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """`owner/name`."""
        return str(self._named)

    @property
    def _runs_by(self) -> Reference:
        return self._named

    @property
    def _named(self) -> Reference:
        return parse_deployment(cast("models.Deployment", self))


class Deployment(_AnyDeployment, RunnableMixin, models.Deployment):
    """A deployment: a version of a model behind your own name, on hardware reserved for it."""

    __slots__ = ("_bound_session",)

    @property
    def predictions(self) -> ScopedPredictions:
        """Create predictions with this deployment."""
        from replicatekit.resources.scoped_predictions import ScopedPredictions

        return ScopedPredictions(self, self._named)

    def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(run_sync(operations.get(self._session, self._named)))

    @takes_options(DeploymentUpdate)
    def update(self, **changes: Unpack[DeploymentUpdate]) -> Self:
        """Change the deployment, which makes a new release; refresh this object in place, and return it.

        Args:
            version: The version to run from now on.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5. They are billed even while idle.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return self._replace_data(run_sync(operations.update(self._session, self._named, changes)))

    def delete(self) -> None:
        """Delete the deployment. The API refuses this if the deployment was used recently."""
        run_sync(operations.delete(self._session, self._named))


class AsyncDeployment(_AnyDeployment, AsyncRunnableMixin, models.Deployment):
    """A deployment: a version of a model behind your own name, on hardware reserved for it."""

    __slots__ = ("_bound_session",)

    @property
    def predictions(self) -> AsyncScopedPredictions:
        """Create predictions with this deployment."""
        from replicatekit.resources.scoped_predictions import AsyncScopedPredictions

        return AsyncScopedPredictions(self, self._named)

    async def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(await operations.get(self._session, self._named))

    @takes_options(DeploymentUpdate)
    async def update(self, **changes: Unpack[DeploymentUpdate]) -> Self:
        """Change the deployment, which makes a new release; refresh this object in place, and return it.

        Args:
            version: The version to run from now on.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            min_instances: How many instances always run, from 0 to 5. They are billed even while idle.
            max_instances: The largest number of instances, from 0 to 20.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return self._replace_data(await operations.update(self._session, self._named, changes))

    async def delete(self) -> None:
        """Delete the deployment. The API refuses this if the deployment was used recently."""
        await operations.delete(self._session, self._named)
