"""Deployments, alive: they run, and can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference import Reference, parse_deployment
from replicatekit._operations import deployments as flows
from replicatekit._runtime import run_sync
from replicatekit.resources._live import BoundObject
from replicatekit.resources._runnable import AsyncRunnableMixin, RunnableMixin
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._operations.deployments import DeploymentUpdate
    from replicatekit.resources.scoped_predictions import AsyncScopedPredictions, ScopedPredictions

__all__ = ["AsyncDeployment", "Deployment"]


class _LiveDeployment(BoundObject):
    """What deployments, sync and async, have in common."""

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


class Deployment(_LiveDeployment, RunnableMixin, models.Deployment):
    """A deployment, with the client that it came by."""

    __slots__ = ("_bound_session",)

    @property
    def predictions(self) -> ScopedPredictions:
        """Create predictions with it."""
        from replicatekit.resources.scoped_predictions import ScopedPredictions

        return ScopedPredictions(self._session, self._named)

    def reload(self) -> Self:
        """Ask what it is now. Itself, changed."""
        return self._replace_data(run_sync(flows.get(self._session, self._named)))

    def update(self, **changes: Unpack[DeploymentUpdate]) -> Self:
        """Make a release of it with these changes; what is left out stays as it is. Itself, changed."""
        return self._replace_data(run_sync(flows.update(self._session, self._named, changes)))

    def delete(self) -> None:
        """Delete it. The API wants it to have been idle for a while."""
        run_sync(flows.delete(self._session, self._named))


@mirrors(Deployment)
class AsyncDeployment(_LiveDeployment, AsyncRunnableMixin, models.Deployment):
    __slots__ = ("_bound_session",)

    @property
    def predictions(self) -> AsyncScopedPredictions:
        from replicatekit.resources.scoped_predictions import AsyncScopedPredictions

        return AsyncScopedPredictions(self._session, self._named)

    async def reload(self) -> Self:
        return self._replace_data(await flows.get(self._session, self._named))

    async def update(self, **changes: Unpack[DeploymentUpdate]) -> Self:
        return self._replace_data(await flows.update(self._session, self._named, changes))

    async def delete(self) -> None:
        await flows.delete(self._session, self._named)
