"""`client.predictions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._flows import predictions as flows
from replicatekit._io import finish
from replicatekit._mirror import mirrors
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._flows.predictions import CreateOptions
    from replicatekit._reference import Runnable
    from replicatekit.prediction import AsyncPrediction, Prediction
    from replicatekit_api.models import Deployment

__all__ = ["AsyncPredictions", "Predictions"]


class Predictions(Namespace):
    """One run of a model each."""

    __slots__ = ()

    def create(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Create a prediction and come back with it at once, or when the API lets go of it.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, in place of `ref`.
            **options: See `CreateOptions`.

        Raises:
            UnknownFateError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        return self._core.dress(finish(flows.create(self._core, ref, deployment, input, options)))

    def get(self, prediction_id: str) -> Prediction:
        """A prediction by its id."""
        return self._core.dress(finish(flows.get(self._core, prediction_id)))

    def cancel(self, prediction_id: str) -> Prediction:
        """Ask the API to cancel a prediction; one that has ended stays as it ended."""
        return self._core.dress(finish(flows.cancel(self._core, prediction_id)))


@mirrors(Predictions)
class AsyncPredictions(Namespace):
    __slots__ = ()

    async def create(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[CreateOptions],
    ) -> AsyncPrediction:
        return self._core.dress(await flows.create(self._core, ref, deployment, input, options))

    async def get(self, prediction_id: str) -> AsyncPrediction:
        return self._core.dress(await flows.get(self._core, prediction_id))

    async def cancel(self, prediction_id: str) -> AsyncPrediction:
        return self._core.dress(await flows.cancel(self._core, prediction_id))
