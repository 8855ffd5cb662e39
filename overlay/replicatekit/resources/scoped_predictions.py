"""`client.models.predictions` and `client.deployments.predictions`, and the same of one model or deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import resolve_deployment, resolve_model
from replicatekit._operations import predictions as flows
from replicatekit._runtime import run_sync
from replicatekit.resources._namespace import Namespace, NamespaceOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._operations.predictions import CreateOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit_api.models import Deployment, Model

__all__ = [
    "AsyncDeploymentPredictions",
    "AsyncModelPredictions",
    "AsyncScopedPredictions",
    "DeploymentPredictions",
    "ModelPredictions",
    "ScopedPredictions",
]


class ModelPredictions(Namespace):
    """Predictions of official models, by their names alone."""

    __slots__ = ()

    def create(
        self, model: str | Model, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> Prediction:
        """Create a prediction with an official model; `client.predictions.create` takes any.

        Args:
            model: `owner/name`, or a `Model`.
            input: The model's input.
            **options: See `replicatekit.options.CreateOptions`.

        Raises:
            NotFoundError: There is no such model, or it is not official: it runs by version only.
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create_by(self._session, resolve_model(model), input, options, official=True)
        return self._session.bind(run_sync(work))


@mirrors(ModelPredictions)
class AsyncModelPredictions(Namespace):
    __slots__ = ()

    async def create(
        self, model: str | Model, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        work = flows.create_by(self._session, resolve_model(model), input, options, official=True)
        return self._session.bind(await work)


class DeploymentPredictions(Namespace):
    """Predictions of deployments."""

    __slots__ = ()

    def create(
        self, deployment: str | Deployment, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> Prediction:
        """Create a prediction with a deployment.

        Args:
            deployment: `owner/name`, or a `Deployment`.
            input: The model's input.
            **options: See `replicatekit.options.CreateOptions`.

        Raises:
            NotFoundError: There is no such deployment.
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create_by(self._session, resolve_deployment(deployment), input, options)
        return self._session.bind(run_sync(work))


@mirrors(DeploymentPredictions)
class AsyncDeploymentPredictions(Namespace):
    __slots__ = ()

    async def create(
        self, deployment: str | Deployment, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        work = flows.create_by(self._session, resolve_deployment(deployment), input, options)
        return self._session.bind(await work)


class ScopedPredictions(NamespaceOf):
    """Predictions of one model or deployment."""

    __slots__ = ()

    def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> Prediction:
        """Create a prediction and come back with it at once, or when the API lets go of it.

        Args:
            input: The model's input.
            **options: See `replicatekit.options.CreateOptions`.

        Raises:
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        return self._session.bind(run_sync(flows.create_by(self._session, self._reference, input, options)))


@mirrors(ScopedPredictions)
class AsyncScopedPredictions(NamespaceOf):
    __slots__ = ()

    async def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> AsyncPrediction:
        return self._session.bind(await flows.create_by(self._session, self._reference, input, options))
