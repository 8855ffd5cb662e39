"""`client.trainings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from replicatekit._base.docstrings import mirrors
from replicatekit._operations import trainings as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replicatekit.pages import Page
    from replicatekit.resources.prediction import AsyncTraining, Training
    from replicatekit_api.models import Model, Version

    Events = Sequence[Literal["start", "output", "logs", "completed"]]

__all__ = ["AsyncTrainings", "Trainings"]


class Trainings(Namespace):
    """Trainings: new versions of models, made from others and from data."""

    __slots__ = ()

    def create(
        self,
        model: str | Model | None = None,
        version: str | Version | None = None,
        *,
        destination: str | Model,
        input: Mapping[str, Any],
        webhook: str | None = None,
        webhook_events_filter: Events | None = None,
    ) -> Training:
        """Start a training. It is billed to the account that the token belongs to.

        Args:
            model: What is trained: `owner/name:version`; or `owner/name`, whose latest version it is without `version`.
            version: Its id, or the whole `owner/name:version`.
            destination: The model that gets the new version, `owner/name`; it has to exist.
            input: The training's input. Files in it are sent along.
            webhook: An HTTPS URL that is told of changes.
            webhook_events_filter: Which changes it is told of.

        Raises:
            NotFoundError: There is no such version or destination.
            OutcomeUnknownError: It may have been started, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create(
            self._session,
            model,
            version,
            destination=destination,
            given=input,
            webhook=webhook,
            webhook_events_filter=webhook_events_filter,
        )
        return self._session.bind(run_sync(work))

    def list(self, cursor: str | None = None) -> Page[Training]:
        """The account's trainings, the newest first, 100 to a page.

        Args:
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(flows.listing(self._session, self._session.bind), cursor)

    def get(self, training_id: str) -> Training:
        """A training by its id."""
        return self._session.bind(run_sync(flows.get(self._session, training_id)))

    def cancel(self, training_id: str) -> Training:
        """Ask the API to cancel a training; one that has ended stays as it ended."""
        return self._session.bind(run_sync(flows.cancel(self._session, training_id)))


@mirrors(Trainings)
class AsyncTrainings(Namespace):
    __slots__ = ()

    async def create(
        self,
        model: str | Model | None = None,
        version: str | Version | None = None,
        *,
        destination: str | Model,
        input: Mapping[str, Any],
        webhook: str | None = None,
        webhook_events_filter: Events | None = None,
    ) -> AsyncTraining:
        work = flows.create(
            self._session,
            model,
            version,
            destination=destination,
            given=input,
            webhook=webhook,
            webhook_events_filter=webhook_events_filter,
        )
        return self._session.bind(await work)

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncTraining]:
        return AsyncPages(flows.listing(self._session, self._session.bind), cursor)

    async def get(self, training_id: str) -> AsyncTraining:
        return self._session.bind(await flows.get(self._session, training_id))

    async def cancel(self, training_id: str) -> AsyncTraining:
        return self._session.bind(await flows.cancel(self._session, training_id))
