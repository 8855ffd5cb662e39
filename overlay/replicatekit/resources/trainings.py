"""`client.trainings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._operations import trainings as operations
from replicatekit._operations.pagination import ListRequest
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.training import AsyncTraining, Training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replicatekit.options import WebhookEvent
    from replicatekit.pages import Page
    from replicatekit_api.models import Model, Version

__all__ = ["AsyncTrainings", "Trainings"]


class Trainings(Namespace):
    """Trainings: runs that make a new version of a model from your data."""

    def create(
        self,
        model: str | Model | None = None,
        version: str | Version | None = None,
        *,
        destination: str | Model,
        input: Mapping[str, Any],
        webhook: str | None = None,
        webhook_events_filter: Sequence[WebhookEvent] | None = None,
    ) -> Training:
        """Start a training. It is billed to the account that the token belongs to.

        Args:
            model: The model to train: `owner/name:version`, or `owner/name` for its latest version.
            version: The id of the version to train, or `owner/name:version`.
            destination: The model that gets the new version, as `owner/name`. It must exist.
            input: The training's input. Files in it are uploaded.
            webhook: An HTTPS URL that the API calls when the training changes.
            webhook_events_filter: The events to send. Default: all.

        Raises:
            NotFoundError: There is no such version or destination.
            OutcomeUnknownError: The training may have been started; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, model, version, destination, input, webhook, webhook_events_filter)
        return Training.bind(self._session, run_sync(work))

    def list(self, cursor: str | None = None) -> Page[Training]:
        """List the account's trainings, the newest first, 100 to a page.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(ListRequest(self._session, operations.page, Training.bind), cursor)

    def get(self, training_id: str) -> Training:
        """Get a training by its id."""
        return Training.bind(self._session, run_sync(operations.get(self._session, training_id)))

    def cancel(self, training_id: str) -> Training:
        """Cancel a training. One that has ended keeps its status."""
        return Training.bind(self._session, run_sync(operations.cancel(self._session, training_id)))


class AsyncTrainings(Namespace):
    """Trainings: runs that make a new version of a model from your data."""

    async def create(
        self,
        model: str | Model | None = None,
        version: str | Version | None = None,
        *,
        destination: str | Model,
        input: Mapping[str, Any],
        webhook: str | None = None,
        webhook_events_filter: Sequence[WebhookEvent] | None = None,
    ) -> AsyncTraining:
        """Start a training. It is billed to the account that the token belongs to.

        Args:
            model: The model to train: `owner/name:version`, or `owner/name` for its latest version.
            version: The id of the version to train, or `owner/name:version`.
            destination: The model that gets the new version, as `owner/name`. It must exist.
            input: The training's input. Files in it are uploaded.
            webhook: An HTTPS URL that the API calls when the training changes.
            webhook_events_filter: The events to send. Default: all.

        Raises:
            NotFoundError: There is no such version or destination.
            OutcomeUnknownError: The training may have been started; check before retrying.
            APIError: The API returned an error, or did not respond.
        """
        work = operations.create(self._session, model, version, destination, input, webhook, webhook_events_filter)
        return AsyncTraining.bind(self._session, await work)

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncTraining]:
        """List the account's trainings, the newest first, 100 to a page.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(ListRequest(self._session, operations.page, AsyncTraining.bind), cursor)

    async def get(self, training_id: str) -> AsyncTraining:
        """Get a training by its id."""
        return AsyncTraining.bind(self._session, await operations.get(self._session, training_id))

    async def cancel(self, training_id: str) -> AsyncTraining:
        """Cancel a training. One that has ended keeps its status."""
        return AsyncTraining.bind(self._session, await operations.cancel(self._session, training_id))
