"""`client.predictions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from replicatekit._domain.reference import reference_of
from replicatekit._operations import predictions as operations
from replicatekit._predictions.options import Options
from replicatekit._predictions.run import run_prediction
from replicatekit._runtime import run_sync
from replicatekit.options import CreateOptions, RunOptions, takes_options
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.prediction import AsyncPrediction, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from replicatekit._domain.reference import Runnable
    from replicatekit.pages import Page
    from replicatekit_api.models import Deployment, Model, Version

__all__ = ["AsyncPredictions", "Predictions"]


class Predictions(Namespace):
    """Predictions: single runs of models."""

    @takes_options(RunOptions)
    def run(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions[Prediction]],
    ) -> Prediction:
        """Run a model and return the finished prediction, with its id, output, logs and metrics.

        `client.run` returns the output alone.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, instead of `ref`.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

        Raises:
            ModelError: The model failed. The error carries the prediction.
            PredictionCanceled: The prediction was canceled.
            PredictionAborted: `cancel_after` passed before the prediction started; it did not run.
            WaitTimeout: The prediction did not end within `timeout`.
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APITimeoutError: `timeout` passed before the prediction was created.
            APIError: The API returned an error, or did not respond.
        """
        work = run_prediction(self._session, reference_of(ref, deployment), input, Options.of(options))
        return Prediction.bind(self._session, run_sync(work))

    @takes_options(CreateOptions)
    def create(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        model: str | Model | None = None,
        version: str | Version | None = None,
        deployment: str | Deployment | None = None,
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Create a prediction and return it at once, or with `wait` when the API stops holding the request.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            model: `owner/name`, instead of `ref`.
            version: The id of a version, with `model` or alone, instead of `ref`.
            deployment: `owner/name` of a deployment, instead of `ref`.
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
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        reference = operations.reference_of_create(ref, model, version, deployment)
        return Prediction.bind(self._session, run_sync(operations.create(self._session, reference, input, options)))

    def get(self, prediction_id: str) -> Prediction:
        """Get a prediction by its id."""
        return Prediction.bind(self._session, run_sync(operations.get(self._session, prediction_id)))

    def list(
        self,
        cursor: str | None = None,
        *,
        created_after: str | date | None = None,
        created_before: str | date | None = None,
        source: Literal["web"] | None = None,
    ) -> Page[Prediction]:
        """List the account's predictions, the newest first, 100 to a page.

        The API deletes the input, output and logs of predictions made through the API an hour after they have ended.

        Args:
            cursor: Where the page begins: `next_cursor` of another page with the same filters, or its `next`.
            created_after: Only predictions created at this time or later: a datetime, a date, ISO text, or words such
                as `yesterday` and `3 days ago`.
            created_before: Only predictions created before this time.
            source: `web`: only predictions created on the website.

        Raises:
            InvalidArgument: A time cannot be read.
        """
        listing = operations.listing(self._session, Prediction.bind, created_after, created_before, source)
        return first_page(listing, cursor)

    def cancel(self, prediction_id: str) -> Prediction:
        """Cancel a prediction. One that has ended keeps its status."""
        return Prediction.bind(self._session, run_sync(operations.cancel(self._session, prediction_id)))


class AsyncPredictions(Namespace):
    """Predictions: single runs of models."""

    @takes_options(RunOptions)
    async def run(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        deployment: str | Deployment | None = None,
        **options: Unpack[RunOptions[AsyncPrediction]],
    ) -> AsyncPrediction:
        """Run a model and return the finished prediction, with its id, output, logs and metrics.

        `client.run` returns the output alone.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            deployment: `owner/name` of a deployment, instead of `ref`.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.

        Raises:
            ModelError: The model failed. The error carries the prediction.
            PredictionCanceled: The prediction was canceled.
            PredictionAborted: `cancel_after` passed before the prediction started; it did not run.
            WaitTimeout: The prediction did not end within `timeout`.
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APITimeoutError: `timeout` passed before the prediction was created.
            APIError: The API returned an error, or did not respond.
        """
        work = run_prediction(self._session, reference_of(ref, deployment), input, Options.of(options))
        return AsyncPrediction.bind(self._session, await work)

    @takes_options(CreateOptions)
    async def create(
        self,
        ref: Runnable | None = None,
        input: Mapping[str, Any] | None = None,
        *,
        model: str | Model | None = None,
        version: str | Version | None = None,
        deployment: str | Deployment | None = None,
        **options: Unpack[CreateOptions],
    ) -> AsyncPrediction:
        """Create a prediction and return it at once, or with `wait` when the API stops holding the request.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            model: `owner/name`, instead of `ref`.
            version: The id of a version, with `model` or alone, instead of `ref`.
            deployment: `owner/name` of a deployment, instead of `ref`.
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
            InvalidReference, InvalidInput, InvalidArgument: An argument cannot be used. Nothing was sent.
            OutcomeUnknownError: The prediction may have been created; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        reference = operations.reference_of_create(ref, model, version, deployment)
        return AsyncPrediction.bind(self._session, await operations.create(self._session, reference, input, options))

    async def get(self, prediction_id: str) -> AsyncPrediction:
        """Get a prediction by its id."""
        return AsyncPrediction.bind(self._session, await operations.get(self._session, prediction_id))

    def list(
        self,
        cursor: str | None = None,
        *,
        created_after: str | date | None = None,
        created_before: str | date | None = None,
        source: Literal["web"] | None = None,
    ) -> AsyncPages[AsyncPrediction]:
        """List the account's predictions, the newest first, 100 to a page.

        The API deletes the input, output and logs of predictions made through the API an hour after they have ended.

        Args:
            cursor: Where the page begins: `next_cursor` of another page with the same filters, or its `next`.
            created_after: Only predictions created at this time or later: a datetime, a date, ISO text, or words such
                as `yesterday` and `3 days ago`.
            created_before: Only predictions created before this time.
            source: `web`: only predictions created on the website.

        Raises:
            InvalidArgument: A time cannot be read.
        """
        listing = operations.listing(self._session, AsyncPrediction.bind, created_after, created_before, source)
        return AsyncPages(listing, cursor)

    async def cancel(self, prediction_id: str) -> AsyncPrediction:
        """Cancel a prediction. One that has ended keeps its status."""
        return AsyncPrediction.bind(self._session, await operations.cancel(self._session, prediction_id))
