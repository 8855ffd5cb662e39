"""`client.models.predictions`, `client.deployments.predictions`, and the `predictions` of one model or deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._domain.reference_arguments import resolve_deployment, resolve_model
from replicatekit._operations import predictions as operations
from replicatekit._runtime import run_sync
from replicatekit.options import CreateOptions, takes_options
from replicatekit.resources._namespace import Namespace, NamespaceOf
from replicatekit.resources.prediction import AsyncPrediction, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """Predictions of official models, which run by name alone."""

    @takes_options(CreateOptions)
    def create(
        self, model: str | Model, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> Prediction:
        """Create a prediction with an official model. `client.predictions.create` takes any model.

        Args:
            model: `owner/name`, or a `Model`.
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            NotFoundError: There is no such model, or it is not official: it runs by version only.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, resolve_model(model), input, options, official=True)
        return Prediction.bind(self._session, run_sync(work))


class AsyncModelPredictions(Namespace):
    """Predictions of official models, which run by name alone."""

    @takes_options(CreateOptions)
    async def create(
        self, model: str | Model, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        """Create a prediction with an official model. `client.predictions.create` takes any model.

        Args:
            model: `owner/name`, or a `Model`.
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            NotFoundError: There is no such model, or it is not official: it runs by version only.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, resolve_model(model), input, options, official=True)
        return AsyncPrediction.bind(self._session, await work)


class DeploymentPredictions(Namespace):
    """Predictions of deployments."""

    @takes_options(CreateOptions)
    def create(
        self, deployment: str | Deployment, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> Prediction:
        """Create a prediction with a deployment.

        Args:
            deployment: `owner/name`, or a `Deployment`.
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            NotFoundError: There is no such deployment.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, resolve_deployment(deployment), input, options)
        return Prediction.bind(self._session, run_sync(work))


class AsyncDeploymentPredictions(Namespace):
    """Predictions of deployments."""

    @takes_options(CreateOptions)
    async def create(
        self, deployment: str | Deployment, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        """Create a prediction with a deployment.

        Args:
            deployment: `owner/name`, or a `Deployment`.
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            NotFoundError: There is no such deployment.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, resolve_deployment(deployment), input, options)
        return AsyncPrediction.bind(self._session, await work)


class ScopedPredictions(NamespaceOf):
    """Predictions of one model or deployment."""

    @takes_options(CreateOptions)
    def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> Prediction:
        """Create a prediction and return it at once, or with `wait` when the API stops holding the request.

        Args:
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        return Prediction.bind(
            self._session, run_sync(operations.create(self._session, self._reference, input, options))
        )


class AsyncScopedPredictions(NamespaceOf):
    """Predictions of one model or deployment."""

    @takes_options(CreateOptions)
    async def create(self, input: Mapping[str, Any] | None = None, **options: Unpack[CreateOptions]) -> AsyncPrediction:
        """Create a prediction and return it at once, or with `wait` when the API stops holding the request.

        Args:
            input: The model's input.
            wait: How long the API may hold the request open until the model has finished (`Prefer: wait`): True for up
                to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            stream: Deprecated, without effect: the API gives `urls.stream` for every model that streams.

        Raises:
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        return AsyncPrediction.bind(
            self._session, await operations.create(self._session, self._reference, input, options)
        )
