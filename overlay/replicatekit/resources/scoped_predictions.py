"""`client.models.predictions` and `client.deployments.predictions`, and the same of one model or deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import deployment_named, model_named
from replicatekit._operations import predictions as flows
from replicatekit._runtime import finish
from replicatekit.resources._namespace import Namespace, NamespaceOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._operations.predictions import CreateOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit_api.models import Deployment, Model

__all__ = [
    "AsyncDeploymentsPredictions",
    "AsyncModelsPredictions",
    "AsyncPredictionsOf",
    "DeploymentsPredictions",
    "ModelsPredictions",
    "PredictionsOf",
]


class ModelsPredictions(Namespace):
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
            UnknownFateError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create_by(self._core, model_named(model), input, options, official=True)
        return self._core.dress(finish(work))


@mirrors(ModelsPredictions)
class AsyncModelsPredictions(Namespace):
    __slots__ = ()

    async def create(
        self, model: str | Model, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        work = flows.create_by(self._core, model_named(model), input, options, official=True)
        return self._core.dress(await work)


class DeploymentsPredictions(Namespace):
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
            UnknownFateError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create_by(self._core, deployment_named(deployment), input, options)
        return self._core.dress(finish(work))


@mirrors(DeploymentsPredictions)
class AsyncDeploymentsPredictions(Namespace):
    __slots__ = ()

    async def create(
        self, deployment: str | Deployment, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        work = flows.create_by(self._core, deployment_named(deployment), input, options)
        return self._core.dress(await work)


class PredictionsOf(NamespaceOf):
    """Predictions of one model or deployment."""

    __slots__ = ()

    def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> Prediction:
        """Create a prediction and come back with it at once, or when the API lets go of it.

        Args:
            input: The model's input.
            **options: See `replicatekit.options.CreateOptions`.

        Raises:
            UnknownFateError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        return self._core.dress(finish(flows.create_by(self._core, self._reference, input, options)))


@mirrors(PredictionsOf)
class AsyncPredictionsOf(NamespaceOf):
    __slots__ = ()

    async def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> AsyncPrediction:
        return self._core.dress(await flows.create_by(self._core, self._reference, input, options))
