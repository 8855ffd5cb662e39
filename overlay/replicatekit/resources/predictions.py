"""`client.predictions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._operations import predictions as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._base.dates import Moment
    from replicatekit._domain.reference import Runnable
    from replicatekit._operations.pagination import Listing
    from replicatekit._operations.predictions import CreateOptions
    from replicatekit.pages import Page
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit_api.models import Deployment, Model, Version

__all__ = ["AsyncPredictions", "Predictions"]


class Predictions(Namespace):
    """One run of a model each."""

    __slots__ = ()

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
        """Create a prediction and come back with it at once, or when the API lets go of it.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            input: The model's input.
            model: `owner/name`, in place of `ref`.
            version: A version's id, with `model` or alone, in place of `ref`.
            deployment: `owner/name` of a deployment, in place of `ref`.
            **options: See `replicatekit.options.CreateOptions`.

        Raises:
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
            APIError: The API said no, or nothing.
        """
        work = flows.create(self._session, ref, input, options, model=model, version=version, deployment=deployment)
        return self._session.bind(run_sync(work))

    def get(self, prediction_id: str) -> Prediction:
        """A prediction by its id."""
        return self._session.bind(run_sync(flows.get(self._session, prediction_id)))

    def list(
        self,
        cursor: str | None = None,
        *,
        created_after: Moment | None = None,
        created_before: Moment | None = None,
        source: Literal["web"] | None = None,
    ) -> Page[Prediction]:
        """The account's predictions, the newest first, 100 to a page.

        Their inputs, outputs and logs are gone an hour after they have ended, where they were made through the API.

        Args:
            cursor: Where the page begins: a page's `next_cursor` with the same filters, or its whole `next`.
            created_after: Only those made then or later: a datetime, a date, ISO text, or what people type
                (`yesterday`, `3 days ago`).
            created_before: Only those made before then.
            source: `web` for those made on the website alone.

        Raises:
            InvalidArgument: A moment cannot be read.
        """
        return first_page(self._listing(created_after, created_before, source), cursor)

    def cancel(self, prediction_id: str) -> Prediction:
        """Ask the API to cancel a prediction; one that has ended stays as it ended."""
        return self._session.bind(run_sync(flows.cancel(self._session, prediction_id)))

    def _listing(
        self, after: Moment | None, before: Moment | None, source: Literal["web"] | None
    ) -> Listing[Prediction]:
        return flows.listing(
            self._session, self._session.bind, created_after=after, created_before=before, source=source
        )


@mirrors(Predictions)
class AsyncPredictions(Namespace):
    __slots__ = ()

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
        work = flows.create(self._session, ref, input, options, model=model, version=version, deployment=deployment)
        return self._session.bind(await work)

    async def get(self, prediction_id: str) -> AsyncPrediction:
        return self._session.bind(await flows.get(self._session, prediction_id))

    def list(
        self,
        cursor: str | None = None,
        *,
        created_after: Moment | None = None,
        created_before: Moment | None = None,
        source: Literal["web"] | None = None,
    ) -> AsyncPages[AsyncPrediction]:
        return AsyncPages(self._listing(created_after, created_before, source), cursor)

    async def cancel(self, prediction_id: str) -> AsyncPrediction:
        return self._session.bind(await flows.cancel(self._session, prediction_id))

    def _listing(
        self, after: Moment | None, before: Moment | None, source: Literal["web"] | None
    ) -> Listing[AsyncPrediction]:
        return flows.listing(
            self._session, self._session.bind, created_after=after, created_before=before, source=source
        )
