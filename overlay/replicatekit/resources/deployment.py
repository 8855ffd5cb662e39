"""Deployments, alive: they run, and can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference import Reference, parse_deployment
from replicatekit._operations import deployments as flows
from replicatekit._runtime import finish
from replicatekit.resources._live import Live
from replicatekit.resources._runnable import AsyncRuns, Runs
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._operations.deployments import DeploymentChanges
    from replicatekit.resources.scoped_predictions import AsyncPredictionsOf, PredictionsOf

__all__ = ["AsyncDeployment", "Deployment"]


class _LiveDeployment(Live):
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


class Deployment(_LiveDeployment, Runs, models.Deployment):
    """A deployment, with the client that it came by."""

    __slots__ = ("_core",)

    @property
    def predictions(self) -> PredictionsOf:
        """Create predictions with it."""
        from replicatekit.resources.scoped_predictions import PredictionsOf

        return PredictionsOf(self._here, self._named)

    def reload(self) -> Self:
        """Ask what it is now. Itself, changed."""
        return self._become(finish(flows.get(self._here, self._named)))

    def update(self, **changes: Unpack[DeploymentChanges]) -> Self:
        """Make a release of it with these changes; what is left out stays as it is. Itself, changed."""
        return self._become(finish(flows.update(self._here, self._named, changes)))

    def delete(self) -> None:
        """Delete it. The API wants it to have been idle for a while."""
        finish(flows.delete(self._here, self._named))


@mirrors(Deployment)
class AsyncDeployment(_LiveDeployment, AsyncRuns, models.Deployment):
    __slots__ = ("_core",)

    @property
    def predictions(self) -> AsyncPredictionsOf:
        from replicatekit.resources.scoped_predictions import AsyncPredictionsOf

        return AsyncPredictionsOf(self._here, self._named)

    async def reload(self) -> Self:
        return self._become(await flows.get(self._here, self._named))

    async def update(self, **changes: Unpack[DeploymentChanges]) -> Self:
        return self._become(await flows.update(self._here, self._named, changes))

    async def delete(self) -> None:
        await flows.delete(self._here, self._named)
